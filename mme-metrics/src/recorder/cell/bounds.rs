//! The bounds of a histogram, laid out for a search without branches.

use std::sync::Arc;

/// Bounds compared at once. The compiler turns a group of this size into a few vector instructions.
const GROUP: usize = 8;

/// Ascending upper bounds, `+Inf` implied, shared by all series of a metric.
#[derive(Clone)]
pub(in crate::recorder) struct Bounds {
    /// Padded with infinities, which no value exceeds.
    groups: Arc<[[f64; GROUP]]>,
    count: usize,
}

impl Bounds {
    pub(in crate::recorder) fn new(bounds: &[f64]) -> Self {
        let group = |bounds: &[f64]| std::array::from_fn(|index| bounds.get(index).copied().unwrap_or(f64::INFINITY));
        Self { groups: bounds.chunks(GROUP).map(group).collect(), count: bounds.len() }
    }

    /// Returns the number of buckets, including that of `+Inf`.
    pub(super) fn buckets(&self) -> usize {
        self.count + 1
    }

    /// Returns the bucket that `value` belongs to: a bound belongs to the bucket below it.
    #[inline]
    pub(super) fn bucket(&self, value: f64) -> usize {
        // Compared with every bound: without a branch to mispredict, that beats a search for lists this short.
        let below = |group: &[f64; GROUP]| group.iter().map(|bound| u64::from(value > *bound)).sum::<u64>();
        // At most as many as there are bounds.
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
