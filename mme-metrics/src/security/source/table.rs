//! A hash table of bounded size. When it is full, a new entry evicts one that matters little.

use super::window::Tick;

/// The number of entries that are compared to find one to evict. The candidates rotate through the table, so no hash
/// decides which entries compete. Among equals, the oldest is evicted.
const CANDIDATES: usize = 16;

/// An entry of a table.
pub(super) trait Entry {
    /// The key that an entry is found by.
    type Key: Copy;

    /// Returns whether this is the entry of `key`.
    fn is(&self, key: Self::Key) -> bool;

    /// Returns how much the entry matters, and the last tick at which it did. The least is evicted first.
    fn weight(&mut self, now: Tick) -> (u32, Tick);
}

/// The end of a chain.
const NONE: u16 = u16::MAX;

/// The initial number of chains.
const FIRST_LISTS: usize = 16;

/// A hash table with chaining. It grows with its entries, up to its capacity.
///
/// Removing an entry leaves nothing behind that has to be cleaned up later. The memory never exceeds that of the
/// capacity.
#[derive(Debug)]
pub(super) struct Table<E> {
    entries: Vec<E>,
    /// For each entry, the next one in its chain.
    next: Vec<u16>,
    /// The first entry of each chain. The number of chains is a power of two.
    heads: Vec<u16>,
    capacity: usize,
    hand: usize,
}

impl<E: Entry> Table<E> {
    /// Creates an empty table. The capacity is a power of two from [`FIRST_LISTS`] to 32 768.
    pub(super) const fn new(capacity: usize) -> Self {
        assert!(capacity.is_power_of_two() && capacity >= FIRST_LISTS && capacity <= 1 << 15);
        Self { entries: Vec::new(), next: Vec::new(), heads: Vec::new(), capacity, hand: 0 }
    }

    pub(super) fn find(&mut self, hash: u64, key: E::Key) -> Option<&mut E> {
        let mut at = usize::from(*self.heads.get(self.chain(hash))?);
        // The end of a chain is not the position of an entry, so `get` returns `None` there.
        while !self.entries.get(at)?.is(key) {
            at = usize::from(self.next[at]);
        }
        self.entries.get_mut(at)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut E> {
        self.entries.iter_mut()
    }

    /// Inserts an entry that is not in the table yet. If the table is full, `make` gets the entry that is evicted.
    pub(super) fn insert(
        &mut self,
        hash: u64,
        now: Tick,
        hash_of: impl Fn(&E) -> u64,
        make: impl FnOnce(Option<&mut E>) -> E,
    ) -> &mut E {
        let at = if self.entries.len() < self.capacity {
            if self.entries.len() == self.heads.len() {
                self.grow(hash_of);
            }
            self.entries.push(make(None));
            self.next.push(NONE);
            self.entries.len() - 1
        } else {
            let at = self.least(now);
            self.unlink(at, hash_of(&self.entries[at]));
            self.entries[at] = make(Some(&mut self.entries[at]));
            at
        };
        self.link(at, hash);
        &mut self.entries[at]
    }

    fn chain(&self, hash: u64) -> usize {
        // A part of the hash is enough to distribute entries. Without chains, any number is out of bounds.
        #[allow(clippy::cast_possible_truncation)]
        let hash = hash as usize;
        hash & self.heads.len().wrapping_sub(1)
    }

    fn link(&mut self, at: usize, hash: u64) {
        let chain = self.chain(hash);
        // A position is below the capacity, which is at most 32 768.
        let place = u16::try_from(at).unwrap_or(NONE);
        self.next[at] = std::mem::replace(&mut self.heads[chain], place);
    }

    fn unlink(&mut self, at: usize, hash: u64) {
        let chain = self.chain(hash);
        let after = self.next[at];
        if usize::from(self.heads[chain]) == at {
            self.heads[chain] = after;
            return;
        }
        let mut before = usize::from(self.heads[chain]);
        while let Some(next) = self.next.get(before).map(|next| usize::from(*next)) {
            if next == at {
                self.next[before] = after;
                return;
            }
            before = next;
        }
    }

    #[cold]
    fn grow(&mut self, hash_of: impl Fn(&E) -> u64) {
        self.heads = vec![NONE; (2 * self.heads.len()).max(FIRST_LISTS)];
        for at in 0..self.entries.len() {
            self.link(at, hash_of(&self.entries[at]));
        }
    }

    /// Returns the position of the entry that matters least among the next candidates.
    fn least(&mut self, now: Tick) -> usize {
        let first = self.hand;
        self.hand = (first + CANDIDATES) % self.capacity;
        let candidates = first..first + CANDIDATES;
        candidates.min_by_key(|at| self.entries[*at].weight(now)).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry with a key and a weight.
    #[derive(Debug)]
    struct Number(u64, u32);

    impl Entry for Number {
        type Key = u64;

        fn is(&self, key: u64) -> bool {
            self.0 == key
        }

        fn weight(&mut self, _: Tick) -> (u32, Tick) {
            (self.1, 0)
        }
    }

    fn insert(table: &mut Table<Number>, key: u64, weight: u32) -> Option<u64> {
        let mut replaced = None;
        // Many keys share this hash.
        table.insert(
            key % 7,
            0,
            |number| number.0 % 7,
            |old| {
                replaced = old.map(|old| old.0);
                Number(key, weight)
            },
        );
        replaced
    }

    #[test]
    fn what_matters_stays_and_everything_in_it_is_found() {
        let mut table = Table::new(32);
        (0..32).for_each(|key| assert_eq!(insert(&mut table, key, 9 + u32::from(key == 5)), None));
        // Entries with little weight evict each other in the end, and never the entry 5.
        for key in 100..400 {
            let replaced = insert(&mut table, key, 1);
            assert!(replaced.is_some_and(|old| old != 5), "{replaced:?}");
            assert!(table.find(5, 5).is_some() && table.find(key % 7, key).is_some());
        }
        let mut left: Vec<_> = table.iter_mut().map(|number| number.0).collect();
        assert_eq!(left.len(), 32);
        left.sort_unstable();
        left.dedup();
        assert_eq!(left.len(), 32);
        assert!(left.iter().all(|key| table.find(key % 7, *key).is_some()));
        // Later entries have evicted one of each sixteen.
        assert_eq!(left.iter().filter(|key| **key < 32).count(), 30);
    }
}
