//! A gauge: a number that goes up and down.
//!
//! A gauge that only counts whole numbers up and down, such as requests in flight, is kept in words for each thread, as a
//! counter is, and is exact. The first call that sets it, clears it or adds a fraction turns it into one number, which
//! every later call changes by itself: its value is what the calls give one after the other.

use crossbeam_utils::CachePadded;

use super::counter::Collision;
use super::shard::{ShardSlice, Shards, Thread};
use super::sync::{AtomicU64, OnceLock, Ordering};

/// Largest amount that is counted as a whole number: far more of them fit into a word than a process can count.
const LARGEST: f64 = 4_294_967_296.0;

/// How often the words are read until two readings in a row agree.
const READINGS: usize = 1_000;

/// The additions and the subtractions of one thread, stored separately. A reader sums the subtractions first and the
/// additions last, so it never sees a subtraction without the addition before it. So a gauge of work in flight is never
/// below zero. The words wrap, and so does their difference, which is exact as long as it fits into 63 bits itself.
#[derive(Default)]
struct Shift {
    up: AtomicU64,
    down: AtomicU64,
}

/// The one number that a gauge has become.
struct Single {
    /// The difference of the words when the gauge became one number. A call that had begun before may still have changed
    /// the words afterwards: that is added to the number.
    words: u64,
    value: AtomicU64,
}

/// The cell of a gauge.
///
/// Each call counts exactly once. A call that sets the gauge and one that adds to it at the same time take effect in either
/// order; calls that do not overlap take effect in their own order.
pub(in crate::recorder) struct GaugeCell {
    owner: AtomicU64,
    own: Shift,
    shared: Shift,
    shards: Shards<Box<CachePadded<Shift>>>,
    single: OnceLock<Single>,
    only_grows: bool,
}

impl GaugeCell {
    /// Creates a cell at zero. A cell that only grows holds a counter with fractional values; its series refuses to
    /// lower it.
    pub(in crate::recorder) fn new(only_grows: bool) -> Self {
        Self {
            owner: AtomicU64::new(0),
            own: Shift::default(),
            shared: Shift::default(),
            shards: Shards::new(),
            single: OnceLock::new(),
            only_grows,
        }
    }

    /// Creates a cell that has shards already, as after a collision of two threads.
    #[cfg(all(test, mme_loom))]
    pub(super) fn met() -> Self {
        let cell = Self::new(false);
        cell.shards.start_anyway();
        cell
    }

    pub(in crate::recorder) fn only_grows(&self) -> bool {
        self.only_grows
    }

    /// Replaces the value.
    pub(in crate::recorder) fn set(&self, value: f64) {
        let single = self.become_single(|_| value);
        // An exchange, so that a change after the words were read is not overwritten by a value from before it. Acquire: the words
        // are those of the value or newer. Release: a reader that sees this value also sees the additions before it, as with a
        // subtraction. It never fails, because there always is a value.
        let replace = |_| Some((value - self.late(single)).to_bits());
        let _ = single.value.fetch_update(Ordering::Release, Ordering::Acquire, replace);
    }

    /// Clears the value. It is NaN until it is set again, and additions are refused until then.
    pub(in crate::recorder) fn clear(&self) {
        self.set(f64::NAN);
    }

    /// Adds `amount` and returns true, unless the value was cleared or the sum is not finite.
    #[inline]
    pub(in crate::recorder) fn add(&self, amount: f64) -> bool {
        if self.single.get().is_some() {
            return self.add_single(amount);
        }
        // Saturating: an amount that does not fit differs from what it becomes.
        #[allow(clippy::cast_possible_truncation)]
        let whole = amount as i64;
        // The first comparison is exact: both are whole numbers, or the amount is none.
        #[allow(clippy::float_cmp)]
        if whole as f64 != amount || amount.abs() > LARGEST {
            return self.add_single(amount);
        }
        let thread = Thread::current();
        if let Some(shards) = self.shards.get() {
            Self::add_to(shards, thread, whole);
        } else if thread.owns(&self.owner) {
            self.own.add_alone(whole);
        } else {
            self.add_shared(thread, whole);
        }
        true
    }

    /// Adds to the words that all threads share. If another thread writes them at the same moment, the shards are made.
    #[inline(never)]
    fn add_shared(&self, thread: Thread, whole: i64) {
        if self.shared.try_add(whole).is_ok() {
            return;
        }
        match self.shards.start(size_of::<CachePadded<Shift>>()) {
            Some(shards) => Self::add_to(shards, thread, whole),
            None => self.shared.add_shared(whole),
        }
    }

    #[inline]
    fn add_to(shards: ShardSlice<'_, Box<CachePadded<Shift>>>, thread: Thread, whole: i64) {
        let (shard, alone) = shards.of(thread, Box::default);
        if alone { shard.add_alone(whole) } else { shard.add_shared(whole) }
    }

    /// Adds to the one number.
    #[inline(never)]
    fn add_single(&self, amount: f64) -> bool {
        if !amount.is_finite() {
            return false;
        }
        let single = self.become_single(|words| words);
        let sum = |before| Some(f64::from_bits(before) + amount).filter(|after| after.is_finite()).map(f64::to_bits);
        // Release: a reader that sees this change also sees those before it. Relaxed for the load: the exchange detects an
        // outdated value.
        single.value.fetch_update(Ordering::Release, Ordering::Relaxed, sum).is_ok()
    }

    /// Returns the one number of the gauge. If the gauge was none yet, it becomes the one that `first` makes of its value.
    fn become_single(&self, first: impl FnOnce(f64) -> f64) -> &Single {
        self.single.get_or_init(|| {
            let words = self.settled_words();
            Single { words, value: AtomicU64::new(first(signed(words)).to_bits()) }
        })
    }

    /// Returns what was added to the words after the gauge had become one number.
    fn late(&self, single: &Single) -> f64 {
        signed(self.words().wrapping_sub(single.words))
    }

    /// Returns the value, or NaN if it was cleared.
    pub(in crate::recorder) fn read(&self) -> f64 {
        let Some(single) = self.single.get() else { return signed(self.words()) };
        // Acquire: pairs with the release in `set`.
        let value = f64::from_bits(single.value.load(Ordering::Acquire)) + self.late(single);
        // Adding 0.0 makes -0.0 zero.
        (value + 0.0).clamp(f64::MIN, f64::MAX)
    }

    /// Returns what the words add up to, as a number that wraps.
    fn words(&self) -> u64 {
        let [down, up] = self.sums();
        up.wrapping_sub(down)
    }

    /// Returns what the words added up to at one moment: a change that is not in it did not happen before one that is.
    ///
    /// The words only grow, so two readings with the same sums have the same words, which they had all at once in between. Under
    /// a flood of changes the last of many readings has to do.
    fn settled_words(&self) -> u64 {
        let mut sums = self.sums();
        for _ in 0..READINGS {
            let again = self.sums();
            if again == sums {
                break;
            }
            sums = again;
        }
        let [down, up] = sums;
        up.wrapping_sub(down)
    }

    /// Returns the sum of the subtractions, read first, and that of the additions.
    fn sums(&self) -> [u64; 2] {
        let down = self.sum(|shift| &shift.down);
        [down, self.sum(|shift| &shift.up)]
    }

    fn sum(&self, word: fn(&Shift) -> &AtomicU64) -> u64 {
        // Acquire: a reader that sees a subtraction also sees the addition before it, in whichever words that is.
        let value = |shift: &Shift| word(shift).load(Ordering::Acquire);
        let sum = value(&self.own).wrapping_add(value(&self.shared));
        self.shards.iter().fold(sum, |sum, shard| sum.wrapping_add(value(shard)))
    }
}

/// Reads a difference that wraps as a number with a sign.
fn signed(words: u64) -> f64 {
    words.cast_signed() as f64
}

impl Shift {
    #[inline]
    fn word(&self, whole: i64) -> &AtomicU64 {
        if whole < 0 { &self.down } else { &self.up }
    }

    /// Adds to words that no other thread writes, without a locked instruction.
    #[inline]
    fn add_alone(&self, whole: i64) {
        let word = self.word(whole);
        // Relaxed: this thread wrote the word last, or an ended thread that had the same number did.
        let after = word.load(Ordering::Relaxed).wrapping_add(whole.unsigned_abs());
        // Release: a reader that sees this subtraction also sees the additions that happened before it, in this thread
        // or in one that it waited for.
        word.store(after, Ordering::Release);
    }

    /// Adds to words that several threads may write.
    #[inline]
    fn add_shared(&self, whole: i64) {
        let sum = |before: u64| Some(before.wrapping_add(whole.unsigned_abs()));
        // Release: as above. Relaxed for the load: the exchange detects an outdated value. It never fails, because there
        // always is a sum.
        let _ = self.word(whole).fetch_update(Ordering::Release, Ordering::Relaxed, sum);
    }

    /// Tries once to add to words that several threads may write.
    #[inline]
    fn try_add(&self, whole: i64) -> Result<(), Collision> {
        let word = self.word(whole);
        // Relaxed: the exchange detects an outdated value.
        let before = word.load(Ordering::Relaxed);
        let after = before.wrapping_add(whole.unsigned_abs());
        // Release: as above.
        let added = word.compare_exchange(before, after, Ordering::Release, Ordering::Relaxed);
        added.map(drop).map_err(|_| Collision)
    }
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
        cell.shards.start_anyway();
        cell.add(1.0);
        assert!(cell.read().is_nan());
        cell.set(2.0);
        assert_eq!(cell.read().to_bits(), 2.0_f64.to_bits());
    }

    #[test]
    fn setting_replaces_what_the_shards_hold() {
        let cell = GaugeCell::new(false);
        cell.shards.start_anyway();
        cell.add(5.0);
        cell.set(1.0);
        cell.add(1.0);
        assert_eq!(cell.read().to_bits(), 2.0_f64.to_bits());
    }

    #[test]
    fn what_has_passed_through_costs_no_precision() {
        let cell = GaugeCell::new(false);
        for _ in 0..3 {
            assert!(cell.add(4e9) && cell.add(1.0) && cell.add(-4e9));
        }
        assert_eq!(cell.read().to_bits(), 3.0_f64.to_bits());
        // Three requests are in flight when it is set: it is what it was set to, and ends come off it.
        cell.set(0.1);
        assert_eq!(cell.read().to_bits(), 0.1_f64.to_bits());
        assert!(cell.add(1e300) && cell.add(-1e300));
        cell.set(0.5);
        assert!(cell.add(-1.0));
        assert_eq!(cell.read().to_bits(), (-0.5_f64).to_bits());
    }

    #[test]
    fn a_set_between_changes_of_other_threads_loses_none_of_the_later_ones() {
        for round in 0..200 {
            let cell = GaugeCell::new(false);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..round).for_each(|_| assert!(cell.add(1.0) && cell.add(-1.0))));
                }
                scope.spawn(|| cell.set(0.25));
            });
            assert_eq!((cell.read() - 0.25).fract().abs().to_bits(), 0.0_f64.to_bits());
            cell.set(7.25);
            assert!(cell.add(0.5));
            assert_eq!(cell.read().to_bits(), 7.75_f64.to_bits());
        }
    }
}
