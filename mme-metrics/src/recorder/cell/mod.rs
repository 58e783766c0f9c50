//! A cell stores the value of one series. It belongs to the first thread that writes it, and gets a shard for each
//! thread once others write too.
//!
//! | state | writes | memory |
//! |---|---|---|
//! | one thread | the owner writes the cell itself, without a locked instruction | a few words |
//! | several threads | every thread writes its own shard, without locked instructions | a cache line or more for each thread |
//! | more threads than shards | the last threads share shards, with locked instructions | no more than before |
//!
//! A histogram with native buckets keeps slots that a native and a classic bucket share, so one addition counts in both.
//!
//! A reader adds up the cell and the shards. A writer never blocks. No word is ever reset, so counters and buckets
//! never fall from one reading to the next.

mod bounds;
mod counter;
mod gauge;
mod histogram;
mod layout;
#[cfg(all(test, mme_loom))]
mod model;
mod native;
mod native_reading;
#[cfg_attr(mme_loom, allow(dead_code, reason = "a model numbers its threads itself"))]
mod shard;
mod sum;
mod sync;
mod table;

pub(super) use self::bounds::Bounds;
pub(super) use self::counter::CounterCell;
pub(super) use self::gauge::GaugeCell;
pub(super) use self::histogram::{HistogramCell, Reading};
pub(super) use self::layout::{NativeLayout, ZERO_THRESHOLD};
pub(super) use self::native_reading::NativeReading;
