//! The exemplars of one series: the newest for each bucket, or one for a counter.
//!
//! They stand beside the cell, which does not know them. A series without a traced observation has none and takes three
//! words. The first exemplar allocates the room for all of them; no later one allocates.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::exemplar::ExemplarPolicy;
use crate::clock::Moment;
use crate::trace::{self, SpanId, TraceContext, TraceId};

/// The least time in seconds between two exemplars of one bucket. More than one for each scrape is never read.
const INTERVAL: f64 = 1.0;

/// One observation with its trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::recorder) struct Exemplar {
    pub(in crate::recorder) trace_id: TraceId,
    pub(in crate::recorder) span_id: SpanId,
    /// The observed value; of a counter, the amount that was added.
    pub(in crate::recorder) value: f64,
    /// The time since the Unix epoch.
    pub(in crate::recorder) timestamp: Duration,
}

/// The exemplars of one series.
#[derive(Default)]
pub(in crate::recorder) struct Exemplars {
    slots: OnceLock<Box<[Slot]>>,
}

/// The room for one exemplar.
#[derive(Default)]
struct Slot {
    /// When the newest was stored, as the bits of a [`Moment`]; zero if there is none. It is read without the lock.
    stored: AtomicU64,
    newest: Mutex<Option<Exemplar>>,
}

impl Exemplars {
    /// Offers an observation in bucket `slot` of `slots`. It is kept if the code that runs now has a trace, and the last
    /// one of the bucket is old enough.
    #[inline]
    pub(in crate::recorder) fn offer(&self, policy: &ExemplarPolicy, slot: usize, slots: usize, value: f64) {
        if trace::may_be_traced() {
            self.offer_traced(policy, slot, slots, value);
        }
    }

    /// A function of its own, so that an observation in a process without traces saves no registers for it.
    #[inline(never)]
    fn offer_traced(&self, policy: &ExemplarPolicy, slot: usize, slots: usize, value: f64) {
        if let Some(trace) = trace::current()
            && policy.allows(&trace)
            && self.store(slot, slots, value, &trace, Moment::now())
        {
            policy.count();
        }
    }

    /// Stores an exemplar, and returns whether it did.
    fn store(&self, slot: usize, slots: usize, value: f64, trace: &TraceContext, now: Moment) -> bool {
        let all = self.slots.get_or_init(|| (0..slots).map(|_| Slot::default()).collect());
        let Some(slot) = all.get(slot) else { return false };
        // Relaxed: the time is only compared, and the lock orders the exemplar.
        let is_due = || match slot.stored.load(Ordering::Relaxed) {
            0 => true,
            last => Moment::from_bits(last).until(now) >= INTERVAL,
        };
        if !is_due() {
            return false;
        }
        // If another thread stores one right now, or a reader copies one, this observation is not kept: a writer never waits.
        let Ok(mut newest) = slot.newest.try_lock() else { return false };
        if !is_due() {
            return false;
        }
        // Relaxed, as above.
        slot.stored.store(now.to_bits().max(1), Ordering::Relaxed);
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        *newest = Some(Exemplar { trace_id: trace.trace_id(), span_id: trace.span_id(), value, timestamp });
        true
    }

    /// Reads the exemplar of a counter.
    pub(in crate::recorder) fn first(&self) -> Option<Exemplar> {
        self.slots.get()?.first()?.read()
    }

    /// Reads the exemplars of all buckets into `read`, which is empty if there are none. Read them before the buckets: an
    /// observation is counted before it is kept, so a bucket with an exemplar is then never empty.
    pub(in crate::recorder) fn read(&self, read: &mut Vec<Option<Exemplar>>) {
        read.clear();
        read.extend(self.slots.get().into_iter().flatten().map(Slot::read));
    }
}

impl Slot {
    fn read(&self) -> Option<Exemplar> {
        // A writer holds the lock for a few instructions. A poisoned lock cannot be: no code in between panics.
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, not(mme_loom)))]
mod tests {
    use super::*;
    use crate::recorder::ExemplarFilter;
    use crate::trace::TraceScope;

    /// A moment so many milliseconds after some first one. The highest bit marks a moment of the system clock.
    fn at(millis: u64) -> Moment {
        Moment::from_bits((1 << 63) | ((millis + 1) * 1_000_000))
    }

    fn context(number: u8, sampled: bool) -> TraceContext {
        TraceContext::new([number; 16], [number; 8], sampled).unwrap()
    }

    fn values(exemplars: &Exemplars) -> Vec<Option<f64>> {
        let mut read = Vec::new();
        exemplars.read(&mut read);
        read.into_iter().map(|exemplar| exemplar.map(|exemplar| exemplar.value)).collect()
    }

    #[test]
    fn the_newest_of_a_bucket_is_replaced_once_a_second() {
        let exemplars = Exemplars::default();
        let stored = [0, 1, 999, 1_000, 1_999, 2_500].map(|millis| {
            let trace = context(1, true);
            exemplars.store(1, 3, millis as f64, &trace, at(millis))
        });
        assert_eq!(stored, [true, false, false, true, false, true]);
        assert_eq!(values(&exemplars), [None, Some(2_500.0), None]);
        // Each bucket has its own second.
        assert!(exemplars.store(0, 3, 7.0, &context(1, true), at(2_500)));
        assert_eq!(values(&exemplars), [Some(7.0), Some(2_500.0), None]);
    }

    #[test]
    fn a_clock_that_goes_backwards_keeps_the_last() {
        let exemplars = Exemplars::default();
        assert!(exemplars.store(0, 1, 1.0, &context(1, true), at(5_000)));
        assert!(!exemplars.store(0, 1, 2.0, &context(1, true), at(0)));
        assert_eq!(values(&exemplars), [Some(1.0)]);
    }

    #[test]
    fn a_bucket_that_a_reader_holds_makes_no_writer_wait() {
        let exemplars = Exemplars::default();
        assert!(exemplars.store(0, 1, 1.0, &context(1, true), at(0)));
        let held = exemplars.slots.get().unwrap()[0].newest.lock().unwrap();
        assert!(!exemplars.store(0, 1, 2.0, &context(2, true), at(9_000)));
        drop(held);
        assert!(exemplars.store(0, 1, 3.0, &context(3, true), at(9_000)));
        assert_eq!(exemplars.first().map(|exemplar| exemplar.trace_id), Some(context(3, true).trace_id()));
    }

    #[test]
    fn the_filter_decides_about_unsampled_traces() {
        for (filter, expected) in [
            (ExemplarFilter::TraceBased, [false, true]),
            (ExemplarFilter::AlwaysOn, [true, true]),
            (ExemplarFilter::AlwaysOff, [false, false]),
        ] {
            let kept = [false, true].map(|sampled| {
                let (exemplars, policy) = (Exemplars::default(), ExemplarPolicy::new(filter));
                TraceScope::Fixed(context(1, sampled)).run(|| exemplars.offer(&policy, 0, 1, 1.0));
                assert_eq!(policy.stored(), u64::from(exemplars.first().is_some()));
                exemplars.first().is_some()
            });
            assert_eq!(kept, expected, "{filter:?}");
        }
    }

    #[test]
    fn without_a_trace_nothing_is_allocated() {
        let exemplars = Exemplars::default();
        exemplars.offer(&ExemplarPolicy::new(ExemplarFilter::AlwaysOn), 0, 1, 1.0);
        assert!(exemplars.slots.get().is_none() && values(&exemplars).is_empty());
    }
}
