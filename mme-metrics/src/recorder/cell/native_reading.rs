//! The native buckets of a series as a scrape reads them.

use super::layout::{COARSEST, MAX_BUCKETS, coarser};

/// The native buckets of a reading.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::recorder) struct NativeReading {
    /// `None` for a series that has no native buckets.
    pub(in crate::recorder) schema: Option<i8>,
    /// The count of the zero bucket.
    pub(in crate::recorder) zero: u64,
    /// The index and the count of each bucket that is not empty, by index.
    pub(in crate::recorder) buckets: Vec<(i32, u64)>,
}

impl NativeReading {
    /// Empties the reading, for a series without native buckets.
    pub(super) fn clear(&mut self) {
        self.schema = None;
        self.zero = 0;
        self.buckets.clear();
    }

    pub(super) fn begin(&mut self, schema: i8) {
        self.clear();
        self.schema = Some(schema);
    }

    /// Adds a count of a bucket at `schema`. The reading takes the coarsest schema that it is given.
    pub(super) fn add(&mut self, schema: i8, index: Option<i32>, count: u64) {
        let Some(index) = index else {
            self.zero = self.zero.saturating_add(count);
            return;
        };
        while self.schema.is_some_and(|own| own > schema) {
            self.halve();
        }
        let steps = self.schema.map_or(0, |own| schema - own);
        self.buckets.push((coarser(index, steps), count));
    }

    /// Sorts and merges the buckets, and halves the resolution until there are few enough. The result is a function of
    /// the observations alone, whichever threads made them.
    pub(super) fn finish(&mut self) {
        self.merge();
        while self.buckets.len() > MAX_BUCKETS && self.schema.is_some_and(|schema| schema > COARSEST) {
            self.halve();
            self.merge();
        }
    }

    fn halve(&mut self) {
        self.schema = self.schema.map(|schema| schema - 1);
        self.buckets.iter_mut().for_each(|(index, _)| *index = coarser(*index, 1));
    }

    fn merge(&mut self) {
        self.buckets.sort_unstable_by_key(|(index, _)| *index);
        self.buckets.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
    }
}
