//! Storage of one series: a value that the first thread owns, and a shard for each thread once others write too.
//!
//! | state | writes | memory |
//! |---|---|---|
//! | one thread | the owner writes the cell itself, without a locked instruction | a few words |
//! | several threads | every thread writes its own shard in the same way | a cache line or more for each thread |
//! | more threads than shards | the last threads share shards, with locked instructions | no more |
//!
//! Readers add up the cell and the shards. No writer ever blocks, and no word is ever reset, so counters and buckets only grow
//! from one reading to the next.

mod bounds;
mod counter;
mod gauge;
mod histogram;
#[cfg(all(test, mme_loom))]
mod model;
#[cfg_attr(mme_loom, allow(dead_code, reason = "a model numbers its threads itself"))]
mod shard;
mod sync;

pub(super) use self::bounds::Bounds;
pub(super) use self::counter::CounterCell;
pub(super) use self::gauge::GaugeCell;
pub(super) use self::histogram::{HistogramCell, Reading};
