//! The operational dashboard, for people on call.

use super::{application, calls, health, host, infrastructure, meta, process, requests, security, state};
use crate::asset::dashboard::{Dashboard, Row, Series};

/// Returns the dashboard of the service's health, traffic, pools, calls, sessions, resources and dependencies.
pub fn operational() -> Dashboard {
    Dashboard::new(
        "mme-operational",
        "Operational",
        "What is broken, for whom and since when; then traffic, errors, pools, calls, resources and dependencies.",
    )
    .variable(application::route())
    .row(state::state())
    .row(
        Row::new("Traffic")
            .panel(requests::volume())
            .panel(requests::latency())
            .panel(requests::error_share())
            .panel(requests::error_counts())
            .panel(requests::in_flight())
            .panel(requests::cancelled()),
    )
    .row(Row::new("Dependencies and sessions").panel(meta::up()).panel(health::up()).panel(security::sessions()))
    .row(
        Row::new("Databases")
            .panel(infrastructure::connections())
            .panel(infrastructure::pool_use())
            .panel(infrastructure::pool_waits()),
    )
    .row(Row::new("gRPC").panel(calls::latency()).panel(calls::faults()).panel(calls::codes()))
    .row(Row::new("Process").panel(process::cpu()).panel(process::memory()).panel(process::file_descriptors()))
    .row(process::runtime())
    .row(host::resources(Series::foreign))
}
