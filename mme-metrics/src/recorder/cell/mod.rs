//! A cell stores the value of one series. It belongs to the first thread that writes it. When others write too, all of
//! them write words that they share; only when two threads collide on these does every thread get a shard.
//!
//! | state | writes | memory |
//! |---|---|---|
//! | one thread | the owner writes its words, without a locked instruction | a few words |
//! | several threads, at different moments | every thread writes the shared words, with locked instructions | a few words more, however many threads there are |
//! | several threads at once | every thread writes its own shard, without locked instructions | a cache line or more for each thread |
//! | more threads than shards, or no memory left for shards | threads share shards or words, with locked instructions | no more than before |
//!
//! The sign of a collision is a failed exchange. The shards of a process take at most 64 MiB.
//!
//! A histogram with native buckets keeps slots that a native and a classic bucket share, so one addition counts in both.
//!
//! A reader adds up the cell and the shards. A writer never blocks. No word is ever reset, so counters and buckets
//! never fall from one reading to the next.

mod bounds;
mod counter;
mod exemplar;
mod gauge;
mod histogram;
mod layout;
#[cfg(all(test, mme_loom))]
mod model;
mod native;
mod native_reading;
mod packed_buckets;
#[cfg_attr(mme_loom, allow(dead_code, reason = "a model numbers its threads itself"))]
mod shard;
mod sum;
mod sync;
mod table;

pub(super) use self::bounds::Bounds;
pub(super) use self::counter::CounterCell;
pub(super) use self::exemplar::{Exemplar, Exemplars};
pub(super) use self::gauge::GaugeCell;
pub(super) use self::histogram::{HistogramCell, HistogramReading};
#[cfg(feature = "otlp")]
pub(super) use self::layout::coarser;
pub(super) use self::layout::{NativeLayout, ZERO_THRESHOLD};
pub(super) use self::native_reading::NativeReading;

/// The cell of a series, and what stands beside it.
pub(super) trait Cell {
    /// The exemplars of the series: none for a gauge, which takes no memory for them.
    type Exemplars: Default;
}

impl Cell for CounterCell {
    type Exemplars = Exemplars;
}

impl Cell for GaugeCell {
    type Exemplars = ();
}

impl Cell for HistogramCell {
    type Exemplars = Exemplars;
}
