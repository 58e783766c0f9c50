//! A histogram with native buckets, with or without classic ones beside them.

use super::bounds::Bounds;
use super::layout::{MAX_BUCKETS, NativeLayout};
use super::native_reading::NativeReading;
use super::shard::{Shards, Thread};
use super::sum::{add_finite, record_alone, record_shared};
use super::sync::{AtomicU64, OnceLock, Ordering};
use super::table::{Place, Table};

/// A histogram whose series has native buckets.
pub(super) struct NativeCell {
    owner: AtomicU64,
    bounds: Bounds,
    layout: NativeLayout,
    own: NativeShard,
    /// What all threads share, made for the second thread.
    shared: OnceLock<Box<NativeShard>>,
    shards: Shards<Box<NativeShard>>,
}

/// The memory that is reserved for a shard: that of a table with the most buckets.
const SHARD: usize = size_of::<NativeShard>() + 2 * MAX_BUCKETS * size_of::<AtomicU64>();

/// The sum and the counts of one thread, or of the threads that share a shard. Aligned so that two shards never share a
/// cache line.
#[repr(align(128))]
struct NativeShard {
    sum: AtomicU64,
    /// Made for the first observation: many series never get one.
    counts: OnceLock<Table>,
}

impl NativeShard {
    fn new() -> Self {
        Self { sum: AtomicU64::new(0), counts: OnceLock::new() }
    }
}

impl NativeCell {
    pub(super) fn new(bounds: Bounds, layout: NativeLayout) -> Self {
        let (owner, own) = (AtomicU64::new(0), NativeShard::new());
        Self { owner, bounds, layout, own, shared: OnceLock::new(), shards: Shards::new() }
    }

    /// Records `count` observations of `value`, which is finite and not negative. Returns the index of its classic bucket.
    #[inline]
    pub(super) fn record(&self, value: f64, count: u64) -> usize {
        let place = Place { native: self.layout.index(value), classic: self.bounds.bucket(value) };
        if count == 0 {
            return place.classic;
        }
        let total = if count == 1 { value } else { value * count as f64 };
        let thread = Thread::current();
        if let Some(shards) = self.shards.get() {
            let (shard, alone) = shards.of(thread, || Box::new(NativeShard::new()));
            self.record_to(shard, alone, place, total, count);
        } else if thread.owns(&self.owner) {
            self.record_to(&self.own, true, place, total, count);
        } else {
            let shared = self.shared.get_or_init(|| Box::new(NativeShard::new()));
            if self.record_to(shared, false, place, total, count) {
                // Without memory for shards, the threads go on to share.
                let _ = self.shards.start(SHARD);
            }
        }
        place.classic
    }

    /// Returns whether another thread recorded there at the same moment.
    #[inline]
    fn record_to(&self, shard: &NativeShard, alone: bool, place: Place, total: f64, count: u64) -> bool {
        let table = match shard.counts.get() {
            Some(table) => table,
            None => shard.counts.get_or_init(|| Table::first(self.layout.schema())),
        };
        let counted = table.count(&self.layout, place, self.bounds.buckets());
        if alone {
            record_alone(counted, &shard.sum, total, count);
            false
        } else {
            record_shared(counted, &shard.sum, total, count)
        }
    }

    /// Reads the classic buckets into `buckets`, the native ones into `native` if they are wanted, and returns the sum.
    /// Both kinds of buckets are made of the same counts, so their totals are equal.
    pub(super) fn read(&self, buckets: &mut Vec<u64>, mut native: Option<&mut NativeReading>) -> f64 {
        buckets.clear();
        buckets.resize(self.bounds.buckets(), 0);
        if let Some(native) = &mut native {
            native.begin(self.layout.schema());
        }
        let mut sum = 0.0;
        for shard in std::iter::once(&self.own)
            .chain(self.shared.get().into_iter().chain(self.shards.iter()).map(|shard| &**shard))
        {
            // Relaxed: the sum only grows, and no count depends on it.
            sum = add_finite(sum, f64::from_bits(shard.sum.load(Ordering::Relaxed)));
            let Some(table) = shard.counts.get() else { continue };
            table.read(|counted| {
                if let Some(bucket) = buckets.get_mut(counted.classic) {
                    *bucket = bucket.saturating_add(counted.count);
                }
                if let Some(native) = &mut native {
                    native.add(counted.schema, counted.native, counted.count);
                }
            });
        }
        if let Some(native) = native {
            native.finish();
        }
        sum
    }
}

#[cfg(all(test, not(mme_loom)))]
mod tests {
    use super::*;
    use crate::metric::Resolution;

    fn cell(factor: f64, bounds: &[f64]) -> NativeCell {
        NativeCell::new(Bounds::new(bounds), NativeLayout::new(Resolution::of_factor(factor)))
    }

    fn read(cell: &NativeCell) -> (Vec<u64>, NativeReading, f64) {
        let (mut buckets, mut native) = (Vec::new(), NativeReading::default());
        let sum = cell.read(&mut buckets, Some(&mut native));
        (buckets, native, sum)
    }

    /// Values over twelve decades in an order without a pattern, each as often as the others.
    fn values() -> impl Iterator<Item = f64> {
        (0..4_000_u32).map(|at| 10.0_f64.powf(f64::from(at * 1_237 % 4_000) / 4_000.0 * 12.0 - 6.0))
    }

    #[test]
    fn a_value_is_counted_in_both_kinds_of_buckets() {
        let cell = cell(2.0, &[1.0, 3.0]);
        for value in [0.0, -0.0, 5e-324, 1.0, 1.5, 2.5, 3.5, 4.0, f64::MAX] {
            cell.record(value, 1);
        }
        cell.record(1e9, 0);
        let (buckets, native, sum) = read(&cell);
        assert_eq!(buckets, [4, 2, 3]);
        assert_eq!((native.schema, native.zero), (Some(0), 3));
        assert_eq!(native.buckets, [(0, 1), (1, 1), (2, 3), (1024, 1)]);
        assert_eq!(sum.to_bits(), f64::MAX.to_bits());
    }

    #[test]
    fn the_resolution_halves_and_no_count_is_lost() {
        let cell = cell(1.1, crate::buckets::REQUEST);
        for (at, value) in values().enumerate() {
            cell.record(value, 1);
            if at % 200 == 0 {
                let (buckets, native, _) = read(&cell);
                assert!(native.buckets.len() <= MAX_BUCKETS);
                let total = native.zero + native.buckets.iter().map(|(_, count)| count).sum::<u64>();
                assert_eq!((total, buckets.iter().sum()), (at as u64 + 1, at as u64 + 1));
            }
        }
        assert_eq!(read(&cell).1.schema, Some(2), "12 decades are 40 doublings, so 160 buckets at schema 2");
    }

    #[test]
    fn a_reading_depends_on_the_observations_and_not_on_their_threads() {
        for (factor, bounds) in [(1.003, &[][..]), (1.1, crate::buckets::SIZE), (1e9, &[1.0])] {
            let (alone, shared) = (cell(factor, bounds), cell(factor, bounds));
            values().for_each(|value| _ = alone.record(value, 1));
            std::thread::scope(|scope| {
                for thread in 0..7 {
                    let shared = &shared;
                    scope.spawn(move || values().skip(thread).step_by(7).for_each(|value| _ = shared.record(value, 1)));
                }
            });
            let ((classic, native, _), (classic_shared, native_shared, _)) = (read(&alone), read(&shared));
            assert_eq!((classic, native), (classic_shared, native_shared), "{factor}");
        }
    }

    #[test]
    fn every_value_there_is_fits_into_few_buckets() {
        let cell = cell(1.003, &std::array::from_fn::<_, 64, _>(|at| at as f64));
        for exponent in -1074..1024 {
            let value = f64::from(exponent).exp2();
            cell.record(value, 1);
            cell.record(value * 1.3, 1);
        }
        let (buckets, native, _) = read(&cell);
        assert!(native.buckets.len() <= MAX_BUCKETS && native.schema >= Some(-3), "{native:?}");
        assert_eq!(buckets.iter().sum::<u64>(), 2 * 2_098);
    }
}
