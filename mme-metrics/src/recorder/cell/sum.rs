//! The sum of a histogram, and the addition of an observation to it and to a bucket.

use super::counter::{add_alone, add_shared};
use super::sync::{AtomicU64, Ordering};

/// Adds two numbers, and saturates at the largest finite number.
#[inline]
pub(super) fn add_finite(left: f64, right: f64) -> f64 {
    let sum = left + right;
    // Not `min`, because that also checks for NaN, and neither side can be NaN.
    if sum < f64::MAX { sum } else { f64::MAX }
}

#[inline]
pub(super) fn record_alone(bucket: &AtomicU64, sum: &AtomicU64, total: f64, count: u64) {
    add_alone(bucket, count);
    // Relaxed: no other thread writes this word, and a reader derives the count from the buckets alone.
    let before = f64::from_bits(sum.load(Ordering::Relaxed));
    sum.store(add_finite(before, total).to_bits(), Ordering::Relaxed);
}

/// Returns whether another thread wrote the sum at the same moment.
#[inline]
pub(super) fn record_shared(bucket: &AtomicU64, sum: &AtomicU64, total: f64, count: u64) -> bool {
    add_shared(bucket, count);
    // Relaxed: no other memory access depends on the sum.
    let before = sum.load(Ordering::Relaxed);
    let after = add_finite(f64::from_bits(before), total).to_bits();
    let collided = sum.compare_exchange(before, after, Ordering::Relaxed, Ordering::Relaxed).is_err();
    if collided {
        add_to_sum(sum, total);
    }
    collided
}

#[inline]
pub(super) fn add_to_sum(sum: &AtomicU64, total: f64) {
    // Relaxed: no other memory access depends on the sum.
    let _ = sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| {
        Some(add_finite(f64::from_bits(before), total).to_bits())
    });
}
