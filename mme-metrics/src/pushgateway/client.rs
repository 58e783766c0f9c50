//! One request, and what its answer means.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{ClientBuilder, Response, Url};

use super::error::PushError;
use crate::label::is_deceiving;
use crate::probe::{reason, restrained, retry_after};
use crate::recorder::Format;

/// The most bytes of an answer that are read, and shown.
const ANSWER: usize = 512;

/// How a Pushgateway begins to say why it refuses metrics. Another server's words are not repeated: they may have the credentials.
const REFUSAL: &str = "pushed metrics are invalid or inconsistent with existing metrics: ";

/// A client of one Pushgateway.
pub(super) struct Client(reqwest::Client);

/// A request that can be sent again.
pub(super) struct PushRequest {
    /// PUT replaces the group, POST the metrics of the same names.
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) body: Bytes,
}

/// Why a request was not accepted.
#[derive(Debug)]
pub(super) struct SendFailure {
    pub(super) error: PushError,
    pub(super) retry: Retry,
}

/// Whether the same request may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    Never,
    /// With the time that the server asks for, if it does.
    After(Option<Duration>),
}

impl Client {
    pub(super) fn new(client: Option<ClientBuilder>) -> Result<Self, reqwest::Error> {
        let client = client.unwrap_or_else(|| reqwest::Client::builder().no_proxy());
        // A connection belongs to the runtime that made it, and a push may run on a runtime of its own.
        restrained(client).pool_max_idle_per_host(0).build().map(Self)
    }

    /// Sends one request. It has no time limit: the caller drops the future.
    pub(super) async fn send(&self, request: &PushRequest) -> Result<(), SendFailure> {
        let mut builder = self
            .0
            .request(request.method.clone(), request.url.clone())
            .header(CONTENT_TYPE, Format::Text.content_type())
            .header(USER_AGENT, concat!("mme-metrics/", env!("CARGO_PKG_VERSION")))
            .body(request.body.clone());
        if let Some(authorization) = &request.authorization {
            builder = builder.header(AUTHORIZATION, authorization.clone());
        }
        let broken = |error: reqwest::Error| SendFailure { error: connection(error), retry: Retry::After(None) };
        let mut response = builder.send().await.map_err(broken)?;
        let status = response.status();
        let body = if status.is_success() || status == StatusCode::BAD_REQUEST {
            beginning(&mut response).await.map_err(broken)?
        } else {
            Vec::new()
        };
        judge(status, response.headers(), &body)
    }
}

/// Reads the beginning of an answer.
async fn beginning(response: &mut Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await? {
        body.extend_from_slice(&part[..part.len().min(ANSWER - body.len())]);
        if body.len() == ANSWER {
            break;
        }
    }
    Ok(body)
}

/// Returns what an answer means.
fn judge(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<(), SendFailure> {
    let never = |error| Err(SendFailure { error, retry: Retry::Never });
    let code = status.as_u16();
    if status.is_success() {
        // A Pushgateway says nothing. The page of a proxy does.
        return if body.is_empty() { Ok(()) } else { never(PushError::Answer) };
    }
    if status.is_redirection() {
        return never(PushError::Redirect(code));
    }
    match code {
        408 | 429 | 502 | 503 | 504 => {
            let retry = Retry::After(retry_after(headers, SystemTime::now()));
            Err(SendFailure { error: PushError::Status(code), retry })
        }
        400 => never(refusal(body).map_or(PushError::Status(code), PushError::Refused)),
        _ => never(PushError::Status(code)),
    }
}

/// Returns the reason that a Pushgateway gives, on one line.
fn refusal(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let reason = text.strip_prefix(REFUSAL)?.lines().next()?;
    Some(reason.replace(is_deceiving, "?"))
}

/// Names the reason of an error.
fn connection(error: reqwest::Error) -> PushError {
    // The caller's client may have a timeout of its own.
    if error.is_timeout() { PushError::TimedOut } else { PushError::Connection(reason(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: u16, body: &str) -> Result<(), (PushError, bool)> {
        let status = StatusCode::from_u16(code).unwrap();
        let judged = judge(status, &HeaderMap::new(), body.as_bytes());
        judged.map_err(|failed| (failed.error, failed.retry != Retry::Never))
    }

    #[test]
    fn only_an_empty_success_is_one() {
        for code in [200, 202, 204] {
            assert_eq!(answer(code, ""), Ok(()));
            assert_eq!(answer(code, "<html>"), Err((PushError::Answer, false)));
        }
    }

    #[test]
    fn what_may_succeed_later_is_sent_again_and_nothing_else() {
        for code in 300..600 {
            let is_retried = matches!(code, 408 | 429 | 502 | 503 | 504);
            let error = if code < 400 { PushError::Redirect(code) } else { PushError::Status(code) };
            assert_eq!(answer(code, ""), Err((error, is_retried)), "{code}");
        }
    }

    #[test]
    fn only_the_reason_of_a_pushgateway_is_repeated_and_cleaned() {
        let said = answer(400, &format!("{REFUSAL}pushed \u{202e}metrics must not have timestamps\nmore"));
        assert_eq!(said, Err((PushError::Refused("pushed ?metrics must not have timestamps".to_owned()), false)));
        assert_eq!(answer(400, "you sent `Authorization: Bearer x`"), Err((PushError::Status(400), false)));
    }
}
