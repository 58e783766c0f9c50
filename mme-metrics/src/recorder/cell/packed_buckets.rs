//! Buckets that threads share, two to a word: few threads write them at the same moment, so they are kept small.

use super::counter::Collision;
use super::sync::{AtomicU64, Ordering};

/// Bits of a bucket.
const HALF: u32 = 32;

/// The counts of buckets, each up to `u32::MAX`.
pub(super) struct PackedBuckets(Box<[AtomicU64]>);

impl PackedBuckets {
    pub(super) fn new(buckets: usize) -> Self {
        Self((0..buckets.div_ceil(2)).map(|_| AtomicU64::new(0)).collect())
    }

    /// Tries once to add `count` to a bucket, and returns whether the bucket had room for it.
    #[inline]
    pub(super) fn try_add(&self, bucket: usize, count: u64) -> Result<bool, Collision> {
        let (word, shift) = self.place(bucket);
        // Relaxed, here and below: no other memory access depends on the count.
        let before = word.load(Ordering::Relaxed);
        let room = u64::from(u32::MAX) - half(before, shift);
        if count > room {
            return Ok(false);
        }
        let added = word.compare_exchange(before, before + (count << shift), Ordering::Relaxed, Ordering::Relaxed);
        added.map(|_| true).map_err(|_| Collision)
    }

    pub(super) fn read(&self, bucket: usize) -> u64 {
        let (word, shift) = self.place(bucket);
        half(word.load(Ordering::Relaxed), shift)
    }

    #[inline]
    fn place(&self, bucket: usize) -> (&AtomicU64, u32) {
        (&self.0[bucket / 2], if bucket.is_multiple_of(2) { 0 } else { HALF })
    }
}

#[inline]
fn half(word: u64, shift: u32) -> u64 {
    (word >> shift) & u64::from(u32::MAX)
}

#[cfg(all(test, not(mme_loom)))]
mod tests {
    use super::*;

    #[test]
    fn neighbours_do_not_touch_each_other_and_a_full_bucket_says_so() {
        let packed = PackedBuckets::new(3);
        let most = u64::from(u32::MAX);
        assert!(packed.try_add(0, most).unwrap() && packed.try_add(1, 5).unwrap() && packed.try_add(2, 7).unwrap());
        assert!(!packed.try_add(0, 1).unwrap() && packed.try_add(0, 0).unwrap());
        assert!(!packed.try_add(1, most).unwrap() && !packed.try_add(1, u64::MAX).unwrap());
        assert_eq!([0, 1, 2].map(|bucket| packed.read(bucket)), [most, 5, 7]);
    }
}
