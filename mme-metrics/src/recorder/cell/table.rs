//! The counts of native buckets that one shard has: a table of slots, found by the bucket.
//!
//! A slot counts the observations that share both a native and a classic bucket. So an observation is one addition, and
//! both kinds of buckets have the same count whenever they are read.
//!
//! A table that is full is followed by another one: first by a larger one, then by one of half the resolution. Counts
//! stay where they are, so nothing is moved while threads write, and a reader adds up all tables of a chain.

use super::layout::{COARSEST, MAX_BUCKETS, NativeLayout, coarser};
use super::sync::{AtomicU64, OnceLock, Ordering};

/// Slots of the first table of a chain, enough for most series.
const FIRST: usize = if cfg!(mme_loom) { 2 } else { 64 };

/// Slots of all other tables: more than a full table uses, so that most slots are found at once.
const SECOND: usize = if cfg!(mme_loom) { 4 } else { 256 };

/// Bits of a key that hold the classic bucket. There are at most 65.
const CLASSIC_BITS: u32 = 7;

/// Added to the index of a native bucket, so that it is positive at every schema.
const BIAS: i32 = 1 << 19;

/// The index that stands for the zero bucket; all others are greater.
const ZERO: i32 = 1 - BIAS;

/// Where an observation is counted.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The native bucket at the schema of the layout, or `None` for the zero bucket.
    pub(super) native: Option<i32>,
    pub(super) classic: usize,
}

/// The count of a slot, as it was read.
pub(super) struct SlotReading {
    pub(super) schema: i8,
    /// The native bucket at that schema, or `None` for the zero bucket.
    pub(super) native: Option<i32>,
    pub(super) classic: usize,
    pub(super) count: u64,
}

#[derive(Default)]
struct Slot {
    /// The native and the classic bucket, written once. Zero while the slot is free.
    key: AtomicU64,
    count: AtomicU64,
}

/// A table, and those that follow it.
pub(super) struct Table {
    schema: i8,
    slots: Box<[Slot]>,
    /// How many slots may be used.
    limit: u64,
    used: AtomicU64,
    next: OnceLock<Box<Table>>,
}

impl Table {
    pub(super) fn first(schema: i8) -> Self {
        // Three quarters, so that a free slot is near.
        Self::new(schema, FIRST, FIRST as u64 / 4 * 3)
    }

    fn new(schema: i8, slots: usize, limit: u64) -> Self {
        let slots = std::iter::repeat_with(Slot::default).take(slots).collect();
        Self { schema, slots, limit, used: AtomicU64::new(0), next: OnceLock::new() }
    }

    /// Makes the table that follows. A table of the second size that is full has more than `MAX_BUCKETS` native buckets:
    /// each classic bound splits at most one of them in two, and the zero bucket is the only other one. So its resolution
    /// halves.
    fn successor(&self, classic_buckets: usize) -> Self {
        let schema = if self.slots.len() == FIRST { self.schema } else { COARSEST.max(self.schema - 1) };
        Self::new(schema, SECOND, (MAX_BUCKETS + classic_buckets) as u64)
    }

    /// Returns the count of `place` in the last table of the chain, which gets a successor if it is full.
    #[inline]
    pub(super) fn count(&self, layout: &NativeLayout, place: Place, classic_buckets: usize) -> &AtomicU64 {
        let mut table = self;
        loop {
            while let Some(next) = table.next.get() {
                table = next;
            }
            match table.find(layout, place) {
                Some(count) => return count,
                None => table = table.next.get_or_init(|| Box::new(table.successor(classic_buckets))),
            }
        }
    }

    /// Returns the count of `place`, or `None` if there is none and the table is full.
    #[inline]
    fn find(&self, layout: &NativeLayout, place: Place) -> Option<&AtomicU64> {
        let index = place.native.map_or(ZERO, |index| coarser(index, layout.schema() - self.schema));
        // Positive, and few of the bits are used. The classic bucket has fewer bits than it may use.
        #[allow(clippy::cast_sign_loss)]
        let index = (index + BIAS) as usize;
        let key = (index << CLASSIC_BITS | place.classic) as u64;
        let mask = self.slots.len() - 1;
        // The sum grows by one wherever a native or a classic bucket ends. So buckets that are neighbours have slots that
        // are neighbours, and none is sought in vain unless the values are far apart.
        let home = index + place.classic;
        for step in 0..self.slots.len() {
            let slot = &self.slots[(home + step) & mask];
            // Relaxed, in the whole function: a key is written once, and says nothing about other memory.
            let mut found = slot.key.load(Ordering::Relaxed);
            if found == 0 {
                if self.used.load(Ordering::Relaxed) >= self.limit {
                    return None;
                }
                found = match slot.key.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => {
                        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| Some(used + 1));
                        key
                    }
                    Err(other) => other,
                };
            }
            if found == key {
                return Some(&slot.count);
            }
        }
        None
    }

    /// Calls `see` with every count of the chain that is not zero.
    pub(super) fn read(&self, mut see: impl FnMut(SlotReading)) {
        let mut table = Some(self);
        while let Some(Self { schema, slots, next, .. }) = table {
            for slot in slots {
                // Relaxed: a key never changes, and a count that is not seen yet is seen by the next reading.
                let key = slot.key.load(Ordering::Relaxed);
                let count = if key == 0 { 0 } else { slot.count.load(Ordering::Relaxed) };
                if count > 0 {
                    // Lossless: a key was made of an index and a classic bucket.
                    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
                    let (index, classic) =
                        ((key >> CLASSIC_BITS) as i32 - BIAS, key as usize & ((1 << CLASSIC_BITS) - 1));
                    see(SlotReading { schema: *schema, native: (index != ZERO).then_some(index), classic, count });
                }
            }
            table = next.get().map(|next| &**next);
        }
    }
}
