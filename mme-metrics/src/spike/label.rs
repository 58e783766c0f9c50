//! The labels of spike traces.

use crate::label::labels;

labels! {
    /// Why an event was kept.
    #[cfg_attr(feature = "spike", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "lowercase"))]
    #[non_exhaustive]
    pub closed SpikeCause: "cause" {
        /// It was among the slowest of its window.
        Slow = "slow",
        /// It failed.
        Error = "error",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

labels! {
    /// Why a trace is not where it should be.
    #[non_exhaustive]
    pub closed LossReason: "reason" {
        /// An event failed or was cancelled when as many of its window had been kept as are kept at most.
        Budget = "budget",
        /// A trace was kept, and came faster than the disk takes them.
        Queue = "queue",
        /// A trace was kept, and could not be written.
        Disk = "disk",
    }
}
