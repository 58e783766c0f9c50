//! The panels of connections.

use crate::asset::dashboard::{DisplayUnit, Panel, Row, Series};
use crate::connection::CONNECTION;

const LISTENER: [&str; 1] = ["server_address"];
const SERVER: [&str; 2] = ["server_address", "server_port"];

/// Returns the row of connections: those of servers, TLS handshakes, and those of clients.
pub(super) fn connections() -> Row {
    Row::new("Connections")
        .panel(
            Panel::new("Open connections", DisplayUnit::Short, "Connections that each listener has accepted.")
                .sum(&Series::of(CONNECTION.server_active.spec()).value(), &LISTENER),
        )
        .panel(
            Panel::new(
                "Rejected connections",
                DisplayUnit::EventsPerSecond,
                "Connections over the limit, and failed tries to accept one, as without file descriptors.",
            )
            .sum(&Series::of(CONNECTION.server_rejected.spec()).rate(), &LISTENER)
            .warning("MmeConnectionsRejected", 0.1),
        )
        .panel(
            Panel::new("Duration of connections", DisplayUnit::Seconds, "From the accept to the end.")
                .quantiles(&Series::buckets(CONNECTION.server_duration.spec()), &LISTENER),
        )
        .panel(
            Panel::new(
                "Failed TLS handshakes",
                DisplayUnit::Share,
                "Share of handshakes that failed or took too long.",
            )
            .judged(&Series::recorded("job_server_address:tls_handshake_failures:ratio5m"), &LISTENER)
            .warning("MmeTlsHandshakesFailing", 0.5),
        )
        .panel(
            Panel::new("Duration of TLS handshakes", DisplayUnit::Seconds, "Until success, failure or the time limit.")
                .quantiles(&Series::buckets(CONNECTION.tls_handshake.spec()), &LISTENER),
        )
        .panel(
            Panel::new(
                "Open connections to servers",
                DisplayUnit::Short,
                "Connections that clients hold, in use or idle.",
            )
            .sum(&Series::of(CONNECTION.client_open.spec()).value(), &SERVER),
        )
        .panel(
            Panel::new("Duration of connections to servers", DisplayUnit::Seconds, "From the connect to the end.")
                .quantiles(&Series::buckets(CONNECTION.client_duration.spec()), &SERVER),
        )
}
