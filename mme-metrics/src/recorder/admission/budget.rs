//! The budgets that limit the number of series with open labels: of the metric, of its family and of the process.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A count of series, and its limit.
#[derive(Clone, Copy, Debug)]
pub(in crate::recorder) struct Limit<'a> {
    pub(in crate::recorder) count: &'a AtomicUsize,
    pub(in crate::recorder) most: usize,
}

/// The budgets of one metric, while its ledger is locked.
#[derive(Clone, Copy, Debug)]
pub(in crate::recorder) struct Budget<'a> {
    /// Whether the metric itself has room. While its ledger is locked, the number of its series cannot change.
    pub(in crate::recorder) metric_has_room: bool,
    pub(in crate::recorder) family: Limit<'a>,
    pub(in crate::recorder) process: Limit<'a>,
}

impl<'a> Budget<'a> {
    /// Reserves a place in every budget, or in none.
    pub(super) fn reserve(&self) -> Option<Reservation<'a>> {
        if !self.metric_has_room {
            return None;
        }
        let family = Place::take(self.family)?;
        let process = Place::take(self.process)?;
        Some(Reservation { family, process })
    }
}

/// A place in every budget, which is released when this is dropped.
#[derive(Debug)]
#[must_use = "a reservation that is dropped is given back"]
pub(super) struct Reservation<'a> {
    family: Place<'a>,
    process: Place<'a>,
}

impl Reservation<'_> {
    /// Keeps the places permanently, because a series is never removed.
    pub(super) fn keep(self) {
        std::mem::forget((self.family, self.process));
    }
}

/// A place in one budget, which is released when this is dropped.
#[derive(Debug)]
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(limit: Limit<'a>) -> Option<Self> {
        // Relaxed: no other memory access depends on this count.
        let grown = |count: usize| (count < limit.most).then_some(count + 1);
        limit.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).ok().map(|_| Self(limit.count))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        // Relaxed: no other memory access depends on this count.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_takes_every_place_or_none() {
        let (family, process) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let counts = || (family.load(Ordering::Relaxed), process.load(Ordering::Relaxed));
        let budget = Budget {
            metric_has_room: true,
            family: Limit { count: &family, most: 2 },
            process: Limit { count: &process, most: 1 },
        };
        assert!(Budget { metric_has_room: false, ..budget }.reserve().is_none());
        drop(budget.reserve().expect("there is room"));
        assert_eq!(counts(), (0, 0));
        budget.reserve().expect("there is room").keep();
        assert_eq!(counts(), (1, 1));
        assert!(budget.reserve().is_none(), "the process has no room");
        assert_eq!(counts(), (1, 1));
    }
}
