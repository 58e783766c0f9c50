//! The labels of objectives.

use crate::label::labels;

labels! {
    /// The label `slo`: the name of an objective, admitted when it is declared.
    pub admitted SloName: "slo", budget = 256, fallback = "_other";
}

labels! {
    /// Why an event was bad.
    #[non_exhaustive]
    pub closed SloReason: "reason" {
        /// It failed.
        Error = "error",
        /// It took longer than the threshold.
        Latency = "latency",
    }
}
