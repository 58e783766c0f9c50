//! One question over HTTP, and as much of its answer as a check needs.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::OnceLock;

use ::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use ::http::{HeaderMap, HeaderValue, Response};
use ::reqwest as client;
use client::redirect::Policy;
use client::{Body, Client, Request, Url};
use http_body::Body as _;

use super::ProbeFailure;

/// What HTTP/2 lets the other side send before it is read: the least that the protocol allows.
const WINDOW: u32 = 65_535;

/// An answer, cut off where it was longer than asked for.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
    /// Whether the body ends where the other side ended it.
    pub(crate) whole: bool,
}

impl Answer {
    /// Says whether the head claims that the body is JSON.
    pub(crate) fn is_json(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "application/json" || kind.ends_with("+json")
    }

    /// Says whether the body is packed in a way that the client did not unpack.
    pub(crate) fn is_packed(&self) -> bool {
        let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        !self.headers.get_all(CONTENT_ENCODING).iter().all(is_plain)
    }

    /// Says whether `text` stands in what was read of the body.
    pub(crate) fn contains(&self, text: &str) -> bool {
        holds(&self.body, text.as_bytes())
    }

    /// Says whether `text` stands in a header.
    pub(crate) fn head_contains(&self, text: &str) -> bool {
        self.headers.values().any(|value| holds(value.as_bytes(), text.as_bytes()))
    }

    pub(crate) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// Searches for `needle`; nothing is found where there is nothing to search for.
pub(crate) fn holds(hay: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && hay.windows(needle.len()).any(|window| window == needle)
}

/// Sends `request` and reads at most `limit` bytes of the body.
///
/// Time is not limited here: whoever asks drops the future.
pub(crate) async fn answer(client: &Client, request: Request, limit: usize) -> Result<Answer, ProbeFailure> {
    let asked = request.url().origin();
    let response = client.execute(request).await.map_err(|error| failure(&error))?;
    // A client of the user's own may follow redirects; what stands elsewhere answers another question.
    if response.url().origin() != asked {
        return Err(ProbeFailure::Unexpected);
    }
    let (head, mut body) = Response::<Body>::from(response).into_parts();
    let mut answer =
        Answer { status: head.status.as_u16(), headers: head.headers, body: Vec::new(), trailers: None, whole: true };
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| failure(&error))?;
        match frame.into_data() {
            Ok(data) if data.len() > limit - answer.body.len() => {
                answer.body.extend_from_slice(&data[..limit - answer.body.len()]);
                answer.whole = false;
                break;
            }
            Ok(data) => answer.body.extend_from_slice(&data),
            Err(frame) => answer.trailers = frame.into_trailers().ok(),
        }
    }
    Ok(answer)
}

/// What the connector says of `https` where no TLS is built in.
const NO_TLS: &str = "invalid URL, scheme is not http";

fn failure(error: &client::Error) -> ProbeFailure {
    if error.is_timeout() {
        ProbeFailure::TimedOut
    } else if error.is_connect() {
        let mut sources = std::iter::successors(error.source(), |&error| error.source());
        if sources.any(|error| error.to_string() == NO_TLS) {
            // Else nobody would find out why a dependency that is well is down.
            return ProbeFailure::Other("https needs a TLS feature of `reqwest`, such as `rustls`");
        }
        ProbeFailure::Unreachable
    } else {
        ProbeFailure::Broken
    }
}

/// Returns the client of the checks, or of those that speak HTTP/2 from the first byte on.
///
/// It follows no redirect, uses no proxy, unpacks nothing and keeps no connection: each check finds out anew whether there is a
/// way, and a small answer cannot become a large one.
pub(crate) fn client(http2: bool) -> Result<Client, ProbeFailure> {
    static CLIENTS: [OnceLock<Option<Client>>; 2] = [OnceLock::new(), OnceLock::new()];
    let client = CLIENTS[usize::from(http2)].get_or_init(|| build(http2));
    // Only TLS can fail to build; then nobody can be reached by it.
    client.clone().ok_or(ProbeFailure::Unreachable)
}

fn build(http2: bool) -> Option<Client> {
    let builder = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .pool_max_idle_per_host(0)
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .http2_initial_stream_window_size(WINDOW)
        .http2_initial_connection_window_size(WINDOW);
    if http2 { builder.http2_prior_knowledge() } else { builder }.build().ok()
}

/// Reads an address that can be asked over HTTP.
pub(crate) fn parse_url(url: &str) -> Result<Url, ProbeUrlError> {
    let url = Url::parse(url).map_err(|_| ProbeUrlError(()))?;
    if matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty()) {
        Ok(url)
    } else {
        Err(ProbeUrlError(()))
    }
}

/// An address cannot be asked over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProbeUrlError(());

impl fmt::Display for ProbeUrlError {
    // The address may hold a password, so it is not repeated.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no address of a web server: write it in full, such as https://host:8443/health")
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
