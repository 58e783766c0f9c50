//! How a source stands.

use super::window::Counts;

/// How many failures a source has, and whether that is too many.
///
/// The counts are never too low as long as no more than 131 072 sources fail within an hour, and reach back up to one frame more
/// than the window is long: 10 s of a minute, 5 minutes of an hour.
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

    /// Says whether there are more than a limit allows.
    pub const fn is_over_limit(&self) -> bool {
        self.over
    }

    /// Says whether this failure was the one that passed a limit.
    pub const fn has_crossed_limit(&self) -> bool {
        self.crossed
    }
}
