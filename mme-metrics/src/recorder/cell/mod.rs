//! Storage of one series: a value that its first thread writes alone, and a shard for each thread once others come.
//!
//! | state | who writes what | cost |
//! |---|---|---|
//! | one thread | the owner writes the cell itself, without a locked instruction | a few words |
//! | several threads | every thread writes its own shard in the same way, the cell rests | a line or more for each thread |
//! | more threads than shards | those that came last share some, with locked instructions | nothing more |
//!
//! Readers add the cell and the shards up. Nothing here blocks a writer, and nothing is ever reset, so counters and buckets
//! can only grow from one reading to the next.

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
