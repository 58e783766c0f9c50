//! The traces in memory, which requests and the writer share.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::label::{LossReason, SpikeCause};
use super::metrics::SPIKE;
use super::slowest::{SlowState, Slowest};
use super::trace::Trace;
use super::view::{LostCounts, SpikeView};
use crate::clock::seconds_from;

/// What is kept of the current window, and of the one before.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) slowest: Slowest,
    errors: Budget,
    cancels: Budget,
    /// The latest traces of failed and cancelled events, oldest first.
    recent: Mutex<VecDeque<Arc<Trace>>>,
    most_recent: usize,
    /// The slowest of the last window that ended.
    previous: Mutex<Vec<Arc<Trace>>>,
    lost: [AtomicU64; 3],
}

/// How many more events of a kind this window keeps.
#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    taken: AtomicUsize,
}

impl Budget {
    const fn new(most: usize) -> Self {
        Self { most, taken: AtomicUsize::new(0) }
    }

    /// Takes one, if one is left.
    pub(super) fn take(&self) -> bool {
        // Relaxed: a count that orders nothing. It is read first, so that a burst of errors does not write it.
        self.taken.load(Ordering::Relaxed) < self.most && self.taken.fetch_add(1, Ordering::Relaxed) < self.most
    }
}

impl Store {
    pub(super) fn new(slowest: usize, at_least: Duration, errors: usize, cancels: usize) -> Self {
        Self {
            slowest: Slowest::new(slowest, seconds_from(at_least)),
            errors: Budget::new(errors),
            cancels: Budget::new(cancels),
            recent: Mutex::new(VecDeque::new()),
            most_recent: errors.saturating_add(cancels),
            previous: Mutex::new(Vec::new()),
            lost: Default::default(),
        }
    }

    /// Returns the budget of failed or of cancelled events.
    pub(super) fn budget(&self, cause: SpikeCause) -> &Budget {
        if cause == SpikeCause::Error { &self.errors } else { &self.cancels }
    }

    /// Ends the window. Returns the traces that are not written yet, slowest first.
    pub(super) fn end_window(&self) -> Vec<Arc<Trace>> {
        for budget in [&self.errors, &self.cancels] {
            // Relaxed, as in `take`.
            budget.taken.store(0, Ordering::Relaxed);
        }
        let window = self.slowest.take();
        let all = window.iter().map(|kept| Arc::clone(&kept.trace)).collect();
        let before = mem::replace(&mut *lock(&self.previous), all);
        drop(before);
        let unwritten: Vec<_> =
            window.into_iter().filter(|kept| kept.state != SlowState::Written).map(|kept| kept.trace).collect();
        // Failed and cancelled events were counted at their end.
        let slow = unwritten.iter().filter(|trace| trace.cause == SpikeCause::Slow).count();
        SPIKE.traces.add((SpikeCause::Slow,), slow as u64);
        unwritten
    }

    /// Counts a lost trace.
    pub(super) fn lose(&self, reason: LossReason) {
        // Relaxed: a count that orders nothing.
        self.lost[reason as usize].fetch_add(1, Ordering::Relaxed);
        SPIKE.lost.increment((reason,));
    }

    /// Adds the trace of a failed or cancelled event, in place of the oldest.
    pub(super) fn remember(&self, trace: &Arc<Trace>) {
        let mut recent = lock(&self.recent);
        let dropped = if recent.len() >= self.most_recent { recent.pop_front() } else { None };
        recent.push_back(Arc::clone(trace));
        drop(recent);
        // Freed without the lock.
        drop(dropped);
    }

    /// Copies what is in memory.
    pub(super) fn view(&self, window: Duration) -> SpikeView {
        let copy = |traces: &[Arc<Trace>]| traces.iter().map(|trace| (**trace).clone()).collect();
        // Only the pointers are cloned under the lock: requests may wait for it.
        let previous = lock(&self.previous).clone();
        let mut recent: Vec<_> = lock(&self.recent).iter().map(Arc::clone).collect();
        recent.reverse();
        SpikeView {
            window_seconds: window.as_secs_f64(),
            slowest: copy(&self.slowest.look()),
            slowest_before: copy(&previous),
            failed: copy(&recent),
            // Relaxed: counts that order nothing.
            lost: LostCounts::from(self.lost.each_ref().map(|count| count.load(Ordering::Relaxed))),
        }
    }
}

/// Locks a mutex. A panic in between would leave its value whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
