//! The labels of HTTP metrics and their bounds.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, SERVERS, labels};

/// The most routes of one process, from its set-up and its routers together.
pub(super) const ROUTES: usize = 1_000;

labels! {
    /// The template of the matched route, such as `/users/{id}`. It is never a path.
    pub registered Route: "http_route", budget = ROUTES, fallback = "_unmatched";
    /// The port to which a request was sent.
    pub capped ServerPort: "server_port", budget = SERVERS;
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HttpStatus(u16);

impl HttpStatus {
    /// There was no response.
    pub const NONE: Self = Self(0);

    /// Converts a status code; a number outside of 100 to 999 is [`NONE`](Self::NONE).
    pub const fn new(code: u16) -> Self {
        if code >= 100 && code < 1000 { Self(code) } else { Self::NONE }
    }

    /// Returns the code, or 0 if there was no response.
    pub const fn code(self) -> u16 {
        self.0
    }

    /// Returns whether the status is a 5xx.
    pub const fn is_server_error(self) -> bool {
        self.0 >= 500 && self.0 < 600
    }
}

impl LabelValue for HttpStatus {
    const KEY: &'static str = "http_response_status_code";
    const CARDINALITY: Cardinality = Cardinality::Bounded(901);

    fn label_value(&self) -> SharedString {
        if *self == Self::NONE { SharedString::const_str("") } else { SharedString::from_owned(self.0.to_string()) }
    }
}

/// The reason why a request failed; empty for a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpErrorType {
    /// The request did not fail.
    None,
    /// The status of the response was this 5xx.
    Status(HttpStatus),
    /// The future or the body was dropped before its end.
    Cancelled,
    /// The service or the body panicked.
    Panic,
    /// The body returned an error, or ended before the announced length.
    Body,
    /// The service returned an error.
    Service,
}

impl LabelValue for HttpErrorType {
    const KEY: &'static str = "error_type";
    // A hundred 5xx codes, four words and empty.
    const CARDINALITY: Cardinality = Cardinality::Bounded(105);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(match self {
            Self::None => "",
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
        assert!(HttpStatus::new(599).is_server_error() && !HttpStatus::new(600).is_server_error());
    }
}
