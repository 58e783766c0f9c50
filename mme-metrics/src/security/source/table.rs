//! A table of bounded size: when it is full, what is new takes the place of what matters least.

use hashbrown::HashTable;

use super::window::Tick;

/// Entries that are looked at to find one that matters little. Which come next goes round, so no hash decides who competes with
/// whom, and among equals the oldest goes.
const CANDIDATES: usize = 16;

/// What a table holds.
pub(super) trait Entry {
    /// What an entry is found by.
    type Key: Copy;

    /// Says whether this is the entry of `key`.
    fn is(&self, key: Self::Key) -> bool;

    /// Says how much the entry matters, and when it last did; the least goes first.
    fn weight(&mut self, now: Tick) -> (u32, Tick);
}

/// Entries by their hash. It grows with what is in it, up to its capacity.
#[derive(Debug)]
pub(super) struct Table<E> {
    /// Where in `entries` each stands.
    index: HashTable<u16>,
    entries: Vec<E>,
    capacity: usize,
    hand: usize,
}

impl<E: Entry> Table<E> {
    /// Makes an empty table; the capacity is a multiple of [`CANDIDATES`] and at most 65 536.
    pub(super) const fn new(capacity: usize) -> Self {
        assert!(capacity > 0 && capacity.is_multiple_of(CANDIDATES) && capacity <= 1 << 16);
        Self { index: HashTable::new(), entries: Vec::new(), capacity, hand: 0 }
    }

    pub(super) fn find(&mut self, hash: u64, key: E::Key) -> Option<&mut E> {
        let at = *self.index.find(hash, |at| self.entries[usize::from(*at)].is(key))?;
        self.entries.get_mut(usize::from(at))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut E> {
        self.entries.iter_mut()
    }

    /// Adds an entry that is not there yet. `make` is shown the one whose place it takes, if there is no room for both.
    pub(super) fn insert(
        &mut self,
        hash: u64,
        now: Tick,
        hash_of: impl Fn(&E) -> u64,
        make: impl FnOnce(Option<&mut E>) -> E,
    ) -> &mut E {
        let at = if self.entries.len() < self.capacity {
            self.entries.push(make(None));
            self.entries.len() - 1
        } else {
            let at = self.least(now);
            if let Ok(found) = self.index.find_entry(hash_of(&self.entries[at]), |place| usize::from(*place) == at) {
                found.remove();
            }
            self.entries[at] = make(Some(&mut self.entries[at]));
            at
        };
        // A position is below the capacity, which is at most 65 536.
        let place = u16::try_from(at).unwrap_or(u16::MAX);
        self.index.insert_unique(hash, place, |place| hash_of(&self.entries[usize::from(*place)]));
        &mut self.entries[at]
    }

    /// Finds an entry that matters little, among the next few.
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

    /// A number that matters as much as it is large.
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
        // A hash that many share.
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
        // Ones that matter little take each other's place in the end, and never that of 5.
        for key in 100..400 {
            let replaced = insert(&mut table, key, 1);
            assert!(replaced.is_some_and(|old| old != 5), "{replaced:?}");
            assert!(table.find(5 % 7, 5).is_some() && table.find(key % 7, key).is_some());
        }
        let mut left: Vec<_> = table.iter_mut().map(|number| number.0).collect();
        assert_eq!((left.len(), table.index.len()), (32, 32));
        left.sort_unstable();
        left.dedup();
        assert_eq!(left.len(), 32);
        assert!(left.iter().all(|key| table.find(key % 7, *key).is_some()));
        // Of each sixteen one was spent on what came later.
        assert_eq!(left.iter().filter(|key| **key < 32).count(), 30);
    }
}
