//! One request, and what its answer means.

use std::error::Error;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, StatusCode};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message as _;
use reqwest::{ClientBuilder, Response, Url};

use super::error::OtlpExportError;
use super::retry;
use crate::probe::{TLS_MISSING, lacks_tls, restrained};

/// The most bytes of an answer that are read. One without an error has a few.
const ANSWER: usize = 64 << 10;

const PROTOBUF: &str = "application/x-protobuf";

/// A client of one receiver. It has no `Debug`: its URL may have a password.
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    headers: HeaderMap,
}

/// An answer that accepts the request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Acceptance {
    /// How many data points the receiver refused nevertheless.
    pub(super) rejected: u64,
    /// Why, or a warning; empty if there is none.
    pub(super) message: String,
}

/// Why a request was not accepted.
#[derive(Debug)]
pub(super) struct SendFailure {
    pub(super) error: OtlpExportError,
    pub(super) retry: Retry,
}

/// Whether the same request may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    Never,
    /// With the time that the receiver asks for, if it does.
    After(Option<Duration>),
}

impl Client {
    pub(super) fn new(
        client: Option<ClientBuilder>,
        url: Url,
        mut headers: HeaderMap,
        gzip: bool,
    ) -> Result<Self, reqwest::Error> {
        let client = client.unwrap_or_else(|| reqwest::Client::builder().no_proxy());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROTOBUF));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("mme-metrics/", env!("CARGO_PKG_VERSION"))));
        if gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(Self { http: restrained(client).build()?, url, headers })
    }

    /// Sends one request. It has no time limit: the caller drops the future.
    pub(super) async fn send(&self, body: Bytes) -> Result<Acceptance, SendFailure> {
        let request = self.http.post(self.url.clone()).headers(self.headers.clone()).body(body);
        let broken = |error: reqwest::Error| SendFailure { error: connection(error), retry: Retry::After(None) };
        let mut response = request.send().await.map_err(broken)?;
        let status = response.status();
        if !status.is_success() {
            return Err(refused(status, response.headers()));
        }
        let (body, is_whole) = read(&mut response).await.map_err(broken)?;
        let never = |error| SendFailure { error, retry: Retry::Never };
        if !is_whole {
            return Err(never(OtlpExportError::Answer));
        }
        accepted(response.headers().get(CONTENT_TYPE), &body).ok_or(never(OtlpExportError::Answer))
    }
}

/// Reads the body of an answer up to the limit. Returns whether that was all of it.
async fn read(response: &mut Response) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await? {
        if body.len() + part.len() > ANSWER {
            return Ok((body, false));
        }
        body.extend_from_slice(&part);
    }
    Ok((body, true))
}

/// Reads an answer with a status of success. Returns `None` if it is not one of OTLP, such as the page of a proxy.
fn accepted(content_type: Option<&HeaderValue>, body: &[u8]) -> Option<Acceptance> {
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or(PROTOBUF);
    // Some receivers answer nothing, or always with JSON.
    if body.is_empty() || content_type.starts_with("application/json") {
        return Some(Acceptance::default());
    }
    if !content_type.starts_with(PROTOBUF) && !content_type.starts_with("application/protobuf") {
        return None;
    }
    let partial = ExportMetricsServiceResponse::decode(body).ok()?.partial_success.unwrap_or_default();
    Some(Acceptance {
        rejected: u64::try_from(partial.rejected_data_points).unwrap_or(0),
        message: partial.error_message,
    })
}

/// Returns what a status that is no success means. The specification lists those that are retried; 408 says by itself that it is one.
fn refused(status: StatusCode, headers: &HeaderMap) -> SendFailure {
    let code = status.as_u16();
    let retry = match code {
        408 | 429 | 502 | 503 | 504 => Retry::After(retry::after(headers, SystemTime::now())),
        _ => Retry::Never,
    };
    let error = if status.is_redirection() { OtlpExportError::Redirect(code) } else { OtlpExportError::Status(code) };
    SendFailure { error, retry }
}

/// Names the reason of an error, without the URL, which may have a password.
fn connection(error: reqwest::Error) -> OtlpExportError {
    if error.is_timeout() {
        // The caller's client has a timeout of its own.
        return OtlpExportError::TimedOut;
    }
    if lacks_tls(&error) {
        return OtlpExportError::Connection(TLS_MISSING.to_owned());
    }
    let error = error.without_url();
    let cause = std::iter::successors(error.source(), |&error| error.source()).last();
    OtlpExportError::Connection(cause.map_or_else(|| error.to_string(), ToString::to_string))
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
        let header = HeaderValue::from_static;
        let read = |kind, body: &[u8]| accepted(Some(&header(kind)), body);
        let found = Acceptance { rejected: 7, message: "old".to_owned() };
        assert_eq!(read("application/x-protobuf", &answer(7, "old")), Some(found));
        assert_eq!(read("application/x-protobuf; charset=x", &answer(-1, "")), Some(Acceptance::default()));
        assert_eq!(read("application/json", b"{}"), Some(Acceptance::default()));
        assert_eq!(read("text/html", b""), Some(Acceptance::default()));
        assert_eq!(accepted(None, &answer(0, "")), Some(Acceptance::default()));
        assert_eq!(read("text/html", b"<html>"), None);
        assert_eq!(read("application/x-protobuf", b"<html>"), None);
    }
}
