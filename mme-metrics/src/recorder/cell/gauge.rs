//! A gauge: a number that goes up and down.

use crossbeam_utils::CachePadded;

use super::shard::{ShardSlice, Shards, Thread};
use super::sync::{AtomicU64, Ordering};

/// The additions and the subtractions of one thread, stored separately. A reader sums the subtractions first and the
/// additions last, so it never sees a subtraction without the addition before it. So a gauge of work in flight is never
/// below zero.
#[derive(Default)]
struct Shift {
    up: AtomicU64,
    down: AtomicU64,
}

/// The cell of a gauge. It starts with the words of one thread. When a second thread adds to it, each thread gets a
/// shard for its additions. It is exact as long as a thread's additions come to less than 2^53 units, which is 285
/// years at a million requests per second.
pub(in crate::recorder) struct GaugeCell {
    owner: AtomicU64,
    own: Shift,
    /// The value that was set, without later additions.
    base: AtomicU64,
    shards: Shards<Box<CachePadded<Shift>>>,
    only_grows: bool,
}

impl GaugeCell {
    /// Creates a cell at zero. A cell that only grows holds a counter with fractional values; its series refuses to
    /// lower it.
    pub(in crate::recorder) fn new(only_grows: bool) -> Self {
        let (owner, base) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { owner, own: Shift::default(), base, shards: Shards::new(), only_grows }
    }

    /// Creates a cell that has shards already, as after writes of two threads.
    #[cfg(all(test, mme_loom))]
    pub(super) fn met() -> Self {
        let cell = Self::new(false);
        cell.shards.start();
        cell
    }

    pub(in crate::recorder) fn only_grows(&self) -> bool {
        self.only_grows
    }

    /// Replaces the value. Concurrent additions may be lost, because a gauge is meant to be either set or added to, not
    /// both.
    pub(in crate::recorder) fn set(&self, value: f64) {
        // The additions cannot be reset, because only their own threads may write them, so they are subtracted from the
        // base. Most gauges that are set have no additions, and for whole numbers the difference is exact.
        let base = value - self.sum(|shift| &shift.up) + self.sum(|shift| &shift.down);
        // Release: a reader that sees this value also sees the additions before it, as with a subtraction.
        self.base.store(base.clamp(f64::MIN, f64::MAX).to_bits(), Ordering::Release);
    }

    /// Clears the value. It is NaN until it is set again, and additions are refused until then.
    pub(in crate::recorder) fn clear(&self) {
        self.base.store(f64::NAN.to_bits(), Ordering::Release);
    }

    /// Adds `amount` and returns true, unless the value was cleared or the sum is not finite.
    #[inline]
    pub(in crate::recorder) fn add(&self, amount: f64) -> bool {
        // Relaxed: the check holds for the value that was read. It need not hold for one that is set meanwhile.
        if !(f64::from_bits(self.base.load(Ordering::Relaxed)) + amount).is_finite() {
            return false;
        }
        let thread = Thread::current();
        if let Some(shards) = self.shards.get() {
            Self::add_to(shards, thread, amount)
        } else if thread.owns(&self.owner) {
            self.own.add(amount, true)
        } else {
            Self::add_to(self.shards.start(), thread, amount)
        }
    }

    #[inline]
    fn add_to(shards: ShardSlice<'_, Box<CachePadded<Shift>>>, thread: Thread, amount: f64) -> bool {
        let (shard, alone) = shards.of(thread, Box::default);
        shard.add(amount, alone)
    }

    /// Returns the value, or NaN if it was cleared.
    pub(in crate::recorder) fn read(&self) -> f64 {
        let down = self.sum(|shift| &shift.down);
        // Acquire: pairs with the release in `set`.
        let base = f64::from_bits(self.base.load(Ordering::Acquire));
        let up = self.sum(|shift| &shift.up);
        // The sum of no floats is -0.0. Adding 0.0 makes it 0.0.
        (base + up - down + 0.0).clamp(f64::MIN, f64::MAX)
    }

    fn sum(&self, word: fn(&Shift) -> &AtomicU64) -> f64 {
        // Acquire: a reader that sees a subtraction also sees the addition before it, in whichever shard that is.
        let value = |shift: &Shift| f64::from_bits(word(shift).load(Ordering::Acquire));
        self.shards.iter().map(|shard| value(shard)).fold(value(&self.own), |sum, value| sum + value)
    }
}

impl Shift {
    #[inline]
    fn add(&self, amount: f64, alone: bool) -> bool {
        let (word, amount) = if amount < 0.0 { (&self.down, -amount) } else { (&self.up, amount) };
        if alone { add_alone(word, amount) } else { add_shared(word, amount) }
    }
}

/// Adds to a word that no other thread writes, without a locked instruction. Refuses a sum that is not finite.
#[inline]
fn add_alone(word: &AtomicU64, amount: f64) -> bool {
    // Relaxed: this thread wrote the word last, or an ended thread that had the same number did.
    let after = f64::from_bits(word.load(Ordering::Relaxed)) + amount;
    if after.is_finite() {
        // Release: a reader that sees this subtraction also sees the additions that happened before it, in this thread
        // or in one that it waited for.
        word.store(after.to_bits(), Ordering::Release);
    }
    after.is_finite()
}

/// Adds to a word that several threads may write. Refuses a sum that is not finite.
#[inline]
fn add_shared(word: &AtomicU64, amount: f64) -> bool {
    let sum = |before| Some(f64::from_bits(before) + amount).filter(|after| after.is_finite()).map(f64::to_bits);
    // Release: as above. Relaxed for the load: the compare-and-swap detects an outdated value.
    word.fetch_update(Ordering::Release, Ordering::Relaxed, sum).is_ok()
}

#[cfg(all(test, not(mme_loom)))]
mod tests {
    use super::*;

    #[test]
    fn sets_adds_and_takes() {
        let cell = GaugeCell::new(false);
        cell.set(2.5);
        assert!(cell.add(1.0) && cell.add(-0.5));
        assert_eq!(cell.read().to_bits(), 3.0_f64.to_bits());
        cell.set(-0.0);
        assert_eq!(cell.read().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn refuses_to_leave_the_finite_numbers() {
        let cell = GaugeCell::new(false);
        cell.set(1e308);
        assert!(!cell.add(1e308));
        assert_eq!(cell.read().to_bits(), 1e308_f64.to_bits());
    }

    #[test]
    fn things_in_flight_return_to_zero_and_never_fall_below() {
        let cell = GaugeCell::new(false);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..20_000 {
                            cell.add(1.0);
                            cell.add(-1.0);
                        }
                    })
                })
                .collect();
            while workers.iter().any(|worker| !worker.is_finished()) {
                assert!(cell.read() >= 0.0, "{}", cell.read());
            }
        });
        assert_eq!(cell.read().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn a_value_taken_away_is_none_until_it_is_set() {
        let cell = GaugeCell::new(false);
        cell.set(7.0);
        cell.clear();
        assert!(!cell.add(1.0) && cell.read().is_nan());
        cell.shards.start();
        cell.add(1.0);
        assert!(cell.read().is_nan());
        cell.set(2.0);
        assert_eq!(cell.read().to_bits(), 2.0_f64.to_bits());
    }

    #[test]
    fn setting_replaces_what_the_shards_hold() {
        let cell = GaugeCell::new(false);
        cell.shards.start();
        cell.add(5.0);
        cell.set(1.0);
        cell.add(1.0);
        assert_eq!(cell.read().to_bits(), 2.0_f64.to_bits());
    }
}
