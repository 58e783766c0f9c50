//! What the service does for those who call it.

use super::panel::{DisplayUnit, Panel};
use super::query::{Promql, Series};
use super::variable::Variable;
use super::{Dashboard, Row, calls, health, isolation};
use crate::function::FUNCTION;
use crate::http::HTTP;

/// Matches what counts as an error: a client that left has no outcome the service could answer for.
const FAILED: [&str; 2] = ["error_type!=\"\"", "error_type!=\"cancelled\""];

/// Returns the dashboard of requests, dependencies, calls and functions.
pub fn application() -> Dashboard {
    let route = Variable::label("route", "Route", HTTP.server_duration.spec(), "http_route");
    Dashboard::new(
        "mme-application",
        "Application",
        "Requests, gRPC calls, what the service depends on, annotated functions, tenants and data.",
    )
    .variable(route)
    .row(requests())
    .row(load())
    .row(dependencies())
    .row(health::dependencies())
    .row(calls::served())
    .row(calls::streams())
    .row(calls::called())
    .row(functions())
    .row(isolation::isolation())
    .row(health::data())
}

fn on_route(series: Series) -> Series {
    series.matching("http_route=~\"$route\"")
}

fn failed(series: Series) -> Series {
    FAILED.into_iter().fold(series, Series::matching)
}

/// Returns the share of what fails, 0 where nothing does.
fn error_share(all: &Series, by: &[&str]) -> Promql {
    let whole = all.rate().sum_by(by);
    failed(all.clone()).rate().sum_by(by).or_zero_of(&whole).share_of(&whole)
}

fn requests() -> Row {
    let requests = on_route(Series::of(HTTP.server_duration.spec()));
    let buckets = on_route(Series::buckets(HTTP.server_duration.spec()));
    let seconds = DisplayUnit::Seconds;
    Row::new("Requests")
        .panel(
            Panel::new("Requests by route", DisplayUnit::RequestsPerSecond, "Finished requests, whatever their end.")
                .query(requests.rate().sum_by(&["http_route"]), "{{http_route}}"),
        )
        .panel(
            Panel::new(
                "Errors by route",
                DisplayUnit::Share,
                "Share that failed: 5xx, panics, broken bodies. The line is the objective.",
            )
            .query(error_share(&requests, &["http_route"]), "{{http_route}}")
            .limits(0.005, 0.05),
        )
        .panel(
            Panel::new("Latency", seconds, "From the head of the request to the last byte of the body.")
                .quantiles(&buckets, &[])
                .limits(0.1, 2.0),
        )
        .panel(
            Panel::new("p95 by route", seconds, "Which route is slow.")
                .query(buckets.quantile(0.95, &["http_route"]), "{{http_route}}")
                .limits(0.1, 2.0),
        )
        .panel(
            Panel::new(
                "Requests by status",
                DisplayUnit::RequestsPerSecond,
                "A rise of 401 is an attack or an expired key; of 5xx a fault.",
            )
            .query(requests.rate().sum_by(&["http_response_status_code"]), "{{http_response_status_code}}"),
        )
        .panel(
            Panel::new(
                "Failures by cause",
                DisplayUnit::RequestsPerSecond,
                "Why requests failed; `cancelled` are clients that left.",
            )
            .query(requests.matching(FAILED[0]).rate().sum_by(&["error_type"]), "{{error_type}}"),
        )
}

fn load() -> Row {
    let streams = on_route(Series::of(HTTP.server_streams.spec()));
    let stream_buckets = on_route(Series::buckets(HTTP.server_stream_duration.spec()));
    Row::new("Load")
        .panel(
            Panel::new("Requests in flight", DisplayUnit::Short, "A floor that rises is requests that do not end.")
                .query(Series::of(HTTP.server_active.spec()).value().sum_by(&["instance"]), "{{instance}}"),
        )
        .panel(
            Panel::new("Open streams", DisplayUnit::Short, "Server-sent events, WebSockets and CONNECT tunnels.")
                .query(streams.value().sum_by(&["http_route", "kind"]), "{{http_route}} {{kind}}"),
        )
        .panel(
            Panel::new("Lifetime of streams", DisplayUnit::Seconds, "How long streams that have ended were open.")
                .quantiles(&stream_buckets, &["kind"]),
        )
}

fn dependencies() -> Row {
    let calls = Series::of(HTTP.client_duration.spec());
    let by = ["server_address"];
    Row::new("Services that are called")
        .panel(
            Panel::new("Requests to others", DisplayUnit::RequestsPerSecond, "Outgoing requests by server.")
                .query(calls.rate().sum_by(&by), "{{server_address}}"),
        )
        .panel(
            Panel::new("Errors of others", DisplayUnit::Share, "Share of outgoing requests that failed.")
                .query(error_share(&calls, &by), "{{server_address}}")
                .limits(0.01, 0.05),
        )
        .panel(
            Panel::new("Latency of others", DisplayUnit::Seconds, "The 95th percentile as this service sees it.")
                .query(Series::buckets(HTTP.client_duration.spec()).quantile(0.95, &by), "{{server_address}}")
                .limits(0.5, 2.0),
        )
        .panel(
            Panel::new(
                "Requests to others in flight",
                DisplayUnit::Short,
                "What waits for an answer of another service.",
            )
            .query(Series::of(HTTP.client_active.spec()).value().sum_by(&by), "{{server_address}}"),
        )
}

fn functions() -> Row {
    let calls = Series::of(FUNCTION.calls.spec());
    let by = ["module", "function"];
    let legend = "{{module}}::{{function}}";
    let all = calls.rate().sum_by(&by);
    let errors = calls.clone().matching("result=\"error\"").rate().sum_by(&by);
    Row::new("Functions")
        .panel(
            Panel::new("Calls", DisplayUnit::EventsPerSecond, "Finished calls of annotated functions.")
                .query(all.clone(), legend),
        )
        .panel(
            Panel::new("Failed calls", DisplayUnit::Share, "Share of calls that returned an error or panicked.")
                .query(errors.or_zero_of(&all).share_of(&all), legend)
                .limits(0.01, 0.05),
        )
        .panel(
            Panel::new("Duration of calls", DisplayUnit::Seconds, "The 95th percentile of each function.")
                .query(Series::buckets(FUNCTION.duration.spec()).quantile(0.95, &by), legend),
        )
}
