//! Counts requests on atomics that need no lookup: the least that counting can cost.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use crate::load::RECORD_BOUNDS;

/// The number of outcomes.
pub(crate) const ENDS: usize = 17;

/// The figures. All are read alone, so nothing orders them: every access is relaxed.
pub(crate) struct Figures {
    active: AtomicI64,
    ended: [AtomicU64; ENDS],
    buckets: [AtomicU64; RECORD_BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Figures {
    pub(crate) const fn new() -> Self {
        Self {
            active: AtomicI64::new(0),
            ended: [const { AtomicU64::new(0) }; ENDS],
            buckets: [const { AtomicU64::new(0) }; RECORD_BOUNDS.len() + 1],
            nanoseconds: AtomicU64::new(0),
        }
    }

    /// Returns how many have ended, whatever their outcome.
    pub(crate) fn ended(&self) -> u64 {
        self.ended.iter().map(|ended| ended.load(Ordering::Relaxed)).sum()
    }
}

/// A request in flight, which ends when this is dropped.
pub(crate) struct InFlightRequest {
    figures: &'static Figures,
    began: Instant,
    /// The index of its outcome; below [`ENDS`].
    pub(crate) end: usize,
}

impl InFlightRequest {
    pub(crate) fn begin(figures: &'static Figures, end: usize) -> Self {
        figures.active.fetch_add(1, Ordering::Relaxed);
        Self { figures, began: Instant::now(), end }
    }
}

impl Drop for InFlightRequest {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let seconds = took.as_secs_f64();
        let bucket = RECORD_BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(RECORD_BOUNDS.len());
        self.figures.ended[self.end].fetch_add(1, Ordering::Relaxed);
        self.figures.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.figures.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        self.figures.active.fetch_sub(1, Ordering::Relaxed);
    }
}
