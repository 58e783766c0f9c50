//! The bucket bounds of a histogram, stored so that a value's bucket is found without branches.

use std::sync::Arc;

/// The number of bounds that are compared at once. The compiler turns a group of this size into a few vector
/// instructions.
const GROUP: usize = 8;

/// Ascending upper bounds without `+Inf`, shared by all series of a metric.
#[derive(Clone)]
pub(in crate::recorder) struct Bounds {
    /// The last group is padded with infinities, which no value exceeds.
    groups: Arc<[[f64; GROUP]]>,
    count: usize,
}

impl Bounds {
    pub(in crate::recorder) fn new(bounds: &[f64]) -> Self {
        let group = |bounds: &[f64]| std::array::from_fn(|index| bounds.get(index).copied().unwrap_or(f64::INFINITY));
        Self { groups: bounds.chunks(GROUP).map(group).collect(), count: bounds.len() }
    }

    /// Returns the number of buckets, including the bucket `+Inf`.
    pub(super) fn buckets(&self) -> usize {
        self.count + 1
    }

    /// Iterates over the bounds.
    pub(in crate::recorder) fn iter(&self) -> impl Iterator<Item = f64> {
        self.groups.iter().flatten().copied().take(self.count)
    }

    /// Returns the index of the bucket of `value`. A value that equals a bound belongs to the bucket below the bound.
    #[inline]
    pub(super) fn bucket(&self, value: f64) -> usize {
        // `value` is compared with every bound. No branch can be mispredicted, so this is faster than a binary search
        // in lists this short.
        let below = |group: &[f64; GROUP]| group.iter().map(|bound| u64::from(value > *bound)).sum::<u64>();
        // Lossless: the sum is at most the number of bounds.
        #[allow(clippy::cast_possible_truncation)]
        let bucket = self.groups.iter().map(below).sum::<u64>() as usize;
        bucket
    }
}

#[cfg(all(test, not(mme_loom)))]
mod tests {
    use super::*;

    #[test]
    fn finds_the_same_bucket_as_a_search_in_lists_of_every_length() {
        for length in 1..=crate::buckets::MAX_BOUNDS {
            let list: Vec<f64> = (0..length).map(|index| index as f64).collect();
            let bounds = Bounds::new(&list);
            assert_eq!(bounds.buckets(), length + 1);
            for value in (0..=2 * length).map(|half| half as f64 / 2.0) {
                assert_eq!(bounds.bucket(value), list.partition_point(|bound| value > *bound), "{value} in {length}");
            }
        }
    }
}
