//! The labels of objectives.

use crate::label::{closed_label, open_label};

open_label! {
    /// The label `slo`: the name of an objective, admitted when it is declared.
    pub registered Slo: "slo", budget = 256, fallback = "_other";
}

closed_label! {
    /// Why an event was bad.
    #[non_exhaustive]
    Reason: "reason" {
        /// It failed.
        Error = "error",
        /// It took longer than the threshold.
        Latency = "latency",
    }
}
