//! The application dashboard: requests, dependencies, calls and functions, as clients see them.

use super::{calls, health, isolation, job, requests, state};
use crate::asset::dashboard::{Dashboard, DisplayUnit, Panel, Row, Series, Variable};
use crate::function::FUNCTION;
use crate::http::HTTP;

/// Returns the dashboard of requests, dependencies, calls and functions.
pub fn application() -> Dashboard {
    Dashboard::new(
        "mme-application",
        "Application",
        "HTTP requests, gRPC calls, dependencies, annotated functions, tenants, jobs and data.",
    )
    .variable(route())
    .row(state::state())
    .row(requests::served().panel(requests::cancelled()))
    .row(requests::streams())
    .row(requests::sent())
    .row(health::dependencies())
    .row(calls::served())
    .row(calls::streams())
    .row(calls::called())
    .row(functions())
    .row(isolation::isolation())
    .row(job::jobs())
    .row(health::data())
}

/// Returns the variable with the routes, by which the panels of requests select.
pub(super) fn route() -> Variable {
    Variable::label("route", "Route", HTTP.server_duration.spec(), "http_route")
}

fn functions() -> Row {
    let calls = Series::of(FUNCTION.calls.spec());
    let by = ["module", "function"];
    let legend = "{{module}}::{{function}}";
    Row::new("Functions")
        .panel(
            Panel::new("Calls", DisplayUnit::EventsPerSecond, "Finished calls of annotated functions.")
                .query(calls.rate().sum_by(&by), legend),
        )
        .panel(
            Panel::new("Failed calls", DisplayUnit::Share, "Share of calls that returned an error or panicked.")
                .judged(&Series::recorded("job_module_function:function_call_errors_per_call:ratio_rate5m"), &by)
                .warning("MmeFunctionErrorRateHigh", 0.05),
        )
        .panel(
            Panel::new("Duration of calls", DisplayUnit::Seconds, "The 95th percentile of each function.")
                .query(Series::buckets(FUNCTION.duration.spec()).quantile(0.95, &by), legend)
                .warning("MmeFunctionLatencyHigh", 1.0),
        )
}
