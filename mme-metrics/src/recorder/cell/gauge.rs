//! A number that goes up and down.

use crossbeam_utils::CachePadded;

use super::shard::{Shards, Spread, Thread};
use super::sync::{AtomicU64, Ordering};

/// What one thread has added and taken away, apart: a reader that adds up the takings first and the additions last never
/// sees a taking without its addition, so a gauge of things in flight never reads below zero.
#[derive(Default)]
struct Shift {
    up: AtomicU64,
    down: AtomicU64,
}

/// Starts with one word for all threads. When two of them meet on it, additions move to a shard for each. From then on it is
/// exact as long as a thread's additions come to less than 2^53 units between two settings, which is 285 years of a million
/// requests a second.
pub(in crate::recorder) struct GaugeCell {
    value: AtomicU64,
    shards: Spread<Box<CachePadded<Shift>>>,
    only_grows: bool,
}

impl GaugeCell {
    /// Makes a cell at zero. One that only grows is a counter with a fraction; its series refuses what would lower it.
    pub(in crate::recorder) fn new(only_grows: bool) -> Self {
        Self { value: AtomicU64::new(0), shards: Spread::new(), only_grows }
    }

    /// Makes a cell that two threads have met on already.
    #[cfg(all(test, mme_loom))]
    pub(super) fn met() -> Self {
        let cell = Self::new(false);
        cell.shards.start();
        cell
    }

    pub(in crate::recorder) fn only_grows(&self) -> bool {
        self.only_grows
    }

    /// Replaces the value. Of additions that run at the same moment, some may be replaced too; a gauge is meant to be either
    /// set or shifted.
    pub(in crate::recorder) fn set(&self, value: f64) {
        for shard in self.shards.iter() {
            // Relaxed: a setter orders nothing with the additions it overtakes.
            shard.up.store(0, Ordering::Relaxed);
            shard.down.store(0, Ordering::Relaxed);
        }
        self.value.store(value.to_bits(), Ordering::Release);
    }

    /// Takes the value away: from now on it reads as NaN, until it is set again. Additions meanwhile are refused.
    pub(in crate::recorder) fn clear(&self) {
        self.set(f64::NAN);
    }

    /// Adds `amount` and returns whether the sum is finite; if not, nothing is added.
    #[inline]
    pub(in crate::recorder) fn add(&self, amount: f64) -> bool {
        if let Some(shards) = self.shards.get() {
            return Self::add_to(shards, amount);
        }
        match shift_once(&self.value, amount) {
            Shifted::Done => true,
            Shifted::NotFinite => false,
            Shifted::Contended => Self::add_to(self.shards.start(), amount),
        }
    }

    #[inline]
    fn add_to(shards: Shards<'_, Box<CachePadded<Shift>>>, amount: f64) -> bool {
        // Also a shard that one thread alone adds to is written by setters, so it is never written without looking.
        let (shard, _) = shards.of(Thread::current(), Box::default);
        let (word, amount) = if amount < 0.0 { (&shard.down, -amount) } else { (&shard.up, amount) };
        add_float(word, amount)
    }

    /// Returns the value, or NaN if it was taken away.
    pub(in crate::recorder) fn read(&self) -> f64 {
        // Acquire: a taking that is seen makes the addition before it visible, wherever that one was written.
        let sum = |word: fn(&Shift) -> &AtomicU64| -> f64 {
            self.shards.iter().map(|shard| f64::from_bits(word(shard).load(Ordering::Acquire))).sum()
        };
        let down = sum(|shift| &shift.down);
        let value = f64::from_bits(self.value.load(Ordering::Acquire));
        let up = sum(|shift| &shift.up);
        // The sum of no terms is -0.0 for floats; adding 0.0 makes it the zero people expect.
        (value + up - down + 0.0).clamp(f64::MIN, f64::MAX)
    }
}

enum Shifted {
    Done,
    NotFinite,
    Contended,
}

/// Tries once to add to a word that holds a float.
#[inline]
fn shift_once(word: &AtomicU64, amount: f64) -> Shifted {
    // Relaxed: the exchange below finds out whether it was current.
    let before = word.load(Ordering::Relaxed);
    let after = f64::from_bits(before) + amount;
    if !after.is_finite() {
        return Shifted::NotFinite;
    }
    // Release: a reader that sees this taking also sees the addition that this thread made, or waited for, before it.
    match word.compare_exchange(before, after.to_bits(), Ordering::Release, Ordering::Relaxed) {
        Ok(_) => Shifted::Done,
        Err(_) => Shifted::Contended,
    }
}

/// Adds to a word that holds a float, until it succeeds; refuses a sum that is not finite.
#[inline]
pub(super) fn add_float(word: &AtomicU64, amount: f64) -> bool {
    loop {
        match shift_once(word, amount) {
            Shifted::Done => return true,
            Shifted::NotFinite => return false,
            Shifted::Contended => std::hint::spin_loop(),
        }
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
