//! The start timestamp of a series: the time from which it counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// How long before its registration a series starts, in milliseconds: the default timeout of a scrape.
///
/// The sample of a scrape carries the time at which the scrape began. A series that is registered while the scrape is on
/// its way or being answered would start after its own first sample, and Prometheus would take the start for a reset.
const LEAD: u64 = 10_000;

/// The start timestamp of a series, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start(u64);

impl Start {
    /// Returns the current time.
    pub(super) fn now() -> Self {
        // A clock before 1970 is wrong, and zero is as good as any other wrong time.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// Returns the start of a series that is registered now with a recorder that was built at `built`. It is not before
    /// the recorder, because an earlier process may have counted until shortly before.
    pub(super) fn of_series(built: Self) -> Self {
        Self::after(built, Self::now())
    }

    fn after(built: Self, registered: Self) -> Self {
        Self(registered.0.saturating_sub(LEAD).max(built.0))
    }

    /// Returns the milliseconds since 1970.
    pub(super) fn millis(self) -> u64 {
        self.0
    }
}

/// The start of one series, until it is unknown.
#[derive(Debug)]
pub(super) struct SeriesStart(AtomicU64);

impl SeriesStart {
    /// Stands for an unknown start. No series starts in 1970.
    const UNKNOWN: u64 = 0;

    pub(super) const fn new(start: Start) -> Self {
        Self(AtomicU64::new(start.0))
    }

    /// Forgets the start of a series that was raised to a total kept elsewhere, which may have counted before the series existed.
    pub(super) fn forget(&self) {
        // Relaxed, here and below: a scrape at the same time may show either.
        self.0.store(Self::UNKNOWN, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> Option<Start> {
        let millis = self.0.load(Ordering::Relaxed);
        (millis != Self::UNKNOWN).then_some(Start(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_known_until_it_is_forgotten() {
        let start = SeriesStart::new(Start(7));
        assert_eq!(start.get(), Some(Start(7)));
        start.forget();
        assert_eq!(start.get(), None);
    }

    #[test]
    fn a_series_starts_before_any_scrape_that_can_show_it_and_not_before_its_recorder() {
        let built = Start(100_000);
        assert_eq!(Start::after(built, Start(100_001)), built);
        assert_eq!(Start::after(built, Start(110_000)), built);
        assert_eq!(Start::after(built, Start(125_000)), Start(115_000));
        // The clock was set back.
        assert_eq!(Start::after(built, Start(1)), built);
    }
}
