//! A counter: a whole number that only grows, and saturates at `u64::MAX` instead of wrapping.

use crossbeam_utils::CachePadded;

use super::shard::{ShardSlice, Shards, Thread};
use super::sync::{AtomicU64, Ordering};

pub(in crate::recorder) struct CounterCell {
    owner: AtomicU64,
    own: AtomicU64,
    shared: AtomicU64,
    shards: Shards<Box<CachePadded<AtomicU64>>>,
}

impl CounterCell {
    pub(in crate::recorder) fn new() -> Self {
        let [owner, own, shared] = std::array::from_fn(|_| AtomicU64::new(0));
        Self { owner, own, shared, shards: Shards::new() }
    }

    /// Adds `amount`. Returns false if the counter saturated.
    #[inline]
    pub(in crate::recorder) fn add(&self, amount: u64) -> bool {
        let thread = Thread::current();
        match self.shards.get() {
            None if thread.owns(&self.owner) => add_alone(&self.own, amount),
            None => self.add_shared(thread, amount),
            Some(shards) => Self::add_to(shards, thread, amount),
        }
    }

    /// Adds to the word that all threads share. If another thread writes it at the same moment, the shards are made.
    ///
    /// Not inlined, so that the path of a counter with one thread saves no registers for it.
    #[inline(never)]
    fn add_shared(&self, thread: Thread, amount: u64) -> bool {
        if let Ok(added) = try_add(&self.shared, amount) {
            return added;
        }
        match self.shards.start(size_of::<CachePadded<AtomicU64>>()) {
            Some(shards) => Self::add_to(shards, thread, amount),
            None => add_shared(&self.shared, amount),
        }
    }

    /// Not inlined, as above.
    #[inline(never)]
    fn add_to(shards: ShardSlice<'_, Box<CachePadded<AtomicU64>>>, thread: Thread, amount: u64) -> bool {
        let (shard, alone) = shards.of(thread, Box::default);
        if alone { add_alone(shard, amount) } else { add_shared(shard, amount) }
    }

    /// Raises the counter to `total`. If the counter is higher already, it adds nothing and returns false.
    ///
    /// Concurrent calls may each add their difference, so only one place should set the total of a counter.
    pub(in crate::recorder) fn raise_to(&self, total: u64) -> bool {
        match total.checked_sub(self.read()) {
            Some(missing) => {
                self.add(missing);
                true
            }
            None => false,
        }
    }

    pub(in crate::recorder) fn read(&self) -> u64 {
        // Relaxed: every word only grows, so any mix of old and new words is a value between those before and after the
        // reading.
        let sum = self.own.load(Ordering::Relaxed).saturating_add(self.shared.load(Ordering::Relaxed));
        self.shards.iter().fold(sum, |sum, shard| sum.saturating_add(shard.load(Ordering::Relaxed)))
    }
}

/// Adds to a word that no other thread writes, without a locked instruction. Returns false if the word saturated.
#[inline]
pub(super) fn add_alone(word: &AtomicU64, amount: u64) -> bool {
    // Relaxed: no other thread writes this word, and readers need no order with anything else.
    let value = word.load(Ordering::Relaxed);
    let (sum, full) = value.overflowing_add(amount);
    word.store(if full { u64::MAX } else { sum }, Ordering::Relaxed);
    !full
}

/// Tells that another thread wrote a word between the reading of it and the exchange, so nothing was written.
#[derive(Debug)]
pub(super) struct Collision;

/// Tries once to add to a word that several threads may write. Returns false if the word saturated.
#[inline]
fn try_add(word: &AtomicU64, amount: u64) -> Result<bool, Collision> {
    // Relaxed, here and below: no other memory access depends on the sum.
    let before = word.load(Ordering::Relaxed);
    let after = before.saturating_add(amount);
    let added = word.compare_exchange(before, after, Ordering::Relaxed, Ordering::Relaxed);
    added.map(|_| before.checked_add(amount).is_some()).map_err(|_| Collision)
}

/// Adds to a word that several threads may write. Returns false if the word saturated.
#[inline]
pub(super) fn add_shared(word: &AtomicU64, amount: u64) -> bool {
    // Relaxed: no other memory access depends on the sum. `fetch_add` would wrap.
    let before = word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |value| Some(value.saturating_add(amount)));
    before.is_ok_and(|before| before.checked_add(amount).is_some())
}

#[cfg(all(test, not(mme_loom)))]
mod tests {
    use super::*;

    #[test]
    fn stops_at_the_largest_number() {
        let cell = CounterCell::new();
        assert!(cell.add(u64::MAX));
        assert!(!cell.add(2));
        assert_eq!(cell.read(), u64::MAX);
        std::thread::scope(|scope| {
            scope.spawn(|| _ = cell.add(u64::MAX));
        });
        assert_eq!(cell.read(), u64::MAX);
    }

    #[test]
    fn adds_up_over_threads() {
        let cell = CounterCell::new();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..10_000).for_each(|_| _ = cell.add(1)));
            }
        });
        assert_eq!(cell.read(), 80_000);
    }
}
