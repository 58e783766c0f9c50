//! Why the library refuses something: an observation, or a value that is registered for a label.

use metrics::SharedString;

use super::{Cardinality, LabelValue};

/// Why an observation or a label's value was refused; the label `reason` of `mme_rejected_observations_total`, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// It is NaN or infinite, or would have made a gauge so.
    NotFinite,
    /// It is negative where only growth is possible.
    Negative,
    /// It sets a counter to less than it is.
    Decreasing,
    /// Its name or its text already stands for something else: another kind of metric, or the fallback of a label.
    Conflict,
    /// Its metric has a name that cannot be exported.
    Name,
    /// Its series has more labels than can be exported.
    Labels,
    /// It came after a budget was spent: of metrics without a catalogue entry, or of a label's values.
    Budget,
    /// It would have taken a counter past its largest number, or is larger than any amount of money. Families count this one
    /// too, and those below themselves.
    Overflow,
    /// It is an amount of money whose currency is unknown.
    Currency,
    /// It lies outside the range its metric has.
    Range,
    /// It cannot be read: no number at all, or no text that can be exported.
    Malformed,
}

impl Refusal {
    /// Every reason, by its number.
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
