//! The panels of latency spikes: requests that were much slower than usual.

use crate::asset::dashboard::{DisplayUnit, Panel, Row, Series};
use crate::spike::SPIKE;

/// Returns the row of latency spikes and their traces.
pub(super) fn spikes() -> Row {
    let now = Series::recorded("job_http_route:http_server_request_duration_seconds:p95_5m").value();
    let usual = Series::recorded("job_http_route:http_server_request_duration_seconds:p95_5m_avg1h_1d").value();
    Row::new("Latency spikes")
        .panel(
            Panel::new("Slower than yesterday", DisplayUnit::Short, "p95 as a multiple of yesterday's at this hour.")
                .query(now.share_of(&usual), "{{http_route}}")
                .info("MmeLatencySpike", 2.0),
        )
        .panel(
            Panel::new("Spike traces", DisplayUnit::EventsPerSecond, "Traces that were kept; `/spikes` lists them.")
                .sum(&Series::of(SPIKE.traces.spec()).rate(), &["cause"]),
        )
        .panel(
            Panel::new(
                "Spike traces lost",
                DisplayUnit::EventsPerSecond,
                "Traces past the budget are dropped on purpose; those lost to the disk or the queue are a fault.",
            )
            .sum(&Series::of(SPIKE.lost.spec()).rate(), &["reason"]),
        )
}
