//! A table of bounded size: when it is full, what is new takes the place of what matters least.

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

/// The end of a chain.
const NONE: u16 = u16::MAX;

/// Lists that a table begins with.
const FIRST_LISTS: usize = 16;

/// Entries by their hash, in chains: taking one out leaves nothing behind that would have to be cleared away some time, and
/// nothing is ever larger than what was counted on. It grows with what is in it, up to its capacity.
#[derive(Debug)]
pub(super) struct Table<E> {
    entries: Vec<E>,
    /// The entry that follows each in its chain.
    next: Vec<u16>,
    /// The first entry of each chain; a power of two of them.
    heads: Vec<u16>,
    capacity: usize,
    hand: usize,
}

impl<E: Entry> Table<E> {
    /// Makes an empty table; the capacity is a power of two from [`FIRST_LISTS`] to 32 768.
    pub(super) const fn new(capacity: usize) -> Self {
        assert!(capacity.is_power_of_two() && capacity >= FIRST_LISTS && capacity <= 1 << 15);
        Self { entries: Vec::new(), next: Vec::new(), heads: Vec::new(), capacity, hand: 0 }
    }

    pub(super) fn find(&mut self, hash: u64, key: E::Key) -> Option<&mut E> {
        let mut at = usize::from(*self.heads.get(self.chain(hash))?);
        // The end of a chain is no place of an entry.
        while !self.entries.get(at)?.is(key) {
            at = usize::from(self.next[at]);
        }
        self.entries.get_mut(at)
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
        // A part of the hash is enough to spread; without lists any number is past their end.
        #[allow(clippy::cast_possible_truncation)]
        let hash = hash as usize;
        hash & self.heads.len().wrapping_sub(1)
    }

    fn link(&mut self, at: usize, hash: u64) {
        let chain = self.chain(hash);
        // A place is below the capacity, which is at most 32 768.
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
            assert!(table.find(5, 5).is_some() && table.find(key % 7, key).is_some());
        }
        let mut left: Vec<_> = table.iter_mut().map(|number| number.0).collect();
        assert_eq!(left.len(), 32);
        left.sort_unstable();
        left.dedup();
        assert_eq!(left.len(), 32);
        assert!(left.iter().all(|key| table.find(key % 7, *key).is_some()));
        // Of each sixteen one was spent on what came later.
        assert_eq!(left.iter().filter(|key| **key < 32).count(), 30);
    }
}
