//! The labels of HTTP metrics and their bounds.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, labels};

/// The most routes of one process, from its set-up and its routers together.
pub(super) const ROUTES: usize = 1_000;

labels! {
    /// The template of the matched route, such as `/users/{id}`. It is never a path.
    pub registered Route: "http_route", budget = ROUTES, fallback = "_unmatched";
}

labels! {
    /// The method of a request: those of the OpenTelemetry conventions, which are RFC 9110, PATCH and QUERY.
    #[non_exhaustive]
    pub closed HttpMethod: "http_request_method" {
        /// CONNECT.
        Connect = "CONNECT",
        /// DELETE.
        Delete = "DELETE",
        /// GET.
        Get = "GET",
        /// HEAD.
        Head = "HEAD",
        /// OPTIONS.
        Options = "OPTIONS",
        /// PATCH.
        Patch = "PATCH",
        /// POST.
        Post = "POST",
        /// PUT.
        Put = "PUT",
        /// QUERY.
        Query = "QUERY",
        /// TRACE.
        Trace = "TRACE",
        /// Any other method.
        Other = "_OTHER",
    }
}

labels! {
    /// The scheme with which the client reached the server.
    #[non_exhaustive]
    pub closed Scheme: "url_scheme" {
        /// Without TLS.
        Http = "http",
        /// With TLS.
        Https = "https",
    }
}

labels! {
    /// The kind of a stream.
    #[non_exhaustive]
    pub closed HttpStreamKind: "kind" {
        /// Server-sent events: a response of type `text/event-stream`.
        Sse = "sse",
        /// A WebSocket, over HTTP/1.1 or HTTP/2.
        Websocket = "websocket",
        /// A tunnel: CONNECT, or an upgrade to anything but a WebSocket.
        Connect = "connect",
    }
}

impl HttpMethod {
    /// Converts the method of a request.
    #[cfg(feature = "http")]
    pub(super) fn of(method: &::http::Method) -> Self {
        // The usual methods compare as numbers; only others compare by name.
        match *method {
            ::http::Method::GET => Self::Get,
            ::http::Method::POST => Self::Post,
            ::http::Method::PUT => Self::Put,
            ::http::Method::PATCH => Self::Patch,
            ::http::Method::DELETE => Self::Delete,
            ref other => Self::from_name(other.as_str()),
        }
    }

    /// Converts the name of a method. Names are case-sensitive.
    pub fn from_name(name: &str) -> Self {
        match name {
            "CONNECT" => Self::Connect,
            "DELETE" => Self::Delete,
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "OPTIONS" => Self::Options,
            "PATCH" => Self::Patch,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "QUERY" => Self::Query,
            "TRACE" => Self::Trace,
            _ => Self::Other,
        }
    }
}

/// The status code of a response, or that there was no response.
///
/// HTTP has the codes 100 to 599. A response with any other has no label value, and is an error as a 5xx is
/// ([RFC 9110, section 15](https://www.rfc-editor.org/rfc/rfc9110#section-15)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HttpStatus(u16);

impl HttpStatus {
    /// There was no response.
    pub const NONE: Self = Self(0);

    /// All codes that HTTP does not have.
    const INVALID: Self = Self(600);

    /// Converts a status code. Numbers of 600 to 999 are one status, and all others that HTTP does not have are
    /// [`NONE`](Self::NONE).
    pub const fn new(code: u16) -> Self {
        match code {
            100..=599 => Self(code),
            600..=999 => Self::INVALID,
            _ => Self::NONE,
        }
    }

    /// Returns the code, or 0 if there was no response or HTTP does not have its status.
    pub const fn code(self) -> u16 {
        if self.0 == Self::INVALID.0 { 0 } else { self.0 }
    }

    /// Returns whether the status is a 5xx, or one that HTTP does not have.
    pub const fn is_server_error(self) -> bool {
        self.0 >= 500
    }

    /// Returns a number that is unique to the status.
    #[cfg(feature = "http")]
    pub(super) const fn key(self) -> u16 {
        self.0
    }
}

impl LabelValue for HttpStatus {
    const KEY: &'static str = "http_response_status_code";
    const CARDINALITY: Cardinality = Cardinality::Bounded(501);

    fn label_value(&self) -> SharedString {
        match self.code() {
            0 => SharedString::const_str(""),
            code => SharedString::from_owned(code.to_string()),
        }
    }
}

/// The reason why a request failed; empty for a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpErrorType {
    /// The request did not fail.
    None,
    /// The status of the response was this 5xx; `_OTHER` for one that HTTP does not have.
    Status(HttpStatus),
    /// The future or the body was dropped before its end, and the status was no error.
    Cancelled,
    /// The service or the body panicked.
    Panic,
    /// The body returned an error, or was shorter or longer than the announced length.
    Body,
    /// The service returned an error.
    Service,
}

impl LabelValue for HttpErrorType {
    const KEY: &'static str = "error_type";
    // A hundred 5xx codes, five words and empty.
    const CARDINALITY: Cardinality = Cardinality::Bounded(106);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(match self {
            Self::None => "",
            Self::Status(HttpStatus::INVALID) => "_OTHER",
            Self::Status(status) => return status.label_value(),
            Self::Cancelled => "cancelled",
            Self::Panic => "panic",
            Self::Body => "body",
            Self::Service => "service",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_reads_back_and_invented_ones_are_other() {
        for (at, name) in HttpMethod::TEXTS.iter().enumerate() {
            assert_eq!(HttpMethod::from_name(name).ordinal(), Some(at), "{name}");
        }
        for name in ["", "get", "GETT", "PROPFIND", "_other"] {
            assert_eq!(HttpMethod::from_name(name), HttpMethod::Other, "{name}");
        }
    }

    #[test]
    fn a_status_outside_the_protocol_is_none() {
        assert_eq!(HttpStatus::new(99), HttpStatus::NONE);
        assert_eq!(HttpStatus::new(1000), HttpStatus::NONE);
        assert_eq!(&*HttpStatus::new(599).label_value(), "599");
        assert!(HttpStatus::new(500).is_server_error() && HttpStatus::new(599).is_server_error());
        assert!(!HttpStatus::new(499).is_server_error() && !HttpStatus::NONE.is_server_error());
    }

    #[test]
    fn at_most_501_statuses_are_told_apart() {
        let values: std::collections::BTreeSet<_> =
            (0..=u16::MAX).map(|code| HttpStatus::new(code).label_value().to_string()).collect();
        assert_eq!(values.len(), 501);
        assert_eq!(HttpStatus::CARDINALITY, Cardinality::Bounded(501));
    }

    #[test]
    fn a_status_that_http_does_not_have_is_an_error() {
        for code in [600, 999] {
            let status = HttpStatus::new(code);
            assert!(status.is_server_error() && status.code() == 0 && status.label_value().is_empty(), "{code}");
            assert_eq!(&*HttpErrorType::Status(status).label_value(), "_OTHER");
        }
    }
}
