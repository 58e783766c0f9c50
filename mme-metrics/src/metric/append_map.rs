//! Maps of kept handles by a key that is known only at run time.

use std::borrow::Borrow;
use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::DefaultHashBuilder;

/// The slots that a key can have in one segment before the next segment is searched: half a cache line of states.
const WINDOW: usize = 8;

/// A map that only grows and is read without a lock. Reading an entry costs a hash and usually one comparison.
///
/// It has no bound: its keys must come from a bounded set, or from a [`CappedMap`].
pub(crate) struct AppendMap<K, V> {
    hasher: DefaultHashBuilder,
    first: Segment<K, V>,
}

struct Segment<K, V> {
    slots: Box<[OnceLock<(K, V)>]>,
    next: OnceLock<Box<Self>>,
}

impl<K, V> Default for AppendMap<K, V> {
    fn default() -> Self {
        Self { hasher: DefaultHashBuilder::default(), first: Segment::new(WINDOW) }
    }
}

impl<K, V> fmt::Debug for AppendMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppendMap").finish_non_exhaustive()
    }
}

impl<K, V> Segment<K, V> {
    fn new(size: usize) -> Self {
        Self { slots: (0..size).map(|_| OnceLock::new()).collect(), next: OnceLock::new() }
    }

    fn window(&self, hash: u64) -> impl Iterator<Item = &OnceLock<(K, V)>> {
        // A part of the hash is enough to spread.
        #[allow(clippy::cast_possible_truncation)]
        let start = hash as usize;
        // The size is a power of two, so the mask keeps a slot inside.
        let mask = self.slots.len() - 1;
        (0..WINDOW).map(move |step| &self.slots[start.wrapping_add(step) & mask])
    }
}

impl<K, V> AppendMap<K, V> {
    /// Returns the value of `key`, if it has one.
    pub(crate) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let mut segment = &self.first;
        loop {
            for slot in segment.window(hash) {
                // Keys fill their window from its start, so no key follows an empty slot.
                let (known, value) = slot.get()?;
                if known.borrow() == key {
                    return Some(value);
                }
            }
            segment = segment.next.get()?;
        }
    }

    /// Returns the value of `key`, and makes it if there is none yet. `make` may run again for another slot.
    pub(crate) fn get_or_insert_with<Q>(&self, key: &Q, make: impl Fn() -> (K, V)) -> &V
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let mut segment = &self.first;
        loop {
            for slot in segment.window(hash) {
                let (known, value) = slot.get_or_init(&make);
                if known.borrow() == key {
                    return value;
                }
            }
            segment = segment.next.get_or_init(|| Box::new(Segment::new(segment.slots.len() * 2)));
        }
    }
}

/// A map by text with a budget: it accepts the first `budget` texts; all others share one value.
pub(crate) struct CappedMap<V> {
    table: AppendMap<Box<str>, V>,
    budget: usize,
    taken: AtomicUsize,
    overflow: V,
}

impl<V> CappedMap<V> {
    pub(crate) fn new(budget: usize, overflow: V) -> Self {
        Self { table: AppendMap::default(), budget, taken: AtomicUsize::new(0), overflow }
    }

    /// Returns the value that all texts past the budget share.
    pub(crate) fn overflow(&self) -> &V {
        &self.overflow
    }

    /// Returns the value of `text`, if it has one.
    #[cfg(feature = "grpc")]
    pub(crate) fn get(&self, text: &str) -> Option<&V> {
        self.table.get(text)
    }

    /// Returns the value of `text`, and makes it if there is none yet and the budget has room.
    pub(crate) fn get_or_insert_with(&self, text: &str, make: impl Fn(&str) -> V) -> &V {
        if let Some(value) = self.table.get(text) {
            return value;
        }
        // Relaxed: a count that orders nothing.
        let free = |taken| (taken < self.budget).then_some(taken + 1);
        if self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).is_err() {
            return &self.overflow;
        }
        let was_first = Cell::new(false);
        let value = self.table.get_or_insert_with(text, || {
            was_first.set(true);
            (text.into(), make(text))
        });
        if !was_first.get() {
            // Another thread was faster with the same text. Relaxed, as above.
            self.taken.fetch_sub(1, Ordering::Relaxed);
        }
        value
    }
}

impl<V> fmt::Debug for CappedMap<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CappedMap").field("budget", &self.budget).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn every_key_keeps_its_first_value() {
        let table = AppendMap::<u32, u32>::default();
        for key in 0..10_000 {
            assert_eq!(table.get(&key), None);
            assert_eq!(*table.get_or_insert_with(&key, || (key, key + 1)), key + 1);
        }
        for key in 0..10_000 {
            assert_eq!(*table.get_or_insert_with(&key, || (key, 0)), key + 1);
            assert_eq!(table.get(&key), Some(&(key + 1)));
        }
    }

    #[test]
    fn threads_that_race_see_one_value() {
        let table = AppendMap::<u32, thread::ThreadId>::default();
        let look = || (0..1_000).map(|key| *table.get_or_insert_with(&key, || (key, thread::current().id())));
        let seen: Vec<Vec<_>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| look().collect())).collect();
            threads.into_iter().map(|thread| thread.join().expect("nothing panics there")).collect()
        });
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn past_the_budget_all_share_one_value() {
        let table = CappedMap::new(2, "rest".to_owned());
        for text in ["a", "b", "c", "a", "d"] {
            let expected = if matches!(text, "a" | "b") { text } else { "rest" };
            assert_eq!(table.get_or_insert_with(text, str::to_owned), expected);
        }
        assert_eq!(table.overflow(), "rest");
    }
}
