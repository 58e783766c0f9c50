//! The panels of HTTP requests that the service answers and sends.

use super::ratio::failed;
use crate::asset::dashboard::{DisplayUnit, Panel, Row, Series, View};
use crate::http::HTTP;

const ROUTE: [&str; 1] = ["http_route"];
const SERVER: [&str; 1] = ["server_address"];

/// The series with the limit of the alert on the latency of a route.
const LATENCY_LIMIT: &str = "job:http_server_request_duration_limit_seconds:max";
pub(super) const LIMIT_OF_LATENCY: &str =
    "The dashed line is the longest latency that an objective of the service declares, or the default of the alert.";

/// Selects the finished requests of the chosen routes.
fn finished() -> Series {
    Series::of(HTTP.server_duration.spec()).matching("http_route=~\"$route\"")
}

/// Selects a recorded ratio of the chosen routes.
fn judged(record: &str) -> Series {
    Series::recorded(record).matching("http_route=~\"$route\"")
}

fn durations() -> Series {
    Series::buckets(HTTP.server_duration.spec()).matching("http_route=~\"$route\"")
}

pub(super) fn volume() -> Panel {
    Panel::new("Requests by route", DisplayUnit::RequestsPerSecond, "Finished requests, whatever their outcome.")
        .sum(&finished().rate(), &ROUTE)
}

pub(super) fn error_share() -> Panel {
    Panel::new(
        "Error ratio by route",
        DisplayUnit::Share,
        "Share of requests that failed: status 5xx, panics, broken bodies. Cancelled requests do not count.",
    )
    .judged(&judged("job_http_route:http_server_request_errors_per_request:ratio_rate5m"), &ROUTE)
    .warning("MmeHttpErrorRateHigh", 0.005)
    .critical("MmeHttpErrorRateCritical", 0.05)
}

pub(super) fn error_counts() -> Panel {
    Panel::new("Errors by route", DisplayUnit::Short, "Failed requests, each counted once.")
        .view(View::Counts)
        .sum(&failed(&finished()).counts(), &ROUTE)
}

pub(super) fn latency() -> Panel {
    let description = format!("From the request's head to the last byte of the response's body. {LIMIT_OF_LATENCY}");
    Panel::new("Latency", DisplayUnit::Seconds, &description)
        .quantiles(&durations(), &[])
        .alert_limit("MmeHttpLatencyHigh", LATENCY_LIMIT)
        .critical("MmeHttpLatencyCritical", 2.0)
}

pub(super) fn latency_by_route() -> Panel {
    let description = format!("The 95th percentile of each route. {LIMIT_OF_LATENCY}");
    Panel::new("p95 by route", DisplayUnit::Seconds, &description)
        .p95(&durations(), &ROUTE)
        .alert_limit("MmeHttpLatencyHigh", LATENCY_LIMIT)
        .critical("MmeHttpLatencyCritical", 2.0)
}

fn by_status() -> Panel {
    Panel::new(
        "Requests by status",
        DisplayUnit::RequestsPerSecond,
        "A rise of 401 is an attack or an expired key; a rise of 5xx is a fault of the service.",
    )
    .sum(&finished().rate(), &["http_response_status_code"])
}

fn by_cause() -> Panel {
    Panel::new(
        "Failures by cause",
        DisplayUnit::RequestsPerSecond,
        "The `error_type` of failed requests; `cancelled` counts clients that left.",
    )
    .sum(&finished().matching("error_type!=\"\"").rate(), &["error_type"])
}

/// Returns the row of requests that the service answers.
pub(super) fn served() -> Row {
    Row::new("Requests")
        .panel(volume())
        .panel(error_share())
        .panel(error_counts())
        .panel(latency())
        .panel(latency_by_route())
        .panel(by_status())
        .panel(by_cause())
        .panel(in_flight())
}

pub(super) fn in_flight() -> Panel {
    Panel::new(
        "Requests in flight",
        DisplayUnit::Short,
        "Requests that have begun and not ended. A minimum that rises means requests that never end.",
    )
    .sum(&Series::of(HTTP.server_active.spec()).value(), &[])
}

/// Returns the row of long-lived responses.
pub(super) fn streams() -> Row {
    let of_route = |series: Series| series.matching("http_route=~\"$route\"");
    Row::new("Streams")
        .panel(
            Panel::new("Open streams", DisplayUnit::Short, "Server-sent events, WebSockets and CONNECT tunnels.")
                .sum(&of_route(Series::of(HTTP.server_streams.spec())).value(), &["http_route", "kind"]),
        )
        .panel(
            Panel::new("Lifetime of streams", DisplayUnit::Seconds, "How long streams that have ended were open.")
                .quantiles(&of_route(Series::buckets(HTTP.server_stream_duration.spec())), &["kind"]),
        )
}

/// Returns the row of requests that the service sends.
pub(super) fn sent() -> Row {
    let calls = Series::of(HTTP.client_duration.spec());
    Row::new("HTTP requests to other services")
        .panel(
            Panel::new("Requests sent", DisplayUnit::RequestsPerSecond, "Outgoing requests by server.")
                .sum(&calls.rate(), &SERVER),
        )
        .panel(
            Panel::new("Error ratio of other services", DisplayUnit::Share, "Share of outgoing requests that failed.")
                .judged(
                    &Series::recorded("job_server_address:http_client_request_errors_per_request:ratio_rate5m"),
                    &SERVER,
                )
                .warning("MmeDependencyErrorRateHigh", 0.05),
        )
        .panel(
            Panel::new(
                "Latency of other services",
                DisplayUnit::Seconds,
                "The 95th percentile of outgoing requests, as this service measures it.",
            )
            .p95(&Series::buckets(HTTP.client_duration.spec()), &SERVER)
            .warning("MmeDependencyLatencyHigh", 0.5),
        )
        .panel(
            Panel::new("Sent requests in flight", DisplayUnit::Short, "Outgoing requests without a response yet.")
                .sum(&Series::of(HTTP.client_active.spec()).value(), &SERVER),
        )
}

/// Returns the panel of availability: the share of requests that the service answered without an error, over the time
/// range of the dashboard.
pub(super) fn availability() -> Panel {
    let requests = Series::of(HTTP.server_duration.spec());
    let all = requests.growth().sum_by(&["job"]);
    let faults = requests.matching("http_response_status_code=~\"5..\"").growth().sum_by(&["job"]);
    Panel::new("Availability", DisplayUnit::Share, "Share of requests without a status of 5xx in the time shown.")
        .view(View::Gauge)
        .query(faults.or_zero_of(&all).share_of(&all).complement(), "{{job}}")
        .critical_below("MmeHttpErrorRateCritical", 0.95)
}

/// Returns the panel with the share of each route's requests whose client left before the end.
pub(super) fn cancelled() -> Panel {
    Panel::new("Cancelled requests", DisplayUnit::Share, "Share of requests whose client left before the end.")
        .judged(&judged("job_http_route:http_server_request_cancellations_per_request:ratio_rate5m"), &ROUTE)
        .warning("MmeHttpRequestsCancelled", 0.1)
}
