//! The truth: every metric of objectives.

use super::label::{SloName, SloReason};
use crate::metric::{Counter, Gauge, Unit, family};

family! {
    /// Service level objectives.
    pub static SLO: SloMetrics {
        /// Events that the objective counts.
        events: Counter<(SloName,)> = Counter::new("slo_events_total", Unit::None);
        /// Events that missed the objective, by reason.
        bad_events: Counter<(SloName, SloReason)> = Counter::new("slo_bad_events_total", Unit::None);
        /// Share of the events that has to be good.
        objective: Gauge<(SloName,)> = Gauge::new("slo_objective_ratio", Unit::Ratio);
        /// Time that a good event takes at most; absent if the objective does not look at time.
        threshold: Gauge<(SloName,)> = Gauge::new("slo_latency_threshold_seconds", Unit::Seconds);
    }
}
