//! A copy of what a sampler holds in memory.

use serde::Serialize;

use super::trace::Trace;

/// The traces that a sampler holds in memory, as `/spikes` serves them.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SpikeView {
    /// The length of a window.
    pub window_seconds: f64,
    /// The slowest events of this window so far, slowest first.
    pub slowest: Vec<Trace>,
    /// The slowest events of the last window that ended.
    pub slowest_before: Vec<Trace>,
    /// The latest events that failed or were cancelled, latest first.
    pub failed: Vec<Trace>,
    /// The traces lost since the start.
    pub lost: LostCounts,
}

/// How many traces were lost, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LostCounts {
    /// The budget of the window was spent.
    pub budget: u64,
    /// The queue to the disk was full.
    pub queue: u64,
    /// The disk did not take them.
    pub disk: u64,
}

impl From<[u64; 3]> for LostCounts {
    fn from([budget, queue, disk]: [u64; 3]) -> Self {
        Self { budget, queue, disk }
    }
}
