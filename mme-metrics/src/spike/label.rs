//! The labels of spike traces.

use crate::label::labels;

labels! {
    /// The reason why an event was kept.
    #[cfg_attr(feature = "spike", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "lowercase"))]
    #[non_exhaustive]
    pub closed SpikeCause: "cause" {
        /// The event was among the slowest of its window.
        Slow = "slow",
        /// The event failed.
        Error = "error",
        /// The event was cancelled.
        Cancelled = "cancelled",
    }
}

labels! {
    /// The reason why a trace was lost.
    #[non_exhaustive]
    pub closed LossReason: "reason" {
        /// The budget of its window was spent.
        Budget = "budget",
        /// The queue to the disk was full.
        Queue = "queue",
        /// The disk did not take it.
        Disk = "disk",
    }
}
