//! The buckets that the page shows for a metric: its classic ones, or coarse ones for a metric that has native ones only.

use crate::metric::Unit;

/// Returns the upper bounds for a metric: its own or, if it has none, powers of two.
pub(super) fn bounds(own: Vec<f64>, unit: Unit) -> Box<[f64]> {
    if !own.is_empty() {
        return own.into();
    }
    match unit {
        // A quarter of a millisecond to 64 s, in steps of 1.41.
        Unit::Seconds => (-24..=12).map(|half| (f64::from(half) / 2.0).exp2()).collect(),
        _ => (0..=32).map(|power| f64::from(power).exp2()).collect(),
    }
}

/// Puts the buckets of a series into those that are shown.
pub(super) fn fill(buckets: &mut [u64], bounds: &[f64], classic: &[u64], native: &[(f64, u64)]) {
    if classic.len() == buckets.len() {
        return buckets.copy_from_slice(classic);
    }
    buckets.fill(0);
    for (upper, count) in native {
        let at = bounds.partition_point(|bound| bound < upper);
        if let Some(bucket) = buckets.get_mut(at) {
            *bucket = bucket.saturating_add(*count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_buckets_go_where_their_end_is() {
        let bounds = bounds(Vec::new(), Unit::None);
        let mut buckets = vec![7; bounds.len() + 1];
        fill(&mut buckets, &bounds, &[9], &[(0.0, 1), (1.0, 2), (3.0, 4), (f64::INFINITY, 8)]);
        assert_eq!((buckets[0], buckets[2], buckets.last()), (3, 4, Some(&8)));
        assert_eq!(buckets.iter().sum::<u64>(), 15);
        let mut own = [0; 3];
        fill(&mut own, &[1.0, 2.0], &[4, 5, 6], &[]);
        assert_eq!(own, [4, 5, 6]);
    }
}
