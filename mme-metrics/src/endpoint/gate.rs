//! The gate of every admin endpoint: it checks the name of a listener, path, credentials and method, in this order.
//!
//! The credentials come before the method, so that a caller without them learns only that something is served at the path.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use super::answer::sentence;
use super::auth::Credentials;
use super::host::Hosts;

/// Who may read an endpoint that has no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// Every caller.
    Public,
    /// No caller, because it serves what may identify a person.
    #[cfg(any(feature = "live", feature = "security", feature = "spike"))]
    Private,
    /// Every caller, but details only with credentials.
    #[cfg(feature = "probe")]
    Redacted,
}

/// Decides which requests an endpoint answers.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    /// What is served, in the plural, for the sentence of a refusal.
    content: &'static str,
    path: Arc<str>,
    credentials: Credentials,
    exposure: Exposure,
    hosts: Hosts,
}

impl Gate {
    pub(crate) fn new(content: &'static str, path: &str, exposure: Exposure) -> Self {
        Self { content, path: path.into(), credentials: Credentials::default(), exposure, hosts: Hosts::default() }
    }

    /// Sets the path; a leading slash is added if there is none.
    pub(crate) fn path(mut self, path: &str) -> Self {
        self.path = format!("/{}", path.trim_start_matches('/')).into();
        self
    }

    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.credentials.bearer(token);
        self
    }

    pub(crate) fn basic(mut self, user: &str, password: &str) -> Self {
        self.credentials.basic(user, password);
        self
    }

    pub(super) fn allow_host(mut self, name: &str) -> Self {
        self.hosts.allow(name);
        self
    }

    /// Refuses names that are not those of a listener at this address.
    pub(super) fn listening(mut self, address: SocketAddr) -> Self {
        self.hosts.enforce(address);
        self
    }

    /// Returns the path as a route of axum: braces name no parameters.
    pub(crate) fn route(&self) -> String {
        self.path.replace('{', "{{").replace('}', "}}")
    }

    /// Returns the answer to a request that may not pass, or `None` for one that may.
    pub(crate) fn refuse<B>(&self, request: &Request<B>) -> Option<Response<Bytes>> {
        if !self.hosts.admit(request) {
            let text = "this name is not one of the listener: allow it with `allow_host`\n";
            return Some(sentence(StatusCode::MISDIRECTED_REQUEST, text));
        }
        if request.uri().path() != &*self.path {
            return Some(self.not_found());
        }
        match self.exposure {
            #[cfg(feature = "probe")]
            Exposure::Redacted => {}
            #[cfg(any(feature = "live", feature = "security", feature = "spike"))]
            Exposure::Private if self.credentials.is_empty() => return Some(self.forbidden()),
            Exposure::Public if self.credentials.is_empty() => {}
            _ if self.credentials.admit(request.headers()) => {}
            _ => return Some(self.unauthorized()),
        }
        (!matches!(*request.method(), Method::GET | Method::HEAD)).then(|| self.method_not_allowed())
    }

    /// Returns the path.
    #[cfg(feature = "probe")]
    pub(super) fn place(&self) -> &str {
        &self.path
    }

    /// Says whether a request carries one of the credentials.
    #[cfg(feature = "probe")]
    pub(super) fn shows_details<B>(&self, request: &Request<B>) -> bool {
        self.credentials.admit(request.headers())
    }

    fn not_found(&self) -> Response<Bytes> {
        // A caller without credentials does not learn the path of a closed endpoint.
        let text = if self.credentials.is_empty() && self.exposure == Exposure::Public {
            format!("not found: {} are at {}\n", self.content, self.path)
        } else {
            "not found\n".to_owned()
        };
        sentence(StatusCode::NOT_FOUND, text)
    }

    #[cfg(any(feature = "live", feature = "security", feature = "spike"))]
    fn forbidden(&self) -> Response<Bytes> {
        let text = format!("{} are served only with credentials: set a token with `bearer`\n", self.content);
        sentence(StatusCode::FORBIDDEN, text)
    }

    fn unauthorized(&self) -> Response<Bytes> {
        let mut response = sentence(StatusCode::UNAUTHORIZED, "credentials are missing or wrong\n");
        for challenge in self.credentials.challenges() {
            response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn method_not_allowed(&self) -> Response<Bytes> {
        let text = format!("{} are read with GET or HEAD\n", self.content);
        let mut response = sentence(StatusCode::METHOD_NOT_ALLOWED, text);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        response
    }
}
