//! The slowest events of a window: exactly those, in bounded memory.

use std::cmp::{Ordering as Order, Reverse};
use std::collections::BinaryHeap;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::label::LossReason;
use super::trace::Trace;

/// One of the slowest events so far.
#[derive(Debug)]
pub(super) struct SlowEvent {
    /// The bits of its duration. They order like the durations, because none is negative.
    bits: u64,
    pub(super) trace: Arc<Trace>,
    /// What else has happened to it.
    pub(super) state: SlowState,
}

/// What happened to an event besides being among the slowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlowState {
    /// Nothing: it is kept only because it is slow.
    Slow,
    /// It was written already, as a failure or cancellation.
    Written,
    /// It is a failure or cancellation that is lost for this reason, unless it stays among the slowest.
    LostUnlessSlow(LossReason),
}

impl SlowEvent {
    pub(super) fn new(seconds: f64, trace: Arc<Trace>, state: SlowState) -> Self {
        Self { bits: bits(seconds), trace, state }
    }
}

impl PartialEq for SlowEvent {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl Eq for SlowEvent {}

impl PartialOrd for SlowEvent {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl Ord for SlowEvent {
    fn cmp(&self, other: &Self) -> Order {
        self.bits.cmp(&other.bits)
    }
}

/// The slowest events of the current window.
#[derive(Debug)]
pub(super) struct Slowest {
    most: usize,
    /// The threshold of an empty window.
    least: u64,
    /// The threshold: an event below it is not among the slowest. It only rises until the window ends.
    threshold: AtomicU64,
    /// The fastest is on top.
    kept: Mutex<BinaryHeap<Reverse<SlowEvent>>>,
}

impl Slowest {
    /// Creates an empty window for at most `most` events that took `seconds` or longer.
    pub(super) fn new(most: usize, seconds: f64) -> Self {
        let least = if most == 0 { u64::MAX } else { bits(seconds) };
        Self { most, least, threshold: AtomicU64::new(least), kept: Mutex::new(BinaryHeap::with_capacity(most + 1)) }
    }

    /// Returns whether an event may be among the slowest, without a lock.
    #[inline]
    pub(super) fn may_keep(&self, seconds: f64) -> bool {
        // Relaxed: a stale threshold of this window is too low, and `keep` compares again. A stale threshold of the previous
        // window counts the event as if it had ended then.
        bits(seconds) >= self.threshold.load(Ordering::Relaxed)
    }

    /// Keeps an event if it is among the slowest, in place of the fastest of them. Returns the event that is not kept, or no
    /// longer: this one or the fastest.
    pub(super) fn keep(&self, event: SlowEvent) -> Option<SlowEvent> {
        let mut kept = self.lock();
        // Relaxed: the lock orders the writes, and a read without it is compared again here.
        if event.bits < self.threshold.load(Ordering::Relaxed) {
            return Some(event);
        }
        kept.push(Reverse(event));
        let dropped = if kept.len() > self.most { kept.pop() } else { None };
        if kept.len() == self.most
            && let Some(Reverse(fastest)) = kept.peek()
        {
            // The next event has to be slower. Relaxed, as above.
            self.threshold.store(fastest.bits + 1, Ordering::Relaxed);
        }
        drop(kept);
        // The caller frees it, without the lock.
        dropped.map(|Reverse(event)| event)
    }

    /// Ends the window and returns its events, slowest first.
    pub(super) fn take(&self) -> Vec<SlowEvent> {
        let mut kept = self.lock();
        let window = mem::replace(&mut *kept, BinaryHeap::with_capacity(self.most + 1));
        // Relaxed, as above.
        self.threshold.store(self.least, Ordering::Relaxed);
        drop(kept);
        window.into_sorted_vec().into_iter().map(|Reverse(event)| event).collect()
    }

    /// Returns the events so far, slowest first.
    pub(super) fn look(&self) -> Vec<Arc<Trace>> {
        let mut events: Vec<_> =
            self.lock().iter().map(|Reverse(event)| (event.bits, Arc::clone(&event.trace))).collect();
        events.sort_unstable_by_key(|(bits, _)| Reverse(*bits));
        events.into_iter().map(|(_, trace)| trace).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BinaryHeap<Reverse<SlowEvent>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the bits of a duration. NaN and negative durations count as zero.
#[inline]
fn bits(seconds: f64) -> u64 {
    // Adding zero turns -0 into 0.
    (seconds.max(0.0) + 0.0).to_bits()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::event::{Event, Source};
    use crate::operation::Outcome;
    use crate::spike::SpikeCause;

    fn keep(slowest: &Slowest, seconds: f64) {
        if slowest.may_keep(seconds) {
            let event = Event::new(Source::Http, "/", Outcome::Ok, seconds);
            let trace = Trace::new(&event, SpikeCause::Slow, SystemTime::UNIX_EPOCH);
            slowest.keep(SlowEvent::new(seconds, Arc::new(trace), SlowState::Slow));
        }
    }

    fn seconds(kept: &[SlowEvent]) -> Vec<f64> {
        kept.iter().map(|event| event.trace.seconds).collect()
    }

    #[test]
    fn the_slowest_are_kept_in_order_and_each_window_begins_anew() {
        let slowest = Slowest::new(3, 0.0);
        for seconds in [0.0, 5.0, 1.0, 4.0, 4.0, 2.0, 0.5] {
            keep(&slowest, seconds);
        }
        assert_eq!(slowest.look().iter().map(|trace| trace.seconds).collect::<Vec<_>>(), [5.0, 4.0, 4.0]);
        assert!(!slowest.may_keep(4.0) && slowest.may_keep(4.1));
        assert_eq!(seconds(&slowest.take()), [5.0, 4.0, 4.0]);
        for seconds in [0.0, -1.0, f64::NAN] {
            keep(&slowest, seconds);
        }
        assert_eq!(slowest.take().len(), 3);
    }

    #[test]
    fn nothing_quicker_than_the_least_is_kept_and_none_at_all_where_none_is_wanted() {
        let slowest = Slowest::new(3, 1.0);
        for seconds in [0.5, 1.0, 2.0] {
            keep(&slowest, seconds);
        }
        assert_eq!(seconds(&slowest.take()), [2.0, 1.0]);
        assert!(!Slowest::new(0, 0.0).may_keep(f64::INFINITY));
    }
}
