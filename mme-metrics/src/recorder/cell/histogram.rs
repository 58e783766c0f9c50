//! A histogram: counts observations in fixed buckets, and stores their sum.

use super::bounds::Bounds;
use super::counter::Collision;
use super::exemplar::Exemplar;
use super::layout::NativeLayout;
use super::native::NativeCell;
use super::native_reading::NativeReading;
use super::packed_buckets::PackedBuckets;
use super::shard::{ShardSlice, Shards, Thread};
use super::sum::{add_finite, add_to_sum, record_alone, record_shared};
use super::sync::{AtomicU64, OnceLock, Ordering};

/// A block of words that a processor fetches at once. It is aligned so that the shards of two threads never share a
/// cache line.
#[repr(align(128))]
struct Line([AtomicU64; LINE]);

const LINE: usize = 16;

/// The words of one shard, in the layout of the cell.
struct Words(Box<[Line]>);

impl Words {
    fn new(count: usize) -> Self {
        Self((0..count.div_ceil(LINE)).map(|_| Line(std::array::from_fn(|_| AtomicU64::new(0)))).collect())
    }

    /// Returns the memory that as many words take.
    fn bytes(count: usize) -> usize {
        count.div_ceil(LINE) * size_of::<Line>()
    }

    #[inline]
    fn word(&self, index: usize) -> &AtomicU64 {
        &self.0[index / LINE].0[index % LINE]
    }
}

/// The position of the sum among the words of a histogram. The buckets follow it. They are not cumulative, and `+Inf`
/// is the last.
const SUM: usize = 0;

/// The position of the first bucket.
const FIRST: usize = 1;

pub(in crate::recorder) struct HistogramCell {
    owner: AtomicU64,
    bounds: Bounds,
    own: Box<[AtomicU64]>,
    /// The buckets that all threads share, made for the second thread, and the sum of what is in them.
    shared: OnceLock<PackedBuckets>,
    shared_sum: AtomicU64,
    shards: Shards<Words>,
    /// Holds everything instead of this cell, for a metric with native buckets.
    native: Option<Box<NativeCell>>,
}

/// A reading of a histogram. `count` is always the sum of `buckets`, even if another thread writes meanwhile.
#[derive(Debug, Default)]
pub(in crate::recorder) struct HistogramReading {
    pub(in crate::recorder) buckets: Vec<u64>,
    pub(in crate::recorder) count: u64,
    pub(in crate::recorder) sum: f64,
    /// The native buckets, for a reader that wants them.
    pub(in crate::recorder) native: Option<NativeReading>,
    /// The exemplar of each classic bucket. It is empty if the series has none, or the format cannot write them.
    pub(in crate::recorder) exemplars: Vec<Option<Exemplar>>,
}

impl HistogramCell {
    pub(in crate::recorder) fn new(bounds: Bounds) -> Self {
        let own = std::iter::repeat_with(|| AtomicU64::new(0)).take(FIRST + bounds.buckets()).collect();
        Self::of(bounds, own, None)
    }

    /// Creates a cell that also has native buckets. Its classic ones may be `+Inf` alone.
    pub(in crate::recorder) fn with_native(bounds: Bounds, layout: NativeLayout) -> Self {
        let native = Some(Box::new(NativeCell::new(bounds.clone(), layout)));
        Self::of(bounds, Box::default(), native)
    }

    fn of(bounds: Bounds, own: Box<[AtomicU64]>, native: Option<Box<NativeCell>>) -> Self {
        let (owner, shared_sum) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { owner, bounds, own, shared: OnceLock::new(), shared_sum, shards: Shards::new(), native }
    }

    /// Returns the number of buckets, including the bucket `+Inf`.
    pub(in crate::recorder) fn buckets(&self) -> usize {
        self.bounds.buckets()
    }

    /// Records `count` observations of `value`, which is finite and not negative. Returns the index of its bucket.
    #[inline]
    pub(in crate::recorder) fn record(&self, value: f64, count: u64) -> usize {
        if let Some(native) = &self.native {
            return native.record(value, count);
        }
        let thread = Thread::current();
        let bucket = self.bounds.bucket(value);
        let total = if count == 1 { value } else { value * count as f64 };
        if let Some(shards) = self.shards.get() {
            self.record_to(shards, thread, bucket, total, count);
        } else if thread.owns(&self.owner) {
            record_alone(&self.own[FIRST + bucket], &self.own[SUM], total, count);
        } else {
            self.record_shared(thread, bucket, total, count);
        }
        bucket
    }

    /// Records in the buckets that all threads share. If another thread writes them at the same moment, or a bucket is
    /// full, the shards are made.
    #[inline(never)]
    fn record_shared(&self, thread: Thread, bucket: usize, total: f64, count: u64) {
        let shared = self.shared.get_or_init(|| PackedBuckets::new(self.own.len() - FIRST));
        let shards = loop {
            match shared.try_add(bucket, count) {
                Ok(true) => return add_to_sum(&self.shared_sum, total),
                Ok(false) => break self.shards.start_anyway(),
                Err(Collision) => {}
            }
            // Without memory for shards, the threads go on to share the buckets.
            if let Some(shards) = self.shards.start(Words::bytes(self.own.len())) {
                break shards;
            }
        };
        self.record_to(shards, thread, bucket, total, count);
    }

    #[inline]
    fn record_to(&self, shards: ShardSlice<'_, Words>, thread: Thread, bucket: usize, total: f64, count: u64) {
        let (words, alone) = shards.of(thread, || Words::new(self.own.len()));
        let (bucket, sum) = (words.word(FIRST + bucket), words.word(SUM));
        if alone {
            record_alone(bucket, sum, total, count);
        } else {
            record_shared(bucket, sum, total, count);
        }
    }

    /// Reads the histogram into `reading`, whose allocation is reused from one series to the next.
    pub(in crate::recorder) fn read(&self, reading: &mut HistogramReading) {
        match &self.native {
            Some(native) => reading.sum = native.read(&mut reading.buckets, reading.native.as_mut()),
            None => self.read_classic(reading),
        }
        reading.count = reading.buckets.iter().fold(0, |count: u64, bucket| count.saturating_add(*bucket));
    }

    fn read_classic(&self, reading: &mut HistogramReading) {
        if let Some(native) = &mut reading.native {
            native.clear();
        }
        reading.buckets.clear();
        // Relaxed: every word only grows, and no word depends on another.
        reading.buckets.extend(self.own[FIRST..].iter().map(|word| word.load(Ordering::Relaxed)));
        reading.sum = f64::from_bits(self.own[SUM].load(Ordering::Relaxed));
        if let Some(shared) = self.shared.get() {
            for (index, bucket) in reading.buckets.iter_mut().enumerate() {
                *bucket = bucket.saturating_add(shared.read(index));
            }
            reading.sum = add_finite(reading.sum, f64::from_bits(self.shared_sum.load(Ordering::Relaxed)));
        }
        for shard in self.shards.iter() {
            for (index, bucket) in reading.buckets.iter_mut().enumerate() {
                *bucket = bucket.saturating_add(shard.word(FIRST + index).load(Ordering::Relaxed));
            }
            reading.sum = add_finite(reading.sum, f64::from_bits(shard.word(SUM).load(Ordering::Relaxed)));
        }
    }
}

#[cfg(all(test, not(mme_loom)))]
mod tests {
    use super::*;

    fn read(cell: &HistogramCell) -> HistogramReading {
        let mut reading = HistogramReading::default();
        cell.read(&mut reading);
        reading
    }

    #[test]
    fn a_bound_belongs_to_its_own_bucket() {
        let cell = HistogramCell::new(Bounds::new(&[1.0, 2.0]));
        for value in [0.0, 1.0, 1.5, 2.0, 2.5] {
            cell.record(value, 1);
        }
        let reading = read(&cell);
        assert_eq!((reading.buckets, reading.count, reading.sum.to_bits()), (vec![2, 2, 1], 5, 7.0_f64.to_bits()));
    }

    #[test]
    fn the_sum_stays_finite() {
        let cell = HistogramCell::new(Bounds::new(&[1.0]));
        cell.record(1e308, 1);
        cell.record(1e308, 5);
        std::thread::scope(|scope| {
            scope.spawn(|| _ = cell.record(f64::MAX, usize::MAX as u64));
        });
        assert_eq!(read(&cell).sum.to_bits(), f64::MAX.to_bits());
        assert_eq!(read(&cell).count, u64::MAX);
    }

    #[test]
    fn the_count_is_the_sum_of_the_buckets_while_threads_write() {
        let cell = HistogramCell::new(Bounds::new(crate::buckets::REQUEST));
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..20_000).for_each(|turn| _ = cell.record(f64::from(turn % 11), 1))))
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
