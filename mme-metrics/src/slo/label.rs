//! The labels of objectives.

use metrics::SharedString;

use crate::label::{LabelValue, Values};
use crate::open_label;

open_label! {
    /// The label `slo`: the name of an objective, admitted when it is declared.
    pub registered Slo: "slo", budget = 256, fallback = "_other";
}

/// Why an event was bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// It failed.
    Error,
    /// It took longer than the threshold.
    Latency,
}

// Written out, because the derive is behind a feature and this is not.
impl LabelValue for Reason {
    const KEY: &'static str = "reason";
    const VALUES: Values = Values::Closed(&["error", "latency"]);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(match self {
            Self::Error => "error",
            Self::Latency => "latency",
        })
    }

    fn ordinal(&self) -> Option<usize> {
        Some(*self as usize)
    }
}
