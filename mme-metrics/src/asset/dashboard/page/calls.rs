//! The panels of gRPC calls.

use super::requests::LIMIT_OF_LATENCY;
use crate::asset::dashboard::{DisplayUnit, Panel, Row, Series};
use crate::grpc::GRPC;

const METHOD: [&str; 1] = ["rpc_method"];
const SERVER: [&str; 1] = ["server_address"];

pub(super) fn volume() -> Panel {
    Panel::new(
        "gRPC calls by method",
        DisplayUnit::RequestsPerSecond,
        "Finished calls, whatever their code. `_OTHER` collects methods that are not registered.",
    )
    .sum(&Series::of(GRPC.server_streams.spec()).rate(), &METHOD)
}

pub(super) fn faults() -> Panel {
    Panel::new(
        "gRPC fault ratio",
        DisplayUnit::Share,
        "Share of calls that ended with a code that is the server's fault. Calls of methods that the service does not have are left out.",
    )
    .judged(&Series::recorded("job_rpc_method:rpc_server_call_faults_per_call:ratio_rate5m"), &METHOD)
    .critical("MmeGrpcErrorRateHigh", 0.05)
}

pub(super) fn latency() -> Panel {
    let unary = Series::of(GRPC.server_streams.spec()).matching("rpc_type=\"unary\"").rate().sum_by(&METHOD);
    let slowest = Series::buckets(GRPC.server_duration.spec()).quantile(0.95, &METHOD);
    let description = format!("Unary calls, from the request's head to the status. {LIMIT_OF_LATENCY}");
    Panel::new("gRPC p95 by method", DisplayUnit::Seconds, &description)
        .query(slowest.only_where(&unary, &METHOD), "{{rpc_method}}")
        .alert_limit("MmeGrpcMethodLatencyHigh", "job:rpc_server_call_duration_limit_seconds:max")
}

pub(super) fn codes() -> Panel {
    let failed = Series::of(GRPC.server_duration.spec()).matching("rpc_status_code!=\"OK\"");
    Panel::new(
        "gRPC errors by code",
        DisplayUnit::RequestsPerSecond,
        "`INTERNAL` and `UNKNOWN` are faults of this service; `INVALID_ARGUMENT` and `NOT_FOUND` are the client's.",
    )
    .sum(&failed.rate(), &["rpc_method", "rpc_status_code"])
}

/// Returns the row of calls that the service answers.
pub(super) fn served() -> Row {
    Row::new("gRPC calls")
        .panel(volume())
        .panel(faults())
        .panel(codes())
        .panel(latency())
        .panel(
            Panel::new(
                "Calls in flight",
                DisplayUnit::Short,
                "A minimum that rises means calls that never end, or subscribers.",
            )
            .sum(&Series::of(GRPC.server_active.spec()).value(), &METHOD),
        )
        .panel(
            Panel::new("Calls by type", DisplayUnit::RequestsPerSecond, "Unary calls and the three kinds of streams.")
                .sum(&Series::of(GRPC.server_streams.spec()).rate(), &["rpc_type"]),
        )
}

/// Returns the row of messages and streams.
pub(super) fn streams() -> Row {
    Row::new("gRPC streams")
        .panel(
            Panel::new("Messages", DisplayUnit::EventsPerSecond, "Whole messages, those of unary calls included.")
                .sum(&Series::of(GRPC.server_messages.spec()).rate(), &["rpc_method", "direction"]),
        )
        .panel(
            Panel::new(
                "Broken streams",
                DisplayUnit::Share,
                "Share of streams that ended with an error; clients that left do not count.",
            )
            .judged(&Series::recorded("job_rpc_method:rpc_server_stream_failures_per_stream:ratio_rate5m"), &METHOD)
            .warning("MmeGrpcStreamFailures", 0.05),
        )
        .panel(
            Panel::new("Duration of gRPC streams", DisplayUnit::Seconds, "How long streams that have ended were open.")
                .quantiles(&Series::buckets(GRPC.server_stream_duration.spec()), &["rpc_type"]),
        )
}

/// Returns the row of calls that the service sends.
pub(super) fn called() -> Row {
    let calls = Series::of(GRPC.client_duration.spec());
    Row::new("gRPC calls to other services")
        .panel(
            Panel::new("Calls sent", DisplayUnit::RequestsPerSecond, "Outgoing calls by server.")
                .sum(&calls.rate(), &SERVER),
        )
        .panel(
            Panel::new(
                "Failed calls sent",
                DisplayUnit::Share,
                "Share of outgoing calls that ended with a code that is the server's fault.",
            )
            .judged(&Series::recorded("job_server_address:rpc_client_call_faults_per_call:ratio_rate5m"), &SERVER)
            .warning("MmeGrpcDependencyErrorRateHigh", 0.05),
        )
        .panel(
            Panel::new(
                "p95 of calls sent",
                DisplayUnit::Seconds,
                "The 95th percentile of outgoing calls, as this service measures it.",
            )
            .p95(&Series::buckets(GRPC.client_duration.spec()), &SERVER),
        )
        .panel(
            Panel::new("Sent calls in flight", DisplayUnit::Short, "Outgoing calls without a status yet.")
                .sum(&Series::of(GRPC.client_active.spec()).value(), &SERVER),
        )
        .panel(
            Panel::new(
                "Messages to and from other services",
                DisplayUnit::EventsPerSecond,
                "Whole messages by method.",
            )
            .sum(&Series::of(GRPC.client_messages.spec()).rate(), &["rpc_method", "direction"]),
        )
}
