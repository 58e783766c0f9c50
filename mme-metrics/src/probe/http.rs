//! One HTTP request, and as much of its response as a check needs.

use std::error::Error;
use std::fmt;
use std::sync::OnceLock;

use ::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use ::http::{HeaderMap, HeaderValue, Response};
use ::reqwest as client;
use client::{Body, Client, Request, Url};
use memchr::memmem;

use super::ProbeFailure;
use super::body_start::BodyStart;
use super::outgoing::{TLS_MISSING, http_url, lacks_tls, restrained};

/// The HTTP/2 flow-control window: the smallest that the protocol allows.
const WINDOW: u32 = 65_535;

/// A response whose body is cut off at a limit.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
    /// Whether the body is complete.
    pub(crate) whole: bool,
}

impl Answer {
    /// Returns whether the headers declare the body as JSON.
    pub(crate) fn is_json(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "application/json" || kind.ends_with("+json")
    }

    /// Returns whether the body has a content encoding.
    pub(crate) fn is_packed(&self) -> bool {
        let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        !self.headers.get_all(CONTENT_ENCODING).iter().all(is_plain)
    }

    /// Returns whether the read part of the body contains `text`.
    pub(crate) fn contains(&self, text: &str) -> bool {
        holds(&self.body, text.as_bytes())
    }

    /// Returns whether a header contains `text`.
    pub(crate) fn head_contains(&self, text: &str) -> bool {
        self.headers.values().any(|value| holds(value.as_bytes(), text.as_bytes()))
    }

    pub(crate) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// Returns whether `hay` contains `needle`. An empty needle is never found.
pub(crate) fn holds(hay: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && memmem::find(hay, needle).is_some()
}

/// Sends `request` and reads at most `limit` bytes of the body.
///
/// It has no time limit: the caller drops the future.
pub(crate) async fn answer(client: &Client, request: Request, limit: usize) -> Result<Answer, ProbeFailure> {
    let asked = request.url().origin();
    let response = client.execute(request).await.map_err(|error| failure(&error))?;
    // A client of the user may follow redirects, and another origin answers another request.
    if response.url().origin() != asked {
        return Err(ProbeFailure::Unexpected);
    }
    let (head, body) = Response::<Body>::from(response).into_parts();
    let BodyStart { bytes, trailers, is_whole } =
        BodyStart::read(body, limit).await.map_err(|error| failure(&error))?;
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: bytes, trailers, whole: is_whole })
}

fn failure(error: &client::Error) -> ProbeFailure {
    if error.is_timeout() {
        ProbeFailure::TimedOut
    } else if error.is_connect() {
        if lacks_tls(error) {
            // Without this hint a healthy dependency would look unreachable.
            return ProbeFailure::Other(TLS_MISSING);
        }
        ProbeFailure::Unreachable
    } else {
        ProbeFailure::Broken
    }
}

/// Returns the shared client of the checks; with `http2`, the one that speaks HTTP/2 with prior knowledge.
///
/// It follows no redirect, uses no proxy, decompresses nothing and keeps no connection. So each check connects anew, and a small
/// response cannot become a large one.
pub(crate) fn client(http2: bool) -> Result<Client, ProbeFailure> {
    static CLIENTS: [OnceLock<Option<Client>>; 2] = [OnceLock::new(), OnceLock::new()];
    let client = CLIENTS[usize::from(http2)].get_or_init(|| build(http2));
    // Only TLS can fail to build, and then nothing can be reached with it.
    client.clone().ok_or(ProbeFailure::Unreachable)
}

fn build(http2: bool) -> Option<Client> {
    let builder = restrained(Client::builder().no_proxy())
        .pool_max_idle_per_host(0)
        .http2_initial_stream_window_size(WINDOW)
        .http2_initial_connection_window_size(WINDOW);
    if http2 { builder.http2_prior_knowledge() } else { builder }.build().ok()
}

/// Parses the absolute URL of an HTTP server.
pub(crate) fn parse_url(url: &str) -> Result<Url, ProbeUrlError> {
    http_url(url).ok_or(ProbeUrlError(()))
}

/// A text is not the absolute URL of an HTTP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProbeUrlError(());

impl fmt::Display for ProbeUrlError {
    // The URL may contain a password, so it is not repeated.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the URL of an HTTP server: write it in full, such as https://host:8443/health")
    }
}

impl Error for ProbeUrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_web_servers_can_be_asked() {
        for url in ["http://a", "https://a:1/b?c", "http://u:p@[::1]:80/"] {
            assert!(parse_url(url).is_ok(), "{url}");
        }
        for url in ["", "a", "/a", "file:///etc/passwd", "http://", "unix:/run/a.sock", "ftp://a"] {
            assert!(parse_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn finds_a_text_wherever_it_stands_and_nothing_for_nothing() {
        assert!(holds(b"abc", b"bc") && holds(b"abc", b"abc") && holds(b"abc", b"a"));
        assert!(!holds(b"abc", b"") && !holds(b"", b"a") && !holds(b"ab", b"abc"));
    }
}
