//! The labels of HTTP metrics, each with its bound.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, SERVERS, labels};

/// Routes that one process registers at most, given ones and those its routers show.
pub(super) const ROUTES: usize = 1_000;

labels! {
    /// The template of the route that matched, `/users/{id}`; never a path.
    pub registered Route: "http_route", budget = ROUTES, fallback = "_unmatched";
    /// The port a request was sent to.
    pub capped ServerPort: "server_port", budget = SERVERS;
}

labels! {
    /// The method of a request. The known ones are those of the OpenTelemetry conventions: RFC 9110, PATCH and QUERY.
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
        /// Any other.
        Other = "_OTHER",
    }
}

labels! {
    /// How the client reached the server.
    #[non_exhaustive]
    pub closed Scheme: "url_scheme" {
        /// In the clear.
        Http = "http",
        /// Over TLS.
        Https = "https",
    }
}

labels! {
    /// What a long-lived response is.
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
    /// Reads the method of a request.
    #[cfg(feature = "http")]
    pub(super) fn of(method: &::http::Method) -> Self {
        // The usual ones by their number; all names are compared only for the others.
        match *method {
            ::http::Method::GET => Self::Get,
            ::http::Method::POST => Self::Post,
            ::http::Method::PUT => Self::Put,
            ::http::Method::PATCH => Self::Patch,
            ::http::Method::DELETE => Self::Delete,
            ref other => Self::from_name(other.as_str()),
        }
    }

    /// Reads the name of a method, which is case-sensitive.
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

/// The status code of a response; none if there was no response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HttpStatus(u16);

impl HttpStatus {
    /// No response came.
    pub const NONE: Self = Self(0);

    /// Takes a status code; one outside 100 to 999 is none.
    pub const fn new(code: u16) -> Self {
        if code >= 100 && code < 1000 { Self(code) } else { Self::NONE }
    }

    /// Returns the code, or 0 if there was no response.
    pub const fn code(self) -> u16 {
        self.0
    }

    /// Says whether the server was at fault.
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

/// Why an exchange failed; empty if it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpErrorType {
    /// It did not fail.
    None,
    /// The response had this status, a 5xx.
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
    // A hundred codes of 5xx, four words and nothing.
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
