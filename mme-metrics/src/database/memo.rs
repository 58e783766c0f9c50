//! A cache of parsed statements, so that a repeated statement is parsed once. It stores hashes of the texts, not the
//! texts.

use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use hashbrown::DefaultHashBuilder;

use super::operation_meter::OperationMeter;
use super::series::Durations;
use crate::metric::AppendMap;

/// Maximum number of cached statements of one client.
const BUDGET: usize = 1_024;

/// Maximum length of a cached text, in bytes. A longer text probably contains values, so it would not occur again.
const MAX_TEXT: usize = 8_192;

/// Number of places for hashes of texts that occurred once.
const PLACES: usize = 256;

/// The cache of one client, with the statements that occurred twice within a short time.
pub(super) struct Memo {
    hasher: DefaultHashBuilder,
    kept: AppendMap<Key, ParsedStatement>,
    taken: AtomicUsize,
    /// Hashes of texts that occurred once. A text is cached only at its second occurrence, so that texts with values in
    /// them, which occur once each, do not use up the budget.
    once: Box<[AtomicU64]>,
}

/// The hash of a text. Each process has another seed. A collision labels a statement as another known one; it cannot
/// create a label.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(u64);

/// The result of parsing a statement.
pub(super) struct ParsedStatement {
    pub(super) operation: &'static str,
    pub(super) collection: &'static str,
    durations: OnceLock<Arc<Durations>>,
}

impl Default for Memo {
    fn default() -> Self {
        let once = (0..PLACES).map(|_| AtomicU64::new(0)).collect();
        Self { hasher: DefaultHashBuilder::default(), kept: AppendMap::default(), taken: AtomicUsize::new(0), once }
    }
}

impl Memo {
    /// Returns the cache key of `sql`, if the text is short enough.
    pub(super) fn key(&self, sql: &str, is_batch: bool) -> Option<Key> {
        (sql.len() <= MAX_TEXT).then(|| Key(self.hasher.hash_one((sql, is_batch))))
    }

    /// Returns the cached result, if there is one.
    pub(super) fn get(&self, key: Key) -> Option<&ParsedStatement> {
        self.kept.get(&key)
    }

    /// Caches the result of a statement if it occurred before and the budget is not spent.
    pub(super) fn offer(&self, key: Key, operation: &'static str, collection: &'static str) {
        // Each hash has two places, so that two statements that alternate do not evict each other. A part of the hash
        // is enough to spread them.
        #[allow(clippy::cast_possible_truncation)]
        let places = [key.0, key.0 >> 32].map(|bits| &self.once[bits as usize % PLACES]);
        // Relaxed, in all of these: a statement that is lost in a race is parsed once more.
        let came = places.iter().any(|place| place.load(Ordering::Relaxed) == key.0);
        places.iter().for_each(|place| place.store(key.0, Ordering::Relaxed));
        if came && self.taken.fetch_add(1, Ordering::Relaxed) < BUDGET {
            let statement = || ParsedStatement { operation, collection, durations: OnceLock::new() };
            self.kept.get_or_insert_with(&key, || (key, statement()));
        }
    }
}

impl ParsedStatement {
    /// Returns the series of the statement, which exist from the end of its first operation on.
    pub(super) fn durations(&self, meter: &OperationMeter) -> &Durations {
        let find = || Arc::clone(meter.series().find(self.operation, self.collection));
        self.durations.get_or_init(find)
    }
}

impl fmt::Debug for ParsedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, collection, .. } = self;
        f.debug_struct("ParsedStatement")
            .field("operation", operation)
            .field("collection", collection)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(memo: &Memo, sql: &str) -> bool {
        let key = memo.key(sql, false).expect("it is short");
        memo.offer(key, "SELECT", "");
        memo.get(key).is_some()
    }

    #[test]
    fn a_statement_is_kept_when_it_comes_again() {
        let memo = Memo::default();
        assert_eq!(["a", "a", "a"].map(|sql| offer(&memo, sql)), [false, true, true]);
        let as_batch = memo.key("a", true).expect("it is short");
        assert!(memo.get(as_batch).is_none());
    }

    #[test]
    fn statements_that_take_turns_are_kept() {
        let memo = Memo::default();
        let statements: Vec<_> = (0..40).map(|number| format!("SELECT {number}")).collect();
        for _ in 0..2 {
            statements.iter().for_each(|sql| _ = offer(&memo, sql));
        }
        let kept =
            statements.iter().filter(|sql| memo.key(sql, false).is_some_and(|key| memo.get(key).is_some())).count();
        // A statement whose two places were overwritten is cached at a later occurrence.
        assert!(kept >= 20, "{kept}");
    }

    #[test]
    fn texts_that_come_once_leave_the_room_to_others() {
        let memo = Memo::default();
        for number in 0..10 * BUDGET {
            assert!(!offer(&memo, &format!("SELECT {number}")));
        }
        assert!(!offer(&memo, "a"));
        assert!(offer(&memo, "a"));
    }

    #[test]
    fn no_more_are_kept_than_the_budget_allows() {
        let memo = Memo::default();
        let kept = (0..2 * BUDGET).map(|number| format!("SELECT {number}"));
        let kept = kept.filter(|sql| (0..2).fold(false, |_, _| offer(&memo, sql))).count();
        assert_eq!(kept, BUDGET);
        assert!(memo.key(&" ".repeat(MAX_TEXT + 1), false).is_none());
    }
}
