//! Calls of gRPC, for the dashboard of what the service does.

use super::Row;
use super::panel::{DisplayUnit, Panel};
use super::query::{Promql, Series};
use crate::grpc::GRPC;
use crate::metric::Spec;

/// Matches the six codes by which a server is to blame.
const FAULTS: &str = "rpc_status_code=~\"UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS\"";

const STREAMING: &str = "rpc_type=~\"client_stream|server_stream|bidi_stream\"";

/// A client that leaves a stream has had enough of it.
const BROKEN: &str = "rpc_status_code!~\"OK|CANCELLED\"";

/// Returns the share of `all` that a matcher selects, 0 where it selects nothing.
fn share(all: &Series, matcher: &str, by: &[&str]) -> Promql {
    let whole = all.rate().sum_by(by);
    all.clone().matching(matcher).rate().sum_by(by).or_zero_of(&whole).share_of(&whole)
}

fn p95(title: &str, spec: &Spec, by: &str, description: &str) -> Panel {
    Panel::new(title, DisplayUnit::Seconds, description)
        .query(Series::buckets(spec).quantile(0.95, &[by]), &format!("{{{{{by}}}}}"))
        .limits(0.1, 2.0)
}

/// What is asked of this service.
pub(super) fn served() -> Row {
    let calls = Series::of(GRPC.server_streams.spec());
    let durations = Series::of(GRPC.server_duration.spec());
    let by = ["rpc_method"];
    let per_second = DisplayUnit::RequestsPerSecond;
    Row::new("gRPC calls")
        .panel(
            Panel::new(
                "Calls by method",
                per_second,
                "Finished calls, whatever their end. `_OTHER` is nobody's method.",
            )
            .query(calls.rate().sum_by(&by), "{{rpc_method}}"),
        )
        .panel(
            Panel::new(
                "Faults by method",
                DisplayUnit::Share,
                "Share that ended with a code the server is to blame for.",
            )
            .query(share(&calls, FAULTS, &by), "{{rpc_method}}")
            .limits(0.01, 0.05),
        )
        .panel(
            Panel::new(
                "gRPC errors by code",
                per_second,
                "Which code tells whose fault it is; `INTERNAL` and `UNKNOWN` are ours.",
            )
            .query(
                durations.matching("rpc_status_code!=\"OK\"").rate().sum_by(&["rpc_method", "rpc_status_code"]),
                "{{rpc_method}} {{rpc_status_code}}",
            ),
        )
        .panel(p95(
            "gRPC p95 by method",
            GRPC.server_duration.spec(),
            "rpc_method",
            "From the head of the request to the status.",
        ))
        .panel(
            Panel::new(
                "Calls in flight",
                DisplayUnit::Short,
                "A floor that rises is calls that do not end, or subscribers.",
            )
            .query(Series::of(GRPC.server_active.spec()).value().sum_by(&by), "{{rpc_method}}"),
        )
        .panel(
            Panel::new("Calls by type", per_second, "Who streams.")
                .query(calls.rate().sum_by(&["rpc_type"]), "{{rpc_type}}"),
        )
}

/// What passes on streams.
pub(super) fn streams() -> Row {
    let streams = Series::of(GRPC.server_streams.spec()).matching(STREAMING);
    Row::new("gRPC streams")
        .panel(Panel::new("Messages", DisplayUnit::EventsPerSecond, "Whole messages, those of unary calls too.").query(
            Series::of(GRPC.server_messages.spec()).rate().sum_by(&["rpc_method", "direction"]),
            "{{rpc_method}} {{direction}}",
        ))
        .panel(
            Panel::new(
                "Broken streams",
                DisplayUnit::Share,
                "Share that ended with an error; clients that left do not count.",
            )
            .query(share(&streams, BROKEN, &["rpc_method"]), "{{rpc_method}}")
            .limits(0.01, 0.05),
        )
        .panel(
            Panel::new("Duration of streams", DisplayUnit::Seconds, "How long streams that have ended were open.")
                .quantiles(&Series::buckets(GRPC.server_stream_duration.spec()), &["rpc_type"]),
        )
}

/// What this service asks of others.
pub(super) fn called() -> Row {
    let calls = Series::of(GRPC.client_duration.spec());
    let by = ["server_address"];
    Row::new("gRPC services that are called")
        .panel(
            Panel::new("Calls to others", DisplayUnit::RequestsPerSecond, "Outgoing calls by server.")
                .query(calls.rate().sum_by(&by), "{{server_address}}"),
        )
        .panel(
            Panel::new("Failed calls to others", DisplayUnit::Share, "Share that ended with any code but OK.")
                .query(share(&calls, "error_type!=\"\"", &by), "{{server_address}}"),
        )
        .panel(p95("p95 of calls to others", GRPC.client_duration.spec(), "server_address", "As this service sees it."))
        .panel(
            Panel::new("Calls to others in flight", DisplayUnit::Short, "What waits for an answer of another service.")
                .query(Series::of(GRPC.client_active.spec()).value().sum_by(&by), "{{server_address}}"),
        )
        .panel(
            Panel::new("Messages to and from others", DisplayUnit::EventsPerSecond, "Whole messages, by method.")
                .query(
                    Series::of(GRPC.client_messages.spec()).rate().sum_by(&["rpc_method", "direction"]),
                    "{{rpc_method}} {{direction}}",
                ),
        )
}
