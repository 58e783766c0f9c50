//! Observations in fixed buckets, with their sum.

use std::sync::Arc;

use super::counter::{add_shared, owns};
use super::shard::{Spread, Thread};
use super::sync::{AtomicU64, Ordering};

/// One cache line of words, so that two threads' shards never share one.
#[repr(align(64))]
struct Line([AtomicU64; LINE]);

const LINE: usize = 8;

/// The words of one shard: the buckets, `+Inf` included and not cumulated, then the sum.
struct Words(Box<[Line]>);

impl Words {
    fn new(count: usize) -> Self {
        Self((0..count.div_ceil(LINE)).map(|_| Line(std::array::from_fn(|_| AtomicU64::new(0)))).collect())
    }

    #[inline]
    fn word(&self, index: usize) -> &AtomicU64 {
        &self.0[index / LINE].0[index % LINE]
    }
}

pub(in crate::recorder) struct HistogramCell {
    owner: AtomicU64,
    bounds: Arc<[f64]>,
    own: Box<[AtomicU64]>,
    shards: Spread<Words>,
}

/// What a histogram held at one moment: `count` is the sum of `buckets`, whatever was being written.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Reading {
    pub(in crate::recorder) buckets: Vec<u64>,
    pub(in crate::recorder) count: u64,
    pub(in crate::recorder) sum: f64,
}

impl HistogramCell {
    pub(in crate::recorder) fn new(bounds: Arc<[f64]>) -> Self {
        let own = (0..bounds.len() + 2).map(|_| AtomicU64::new(0)).collect();
        Self { owner: AtomicU64::new(0), bounds, own, shards: Spread::new() }
    }

    /// Records `count` observations of `value`, which is finite and not negative.
    #[inline]
    pub(in crate::recorder) fn record(&self, value: f64, count: u64) {
        // Compared with every bound: without a branch to mispredict, that beats a search for lists this short.
        let bucket: usize = self.bounds.iter().map(|bound| usize::from(value > *bound)).sum();
        let sum = self.bounds.len() + 1;
        let total = if count == 1 { value } else { value * count as f64 };
        let thread = Thread::current();
        if let Some(shards) = self.shards.get() {
            let words = shards.of(thread, || Words::new(sum + 1));
            return record_shared(words.word(bucket), words.word(sum), total, count);
        }
        if owns(&self.owner, thread) {
            // Relaxed: no other thread writes these words; a reader derives the count from the buckets alone.
            let before = self.own[bucket].load(Ordering::Relaxed);
            self.own[bucket].store(before.saturating_add(count), Ordering::Relaxed);
            let before = f64::from_bits(self.own[sum].load(Ordering::Relaxed));
            self.own[sum].store(add_finite(before, total).to_bits(), Ordering::Relaxed);
        } else {
            let words = self.shards.start().of(thread, || Words::new(sum + 1));
            record_shared(words.word(bucket), words.word(sum), total, count);
        }
    }

    /// Reads into `reading`, which keeps its allocation from one series to the next.
    pub(in crate::recorder) fn read(&self, reading: &mut Reading) {
        let sum = self.bounds.len() + 1;
        reading.buckets.clear();
        // Relaxed: every word only grows, and nothing is concluded from one word about another.
        reading.buckets.extend(self.own[..sum].iter().map(|word| word.load(Ordering::Relaxed)));
        reading.sum = f64::from_bits(self.own[sum].load(Ordering::Relaxed));
        for shard in self.shards.iter() {
            for (index, bucket) in reading.buckets.iter_mut().enumerate() {
                *bucket = bucket.saturating_add(shard.word(index).load(Ordering::Relaxed));
            }
            reading.sum = add_finite(reading.sum, f64::from_bits(shard.word(sum).load(Ordering::Relaxed)));
        }
        reading.count = reading.buckets.iter().fold(0, |count: u64, bucket| count.saturating_add(*bucket));
    }
}

/// Adds, and stops at the largest number instead of leaving the finite ones.
#[inline]
fn add_finite(left: f64, right: f64) -> f64 {
    (left + right).min(f64::MAX)
}

#[inline]
fn record_shared(bucket: &AtomicU64, sum: &AtomicU64, total: f64, count: u64) {
    add_shared(bucket, count);
    // Relaxed: the sum orders nothing.
    let _ = sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| {
        Some(add_finite(f64::from_bits(before), total).to_bits())
    });
}

#[cfg(all(test, not(mme_loom)))]
mod tests {
    use super::*;

    fn read(cell: &HistogramCell) -> Reading {
        let mut reading = Reading::default();
        cell.read(&mut reading);
        reading
    }

    #[test]
    fn a_bound_belongs_to_its_own_bucket() {
        let cell = HistogramCell::new([1.0, 2.0].into());
        for value in [0.0, 1.0, 1.5, 2.0, 2.5] {
            cell.record(value, 1);
        }
        let reading = read(&cell);
        assert_eq!((reading.buckets, reading.count, reading.sum.to_bits()), (vec![2, 2, 1], 5, 7.0_f64.to_bits()));
    }

    #[test]
    fn the_sum_stays_finite() {
        let cell = HistogramCell::new([1.0].into());
        cell.record(1e308, 1);
        cell.record(1e308, 5);
        std::thread::scope(|scope| {
            scope.spawn(|| cell.record(f64::MAX, usize::MAX as u64));
        });
        assert_eq!(read(&cell).sum.to_bits(), f64::MAX.to_bits());
        assert_eq!(read(&cell).count, u64::MAX);
    }

    #[test]
    fn the_count_is_the_sum_of_the_buckets_while_threads_write() {
        let cell = HistogramCell::new(crate::buckets::REQUEST.into());
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..20_000).for_each(|turn| cell.record(f64::from(turn % 11), 1))))
                .collect();
            let mut last = 0;
            while writers.iter().any(|writer| !writer.is_finished()) {
                let reading = read(&cell);
                assert!(reading.count >= last);
                last = reading.count;
            }
        });
        assert_eq!(read(&cell).count, 80_000);
    }
}
