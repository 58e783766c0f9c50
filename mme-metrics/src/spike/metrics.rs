//! The truth: every metric of spike traces.

use super::label::{LossReason, SpikeCause};
use crate::metric::{Counter, Unit, family};

family! {
    /// Spike traces: the slowest events, and those that failed.
    pub static SPIKE: SpikeMetrics {
        /// Traces that were kept, by cause.
        traces: Counter<(SpikeCause,)> = Counter::new("mme_spike_traces_total", Unit::None);
        /// Traces that were not kept or not written, by reason.
        lost: Counter<(LossReason,)> = Counter::new("mme_spike_traces_lost_total", Unit::None);
    }
}
