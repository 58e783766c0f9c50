//! Protobuf over HTTP.

use std::time::SystemTime;

use ::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use ::http::{HeaderMap, HeaderValue, StatusCode};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message as _;

use super::super::error::OtlpExportError;
use super::{Acceptance, Retry, SendFailure};
use crate::probe::retry_after;

const PROTOBUF: &str = "application/x-protobuf";

/// Sets the headers of every request.
pub(super) fn prepare(headers: &mut HeaderMap, gzip: bool) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROTOBUF));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
}

/// Reads an answer with a status of success. Returns `None` if it is not one of OTLP, such as the page of a proxy.
pub(super) fn accepted(headers: &HeaderMap, body: &[u8]) -> Option<Acceptance> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or(PROTOBUF);
    // Some receivers answer nothing, or always with JSON.
    if body.is_empty() || content_type.starts_with("application/json") {
        return Some(Acceptance::default());
    }
    if !content_type.starts_with(PROTOBUF) && !content_type.starts_with("application/protobuf") {
        return None;
    }
    message(body)
}

/// Reads the message of an answer.
pub(super) fn message(message: &[u8]) -> Option<Acceptance> {
    let partial = ExportMetricsServiceResponse::decode(message).ok()?.partial_success.unwrap_or_default();
    let rejected = u64::try_from(partial.rejected_data_points).unwrap_or(0);
    Some(Acceptance { rejected, message: partial.error_message })
}

/// Returns what a status that is no success means. The specification lists those that are retried; 408 says by itself that it is one.
pub(super) fn refused(status: StatusCode, headers: &HeaderMap) -> SendFailure {
    let code = status.as_u16();
    let retry = match code {
        408 | 429 | 502 | 503 | 504 => Retry::After(retry_after(headers, SystemTime::now())),
        _ => Retry::Never,
    };
    let error = if status.is_redirection() { OtlpExportError::Redirect(code) } else { OtlpExportError::Status(code) };
    SendFailure { error, retry }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsPartialSuccess;

    use super::*;

    #[test]
    fn only_the_statuses_of_the_specification_are_retried() {
        let headers = HeaderMap::new();
        for code in 300..600 {
            let failed = refused(StatusCode::from_u16(code).unwrap(), &headers);
            let is_retried = matches!(code, 408 | 429 | 502 | 503 | 504);
            assert_eq!(failed.retry != Retry::Never, is_retried, "{code}");
            assert_eq!(failed.error == OtlpExportError::Redirect(code), code < 400, "{code}");
        }
    }

    #[test]
    fn an_answer_is_accepted_if_it_is_one_of_otlp() {
        let answer = |rejected, message: &str| {
            let partial_success =
                ExportMetricsPartialSuccess { rejected_data_points: rejected, error_message: message.to_owned() };
            ExportMetricsServiceResponse { partial_success: Some(partial_success) }.encode_to_vec()
        };
        let read =
            |kind, body: &[u8]| accepted(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]), body);
        let found = Acceptance { rejected: 7, message: "old".to_owned() };
        assert_eq!(read("application/x-protobuf", &answer(7, "old")), Some(found));
        assert_eq!(read("application/x-protobuf; charset=x", &answer(-1, "")), Some(Acceptance::default()));
        assert_eq!(read("application/json", b"{}"), Some(Acceptance::default()));
        assert_eq!(read("text/html", b""), Some(Acceptance::default()));
        assert_eq!(accepted(&HeaderMap::new(), &answer(0, "")), Some(Acceptance::default()));
        assert_eq!(read("text/html", b"<html>"), None);
        assert_eq!(read("application/x-protobuf", b"<html>"), None);
    }
}
