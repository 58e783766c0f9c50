//! The metrics of HTTP servers and clients.

use super::label::{HttpErrorType, HttpMethod, HttpStatus, HttpStreamKind, Route, Scheme};
use crate::buckets;
use crate::label::{ServerAddress, ServerPort};
use crate::metric::{Gauge, Histogram, Unit, family};

family! {
    /// HTTP servers and clients.
    pub static HTTP: HttpMetrics {
        /// Duration of HTTP server requests.
        server_duration: Histogram<(HttpMethod, Route, HttpStatus, Scheme, HttpErrorType)> =
            Histogram::new("http_server_request_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Number of active HTTP server requests.
        server_active: Gauge<(HttpMethod, Scheme)> = Gauge::new("http_server_active_requests", Unit::None);
        /// Size of HTTP server request bodies.
        server_request_size: Histogram<(HttpMethod, Route, HttpStatus)> =
            Histogram::new("http_server_request_body_size_bytes", Unit::Bytes, buckets::SIZE).optional();
        /// Size of HTTP server response bodies.
        server_response_size: Histogram<(HttpMethod, Route, HttpStatus)> =
            Histogram::new("http_server_response_body_size_bytes", Unit::Bytes, buckets::SIZE).optional();
        /// Time until the head of the response was ready.
        server_response_start: Histogram<(HttpMethod, Route, HttpStatus)> =
            Histogram::new("http_server_response_start_duration_seconds", Unit::Seconds, buckets::REQUEST).optional();
        /// Number of open streams: server-sent events, web sockets and tunnels.
        server_streams: Gauge<(Route, HttpStreamKind)> = Gauge::new("http_server_active_streams", Unit::None);
        /// Time from the head of the response that opened a stream to the stream's end.
        server_stream_duration: Histogram<(Route, HttpStreamKind)> =
            Histogram::new("http_server_stream_duration_seconds", Unit::Seconds, buckets::STREAM);
        /// Duration of HTTP client requests.
        client_duration: Histogram<(HttpMethod, ServerAddress, ServerPort, HttpStatus, HttpErrorType)> =
            Histogram::new("http_client_request_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Number of active HTTP requests.
        client_active: Gauge<(ServerAddress, ServerPort)> = Gauge::new("http_client_active_requests", Unit::None);
    }
}
