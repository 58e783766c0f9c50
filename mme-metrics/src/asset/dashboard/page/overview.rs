//! The overview dashboard.

use super::{application, calls, gateway, health, requests, state, store};
use crate::asset::dashboard::{Dashboard, Row, Series};

/// Returns the dashboard that shows whether the service works, for which routes and tenants, and since when.
pub fn overview() -> Dashboard {
    Dashboard::new(
        "mme-overview",
        "Overview",
        "State, traffic, errors and latency on one page; the other dashboards go into detail.",
    )
    .variable(application::route())
    .row(state::state())
    .row(
        Row::new("Requests")
            .panel(requests::volume())
            .panel(requests::error_share())
            .panel(requests::error_counts())
            .panel(requests::latency_by_route())
            .panel(requests::availability())
            .panel(state::burning()),
    )
    .row(Row::new("Dependencies and gRPC").panel(health::up()).panel(calls::faults()).panel(calls::latency()))
    .row(gateway::traffic(Series::foreign))
    .row(store::mongodb(Series::foreign))
}
