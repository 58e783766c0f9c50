//! The reasons for which the library refuses an observation, or a value of a label.

use metrics::SharedString;

use super::{Cardinality, LabelValue};

/// The reason for which an observation or a value of a label was refused; the label `reason` of
/// `mme_rejected_observations_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The value is NaN or infinite, or would make a gauge so.
    NotFinite,
    /// The value is negative, and the metric only grows.
    Negative,
    /// The total is smaller than the counter.
    Decreasing,
    /// The name belongs to a metric of another kind, or the text is the fallback of the label.
    Conflict,
    /// The name of the metric cannot be exported.
    Name,
    /// The series has more labels than can be exported.
    Labels,
    /// A budget is spent: of metrics without a catalogue entry, or of the values of a label.
    Budget,
    /// The counter would pass its largest number, or the amount of money is too large. Families count this reason too; only they
    /// count those below.
    Overflow,
    /// The currency of the amount is unknown.
    Currency,
    /// The value lies outside the range of the metric.
    Range,
    /// The value is not a number, or the text cannot be exported.
    Malformed,
}

impl Refusal {
    /// Every reason, in declared order.
    pub const ALL: [Self; 11] = [
        Self::NotFinite,
        Self::Negative,
        Self::Decreasing,
        Self::Conflict,
        Self::Name,
        Self::Labels,
        Self::Budget,
        Self::Overflow,
        Self::Currency,
        Self::Range,
        Self::Malformed,
    ];

    /// Returns the exported text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFinite => "not_finite",
            Self::Negative => "negative",
            Self::Decreasing => "decreasing",
            Self::Conflict => "conflict",
            Self::Name => "name",
            Self::Labels => "labels",
            Self::Budget => "budget",
            Self::Overflow => "overflow",
            Self::Currency => "currency",
            Self::Range => "range",
            Self::Malformed => "malformed",
        }
    }
}

impl LabelValue for Refusal {
    const KEY: &'static str = "reason";
    const CARDINALITY: Cardinality = Cardinality::Bounded(Self::ALL.len());

    fn label_value(&self) -> SharedString {
        SharedString::const_str(self.as_str())
    }
}
