//! Why an observation was refused, and how many were.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why an observation was not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It was NaN or infinite, or would have made a gauge so.
    NotFinite,
    /// It was negative where only growth is possible.
    Negative,
    /// It set a counter to less than it was.
    Decreasing,
    /// Its metric has the name of another kind of metric.
    Conflict,
    /// Its metric has a name that cannot be exported.
    Name,
    /// Its series has more labels than can be exported.
    Labels,
    /// Its metric came after the budget of metrics without a catalogue entry.
    Budget,
    /// It would have taken a counter past its largest number, or was larger than any amount of money. Families count this
    /// one too, and those below themselves.
    Overflow,
    /// It was an amount of money whose currency is unknown.
    Currency,
    /// It lay outside the range its metric has.
    Range,
    /// It was no number at all.
    Malformed,
}

impl Reason {
    const ALL: [Self; 11] = [
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

    /// Returns the value of the `reason` label.
    fn as_str(self) -> &'static str {
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

/// How many observations were refused, by reason.
#[derive(Debug, Default)]
pub(super) struct Rejections([AtomicU64; Reason::ALL.len()]);

impl Rejections {
    #[cold]
    pub(super) fn count(&self, reason: Reason) {
        self.count_many(reason, 1);
    }

    pub(super) fn count_many(&self, reason: Reason, observations: u64) {
        // Relaxed: a count that orders nothing.
        self.0[reason as usize].fetch_add(observations, Ordering::Relaxed);
    }

    /// Takes what was counted since the last call, for every reason.
    pub(super) fn drain(&self) -> impl Iterator<Item = (&'static str, u64)> {
        // Relaxed: a count that orders nothing, and the exchange loses none.
        Reason::ALL.iter().zip(&self.0).map(|(reason, count)| (reason.as_str(), count.swap(0, Ordering::Relaxed)))
    }
}
