//! gRPC, which is protobuf in frames over HTTP/2, with the status of the call behind the answer.

use std::io::Read as _;
use std::time::Duration;

use ::http::header::{CONTENT_TYPE, HeaderName, TE};
use ::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use flate2::read::GzDecoder;
use prost::Message;
use prost_types::{Any, Duration as ProtoDuration};

use super::super::error::OtlpExportError;
use super::{ANSWER, Acceptance, Retry, SendFailure, http};
use crate::probe::{BodyStart, LONGEST_ASKED};

/// What stands in front of a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// Senders may leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `UNKNOWN`: what a status that is no number counts as.
const UNKNOWN: u16 = 2;

/// `RESOURCE_EXHAUSTED`: retried only if the receiver says when.
const EXHAUSTED: u16 = 8;

/// The statuses that are retried, as the specification lists them: `CANCELLED`, `DEADLINE_EXCEEDED`, `ABORTED`, `OUT_OF_RANGE`,
/// `UNAVAILABLE` and `DATA_LOSS`.
const RETRIED: [u16; 6] = [1, 4, 10, 11, 14, 15];

/// The error message that a failed call may carry: `google.rpc.Status`, as far as it is read.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// When to send again: `google.rpc.RetryInfo`.
#[derive(Clone, Copy, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<ProtoDuration>,
}

/// Sets the headers of every request.
pub(super) fn prepare(headers: &mut HeaderMap, gzip: bool) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    if gzip {
        headers.insert(ENCODING, HeaderValue::from_static("gzip"));
    }
}

/// Puts a message into a frame.
pub(super) fn frame(message: &[u8], gzip: bool) -> Bytes {
    let mut frame = Vec::with_capacity(PREFIX + message.len());
    frame.push(u8::from(gzip));
    // A message is a few MiB long.
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend_from_slice(message);
    frame.into()
}

/// Reads an answer whose HTTP status is a success.
pub(super) fn answered(headers: &HeaderMap, body: &BodyStart) -> Result<Acceptance, SendFailure> {
    let is_grpc = |value: &HeaderValue| value.as_bytes().starts_with(b"application/grpc");
    if !headers.get(CONTENT_TYPE).is_some_and(is_grpc) {
        return Err(SendFailure::FOREIGN);
    }
    // A call without a message has its status in the head.
    let ends = [body.trailers.as_ref(), Some(headers)];
    let Some(end) = ends.into_iter().flatten().find(|end| end.contains_key(STATUS)) else {
        // The call was cut off.
        return Err(SendFailure { error: OtlpExportError::GrpcStatus(UNKNOWN), retry: Retry::After(None) });
    };
    let status = end[STATUS].to_str().ok().and_then(|status| status.parse().ok()).unwrap_or(UNKNOWN);
    if status != 0 {
        return Err(refused(status, retry_delay(end)));
    }
    let is_packed = headers.get(ENCODING).is_some_and(|encoding| encoding == "gzip");
    let message = message(&body.bytes, is_packed).and_then(|message| http::message(&message));
    message.ok_or(SendFailure::FOREIGN)
}

/// Takes the only message out of its frame. Servers in Go compress an answer as the request was compressed.
fn message(framed: &[u8], is_packed: bool) -> Option<Vec<u8>> {
    let (&[compressed, a, b, c, d], message) = framed.split_first_chunk::<PREFIX>()?;
    if u32::from_be_bytes([a, b, c, d]) as usize != message.len() {
        return None;
    }
    match compressed {
        0 => Some(message.to_vec()),
        1 if is_packed => {
            let mut plain = Vec::new();
            // One that is longer is cut off, and then no message.
            GzDecoder::new(message).take(ANSWER as u64).read_to_end(&mut plain).ok()?;
            Some(plain)
        }
        _ => None,
    }
}

/// Returns what a status that is no success means.
fn refused(status: u16, delay: Option<Duration>) -> SendFailure {
    let is_retried = RETRIED.contains(&status) || status == EXHAUSTED && delay.is_some();
    let retry = if is_retried { Retry::After(delay) } else { Retry::Never };
    SendFailure { error: OtlpExportError::GrpcStatus(status), retry }
}

/// Reads when the receiver wants to be asked again.
fn retry_delay(end: &HeaderMap) -> Option<Duration> {
    let status = RpcStatus::decode(&*BASE64.decode(end.get(DETAILS)?).ok()?).ok()?;
    let info = status.details.iter().find(|detail| detail.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(&*info.value).ok()?.retry_delay?;
    Some(Duration::try_from(delay).unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: &[u8], trailers: Option<HeaderMap>) -> BodyStart {
        BodyStart { bytes: bytes.to_vec(), trailers, is_whole: true }
    }

    fn grpc() -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/grpc+proto"))])
    }

    fn status(status: &str) -> HeaderMap {
        HeaderMap::from_iter([(STATUS, status.parse().unwrap())])
    }

    /// Returns the details of a status, as a sender encodes them.
    fn details(seconds: i64, type_url: &str) -> HeaderValue {
        let info = RetryInfo { retry_delay: Some(ProtoDuration { seconds, nanos: 0 }) };
        let detail = Any { type_url: type_url.to_owned(), value: info.encode_to_vec() };
        let other = Any { type_url: "type.googleapis.com/google.rpc.Help".to_owned(), value: vec![0xff] };
        let status = RpcStatus { details: vec![other, detail] };
        base64::prelude::BASE64_STANDARD_NO_PAD.encode(status.encode_to_vec()).parse().unwrap()
    }

    #[test]
    fn a_frame_says_whether_it_is_compressed_and_how_long_it_is() {
        assert_eq!(frame(b"abc", false), &b"\0\0\0\0\x03abc"[..]);
        assert_eq!(frame(&[7; 300], true)[..6], [1, 0, 0, 1, 44, 7]);
    }

    #[test]
    fn only_the_statuses_of_the_specification_are_retried() {
        for code in 1..100 {
            let is_retried = matches!(code, 1 | 4 | 10 | 11 | 14 | 15);
            let expected = if is_retried { Retry::After(None) } else { Retry::Never };
            assert_eq!(refused(code, None).retry, expected, "{code}");
        }
        let delay = Some(Duration::from_secs(3));
        assert_eq!(refused(8, delay).retry, Retry::After(delay));
        assert_eq!(refused(3, delay).retry, Retry::Never);
    }

    #[test]
    fn a_receiver_may_ask_for_a_time_up_to_a_bound() {
        let asked = |value: HeaderValue| retry_delay(&HeaderMap::from_iter([(DETAILS, value)]));
        let of = |seconds| asked(details(seconds, "type.googleapis.com/google.rpc.RetryInfo"));
        assert_eq!(of(7), Some(Duration::from_secs(7)));
        assert_eq!(of(i64::MAX), Some(Duration::from_mins(5)));
        assert_eq!(of(-1), Some(Duration::ZERO));
        assert_eq!(asked(details(7, "type.googleapis.com/google.rpc.DebugInfo")), None);
        for hostile in ["", "!", "AAAA", "/////w"] {
            assert_eq!(asked(hostile.parse().unwrap()), None, "{hostile}");
        }
        assert_eq!(retry_delay(&HeaderMap::new()), None);
    }

    #[test]
    fn a_call_that_was_accepted_has_a_status_and_a_message() {
        let empty = b"\0\0\0\0\0";
        assert_eq!(answered(&grpc(), &body(empty, Some(status("0")))).unwrap(), Acceptance::default());
        let error = |headers: &HeaderMap, body: &BodyStart| answered(headers, body).unwrap_err();
        for foreign in [&b""[..], b"<html>", b"\x01\0\0\0\0", b"\0\0\0\0\x01", b"\0\0\0\0\x02\xff\xff"] {
            let error = error(&grpc(), &body(foreign, Some(status("0"))));
            assert_eq!((error.error, error.retry), (OtlpExportError::Answer, Retry::Never), "{foreign:?}");
        }
        assert_eq!(error(&HeaderMap::new(), &body(empty, Some(status("0")))).error, OtlpExportError::Answer);
        let cut_off = error(&grpc(), &body(empty, None));
        assert_eq!((cut_off.error, cut_off.retry), (OtlpExportError::GrpcStatus(2), Retry::After(None)));
    }

    #[test]
    fn an_answer_may_be_compressed_as_the_request_was() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        // A partial success with three refused points.
        std::io::Write::write_all(&mut encoder, &[10, 2, 8, 3]).unwrap();
        let packed = frame(&encoder.finish().unwrap(), true);
        let mut headers = grpc();
        let answer = |headers: &HeaderMap| answered(headers, &body(&packed, Some(status("0"))));
        assert_eq!(answer(&headers).unwrap_err().error, OtlpExportError::Answer);
        headers.insert(ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(answer(&headers).unwrap().rejected, 3);
        let broken = body(&frame(b"no gzip", true), Some(status("0")));
        assert_eq!(answered(&headers, &broken).unwrap_err().error, OtlpExportError::Answer);
    }

    #[test]
    fn a_call_that_failed_has_its_status_in_the_head_or_behind_the_answer() {
        let mut head = grpc();
        head.extend(status("14"));
        for (headers, trailers) in [(head, None), (grpc(), Some(status("14")))] {
            let error = answered(&headers, &body(b"", trailers)).unwrap_err();
            assert_eq!((error.error, error.retry), (OtlpExportError::GrpcStatus(14), Retry::After(None)));
        }
        let error = answered(&grpc(), &body(b"", Some(status("soon")))).unwrap_err();
        assert_eq!(error.error, OtlpExportError::GrpcStatus(2));
    }
}
