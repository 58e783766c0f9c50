//! The standing of a source: its failures and whether they exceed a limit.

use super::window::Counts;

/// The numbers of failures of a source, and whether they exceed a limit.
///
/// The numbers are never too high, and never too low as long as no more than 131 072 sources fail within an hour. They cover up
/// to one frame more than the window: 10 s for the minute, 5 minutes for the hour. If more sources fail, a source may be over a limit
/// that its number does not exceed; the number is then more than half of the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceStanding {
    pub(super) counts: Counts,
    pub(super) over: bool,
    pub(super) crossed: bool,
}

impl SourceStanding {
    /// Returns the failures within a minute.
    pub const fn minute(&self) -> u32 {
        self.counts.minute
    }

    /// Returns the failures within an hour.
    pub const fn hour(&self) -> u32 {
        self.counts.hour
    }

    /// Returns whether there are more failures than a limit allows.
    pub const fn is_over_limit(&self) -> bool {
        self.over
    }

    /// Returns whether this failure was the one that passed a limit.
    pub const fn has_crossed_limit(&self) -> bool {
        self.crossed
    }
}
