//! The labels of spike traces.

use metrics::SharedString;

use crate::label::{LabelValue, Values};

/// Why an event was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "spike", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Cause {
    /// It was among the slowest of its window.
    Slow,
    /// It failed.
    Error,
    /// It was cancelled.
    Cancelled,
}

/// Why a trace is not where it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// An event failed or was cancelled when as many of its window had been kept as are kept at most.
    Budget,
    /// A trace was kept, and came faster than the disk takes them.
    Queue,
    /// A trace was kept, and could not be written.
    Disk,
}

// Written out, because the derive is behind a feature and this is not.
impl LabelValue for Cause {
    const KEY: &'static str = "cause";
    const VALUES: Values = Values::Closed(&["slow", "error", "cancelled"]);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(match self {
            Self::Slow => "slow",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
        })
    }

    fn ordinal(&self) -> Option<usize> {
        Some(*self as usize)
    }
}

impl LabelValue for Loss {
    const KEY: &'static str = "reason";
    const VALUES: Values = Values::Closed(&["budget", "queue", "disk"]);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(match self {
            Self::Budget => "budget",
            Self::Queue => "queue",
            Self::Disk => "disk",
        })
    }

    fn ordinal(&self) -> Option<usize> {
        Some(*self as usize)
    }
}
