//! Reads a tenant's resource over HTTP.

use std::error::Error;
use std::fmt;

use ::reqwest as client;
use client::{Client, Request, RequestBuilder, Url};

use super::resource::{TenantName, TenantRead};
use super::visibility::Visibility;
use crate::probe::{
    Answer, ProbeFailure, ProbeUrlError, answer, client as client_of_checks, holds, json_holds, parse_url,
};

/// Bytes of a body that are searched: the default and the maximum.
const LIMIT: usize = 64 * 1024;
const MAX_LIMIT: usize = 512 * 1024;

/// The shortest marker; a shorter one could occur in a page by accident.
const MIN_MARKER: usize = 8;

/// The default statuses of a refusal: the tenant may not read the resource, or the resource does not exist for it.
const DENIED: [u16; 2] = [403, 404];

/// Adds the credentials of a tenant to a request.
type AsTenant = Box<dyn Fn(&str, RequestBuilder) -> RequestBuilder + Send + Sync>;

/// Reads a resource with GET, and recognises it by a marker: a text that only this resource contains.
///
/// | response | sight |
/// |---|---|
/// | a 2xx with the marker | [`Visibility::Seen`] |
/// | any other status with the marker, or the marker in the head | [`Visibility::Leaked`] |
/// | 403 or 404 | [`Visibility::Denied`] |
/// | a 2xx without the marker: a login page, an empty list | [`Visibility::Unclear`] |
/// | 401, a redirect, 429, 5xx | [`Visibility::Unclear`] |
/// | longer than 64 KiB, cut off, compressed without a request for it, or malformed JSON | [`Visibility::Unclear`], unless the part that was read has the marker |
/// | none: no connection, an unknown host, an untrusted certificate | [`Visibility::Unclear`] |
///
/// A 401 does not count as a refusal of the resource: it says that the tenant's credentials do not work.
///
/// It supports `https` if the service builds `reqwest` with TLS, for instance with the feature `rustls`.
pub struct HttpRead {
    url: Url,
    marker: String,
    as_tenant: AsTenant,
    client: Option<Client>,
    denied: Vec<u16>,
    limit: usize,
}

impl HttpRead {
    /// Reads `url` and recognises the resource by `marker`; `as_tenant` adds the credentials of a tenant to a request.
    ///
    /// The best marker is a random text of at least 16 characters that is put into the resource for this purpose.
    ///
    /// # Errors
    ///
    /// When the URL is not one of a web server, or the marker is shorter than 8 bytes or part of the URL: a page that repeats the
    /// URL would look like the resource.
    pub fn new<A>(url: &str, marker: impl Into<String>, as_tenant: A) -> Result<Self, HttpReadError>
    where
        A: Fn(&str, RequestBuilder) -> RequestBuilder + Send + Sync + 'static,
    {
        let (url, marker) = (parse_url(url).map_err(HttpReadError::Url)?, marker.into());
        if marker.len() < MIN_MARKER {
            return Err(HttpReadError::ShortMarker);
        }
        if repeats(&url, marker.as_bytes()) {
            return Err(HttpReadError::MarkerInUrl);
        }
        let as_tenant = Box::new(as_tenant);
        Ok(Self { url, marker, as_tenant, client: None, denied: DENIED.to_vec(), limit: LIMIT })
    }

    /// Sets the client, for instance one with certificates or a proxy of the service.
    ///
    /// It must follow no redirects and keep no cookies: with the cookie of one tenant, another tenant would be let in.
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Sets the statuses that are a refusal. Default: 403 and 404.
    pub fn denied(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.denied = statuses.into_iter().collect();
        self
    }

    /// Sets how many bytes of a body are searched. Default: 64 KiB; maximum: 512 KiB.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes.clamp(1, MAX_LIMIT);
        self
    }

    fn request(&self, client: &Client, tenant: &str) -> Result<Request, ProbeFailure> {
        let request = (self.as_tenant)(tenant, client.get(self.url.clone()));
        request.build().map_err(|_| ProbeFailure::Other("the request cannot be made"))
    }

    /// Returns whether the request itself contains the marker.
    fn echoes(&self, request: &Request) -> bool {
        let marker = self.marker.as_bytes();
        let in_headers = request.headers().values().any(|value| holds(value.as_bytes(), marker));
        let in_body = request.body().and_then(client::Body::as_bytes).is_some_and(|body| holds(body, marker));
        repeats(request.url(), marker) || in_headers || in_body
    }

    async fn ask(&self, tenant: &str) -> Result<Visibility, ProbeFailure> {
        let client = self.client.clone().map_or_else(|| client_of_checks(false), Ok)?;
        let request = self.request(&client, tenant)?;
        if self.echoes(&request) {
            return Err(ProbeFailure::Echo);
        }
        Ok(self.read_off(&answer(&client, request, self.limit).await?))
    }

    fn read_off(&self, answer: &Answer) -> Visibility {
        let as_json = answer.is_json().then(|| json_holds(&answer.body, &self.marker));
        let malformed = as_json == Some(None);
        if answer.contains(&self.marker) || as_json == Some(Some(true)) {
            // JSON that is cut off at our own limit is malformed for that reason alone.
            let proper = answer.is_success() && !(malformed && answer.whole);
            return if proper { Visibility::Seen } else { Visibility::Leaked };
        }
        if answer.head_contains(&self.marker) {
            return Visibility::Leaked;
        }
        Visibility::Unclear(match answer.status {
            _ if !answer.whole => ProbeFailure::TooLarge,
            // A compressed body cannot be searched.
            _ if answer.is_packed() => ProbeFailure::Malformed,
            status if self.denied.contains(&status) => return Visibility::Denied,
            _ if !answer.is_success() => ProbeFailure::Status(answer.status),
            _ if malformed => ProbeFailure::Malformed,
            _ => ProbeFailure::Unexpected,
        })
    }
}

/// Returns whether a URL contains the marker, as written or percent-decoded.
fn repeats(url: &Url, marker: &[u8]) -> bool {
    holds(url.as_str().as_bytes(), marker) || holds(&unescaped(url.as_str()), marker)
}

/// Decodes the percent-encoding of a URL.
fn unescaped(url: &str) -> Vec<u8> {
    let (bytes, mut plain, mut at) = (url.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let digits = if bytes[at] == b'%' { url.get(at + 1..at + 3) } else { None };
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    plain
}

impl TenantRead for HttpRead {
    async fn read(&self, tenant: TenantName) -> Visibility {
        self.ask(&tenant).await.unwrap_or_else(Visibility::Unclear)
    }
}

impl fmt::Debug for HttpRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the marker, and without what a URL may contain: user, password, a token in the query.
        f.debug_struct("HttpRead")
            .field("origin", &self.url.origin().ascii_serialization())
            .field("denied", &self.denied)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// The error of an [`HttpRead`] that cannot read or recognise its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpReadError {
    /// The URL is not one of a web server.
    Url(ProbeUrlError),
    /// The marker has fewer than 8 bytes.
    ShortMarker,
    /// The URL contains the marker.
    MarkerInUrl,
}

impl fmt::Display for HttpReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url(_) => "the URL of the resource is invalid: write one of a web server, such as `https://host/path`",
            Self::ShortMarker => "the marker is shorter than 8 bytes: put a random text of 16 characters into the resource",
            Self::MarkerInUrl => {
                "the URL contains the marker, so a page that repeats the URL would look like the resource: choose another marker"
            }
        })
    }
}

impl Error for HttpReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Url(error) => Some(error),
            Self::ShortMarker | Self::MarkerInUrl => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use ::http::HeaderMap;

    use super::*;

    const MARKER: &str = "canary-of-acme";

    fn read() -> HttpRead {
        HttpRead::new("http://user:secret@localhost/documents/7?token=secret", MARKER, |_, request| request).unwrap()
    }

    /// Returns what is read off an answer with this status, type and body.
    fn seen(status: u16, kind: &'static str, body: &str, whole: bool) -> Visibility {
        let headers = HeaderMap::from_iter([(::http::header::CONTENT_TYPE, kind.parse().unwrap())]);
        read().read_off(&Answer { status, headers, body: body.into(), trailers: None, whole })
    }

    #[test]
    fn the_marker_in_a_proper_answer_is_seen_and_anywhere_else_leaked() {
        assert_eq!(seen(200, "text/html", "<p>canary-of-acme</p>", true), Visibility::Seen);
        assert_eq!(
            seen(200, "application/json; charset=utf-8", r#"{"a":"\u0063anary-of-acme"}"#, true),
            Visibility::Seen
        );
        assert_eq!(seen(200, "application/json", r#"{"a":"canary-of-acme", "b":"#, false), Visibility::Seen);
        for status in [302, 403, 404, 500] {
            assert_eq!(seen(status, "text/plain", "canary-of-acme", true), Visibility::Leaked, "{status}");
        }
        assert_eq!(seen(200, "application/problem+json", "canary-of-acme", true), Visibility::Leaked);
        let headers = HeaderMap::from_iter([(::http::header::LOCATION, "/canary-of-acme".parse().unwrap())]);
        let redirect = Answer { status: 302, headers, body: Vec::new(), trailers: None, whole: true };
        assert_eq!(read().read_off(&redirect), Visibility::Leaked);
    }

    #[test]
    fn only_403_and_404_are_a_refusal() {
        for status in 100..600 {
            let denied = seen(status, "text/plain", "", true) == Visibility::Denied;
            assert_eq!(denied, matches!(status, 403 | 404), "{status}");
        }
        assert_eq!(seen(404, "text/plain", "", false), Visibility::Unclear(ProbeFailure::TooLarge));
    }

    #[test]
    fn an_answer_that_shows_nothing_is_unclear() {
        assert_eq!(seen(200, "text/html", "please log in", true), Visibility::Unclear(ProbeFailure::Unexpected));
        assert_eq!(seen(200, "application/json", "{", true), Visibility::Unclear(ProbeFailure::Malformed));
        assert_eq!(seen(401, "application/json", "{}", true), Visibility::Unclear(ProbeFailure::Status(401)));
    }

    #[test]
    fn a_refusal_that_is_packed_is_unclear_because_what_is_in_it_cannot_be_seen() {
        let refusal = |encoding: &'static str| {
            let headers = HeaderMap::from_iter([(::http::header::CONTENT_ENCODING, encoding.parse().unwrap())]);
            read().read_off(&Answer { status: 404, headers, body: b"packed".into(), trailers: None, whole: true })
        };
        assert_eq!(refusal("gzip"), Visibility::Unclear(ProbeFailure::Malformed));
        assert_eq!(refusal("Identity"), Visibility::Denied);
    }

    #[test]
    fn a_marker_that_proves_nothing_is_refused() {
        let new = |url, marker| HttpRead::new(url, marker, |_, request| request).map(drop);
        assert_eq!(new("http://a/", "short"), Err(HttpReadError::ShortMarker));
        assert_eq!(new("http://a/canary-of-acme", MARKER), Err(HttpReadError::MarkerInUrl));
        assert_eq!(new("http://a/?q=canary%2dof%2Dacme", MARKER), Err(HttpReadError::MarkerInUrl));
        assert_eq!(new("http://a/?q=zwölf Mäuse", "zwölf Mäuse"), Err(HttpReadError::MarkerInUrl));
        assert_eq!(new("http://a/%%4%zz%", MARKER), Ok(()));
        assert!(matches!(new("documents", MARKER), Err(HttpReadError::Url(_))));
        let in_header = HttpRead::new("http://a/", MARKER, |_, request| request.bearer_auth(MARKER)).unwrap();
        let request = in_header.request(&Client::new(), "acme").unwrap();
        assert!(in_header.echoes(&request));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", read());
        assert!(
            shown.contains("http://localhost") && !shown.contains("secret") && !shown.contains("canary"),
            "{shown}"
        );
    }
}
