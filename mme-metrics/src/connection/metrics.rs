//! The metrics of connections.

use super::label::{HandshakeErrorType, ListenerAddress};
use crate::buckets;
use crate::label::{ServerAddress, ServerPort};
use crate::metric::{Counter, Gauge, Histogram, Unit, family};

family! {
    /// Connections of servers and clients.
    pub static CONNECTION: ConnectionMetrics {
        /// Number of open connections that a listener has accepted.
        server_active: Gauge<(ListenerAddress,)> = Gauge::new("http_server_active_connections", Unit::None);
        /// Time from the accept of a connection to its end.
        server_duration: Histogram<(ListenerAddress,)> =
            Histogram::new("http_server_connection_duration_seconds", Unit::Seconds, buckets::STREAM);
        /// Connections over the limit of a listener, and failed attempts to accept one.
        server_rejected: Counter<(ListenerAddress,)> =
            Counter::new("http_server_connections_rejected_total", Unit::None);
        /// Duration of TLS handshakes of a server.
        tls_handshake: Histogram<(ListenerAddress, HandshakeErrorType)> =
            Histogram::new("tls_handshake_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Number of open connections to a server.
        client_open: Gauge<(ServerAddress, ServerPort)> =
            Gauge::new("http_client_open_connections", Unit::None);
        /// Time from the establishment of a connection to its end.
        client_duration: Histogram<(ServerAddress, ServerPort)> =
            Histogram::new("http_client_connection_duration_seconds", Unit::Seconds, buckets::STREAM);
    }
}
