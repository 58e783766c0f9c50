//! Memory: what the allocator holds, and what the container may use.
//!
//! The limits of a container are read on Linux with the feature `process`; there is nothing to start. An allocator is read through a
//! function of the service, because this crate depends on none:
//!
//! ```
//! use mme_metrics::memory::{self, AllocatorFigures};
//! use mme_metrics::{Format, Recorder};
//!
//! # mod tikv_jemalloc_ctl {
//! #     pub mod epoch { pub fn advance() -> Result<u64, ()> { Ok(1) } }
//! #     pub mod stats {
//! #         pub mod allocated { pub fn read() -> Result<usize, ()> { Ok(4096) } }
//! #         pub mod resident { pub fn read() -> Result<usize, ()> { Ok(8192) } }
//! #     }
//! # }
//! /// With the crate `tikv-jemalloc-ctl` and its feature `stats`.
//! fn jemalloc() -> Option<AllocatorFigures> {
//!     use tikv_jemalloc_ctl::{epoch, stats};
//!
//!     // The statistics are those of the last epoch.
//!     epoch::advance().ok()?;
//!     let figures = AllocatorFigures::new()
//!         .allocated(stats::allocated::read().ok()? as u64)
//!         .resident(stats::resident::read().ok()? as u64);
//!     Some(figures)
//! }
//!
//! let recorder = Recorder::builder().collect(memory::allocator("jemalloc", jemalloc)).build()?;
//! assert!(recorder.render(Format::Text).contains("allocator_allocated_bytes{allocator=\"jemalloc\"} 4096\n"));
//! # Ok::<(), mme_metrics::recorder::BuildError>(())
//! ```
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `allocator_*` | at each exposition, from the statistics of the allocator. What it does not count is absent |
//! | `cgroup_memory_*`, `cgroup_cpu_limit_cores` | at each exposition, from `/sys/fs/cgroup`. A limit that is not set is absent |
//! | `cgroup_oom_kills_total` | at each exposition, from `memory.events`. A container that was killed as a whole begins again from zero |
//! | `cgroup_pressure_waiting_seconds_total` | at each exposition, from the pressure stall information of the kernel, if it is on |
//!
//! Only version 2 of control groups is read. Where a group has no memory limit, the nearest group above it that has one is read, as far
//! as the process can see. [`RecorderBuilder::process_metrics(false)`](crate::RecorderBuilder::process_metrics) leaves
//! out the `cgroup_*` metrics too.
//!
//! # What it costs
//!
//! Four series for each allocator and eight for the container, whose files take about 100 µs for each exposition.
//!
//! # Assets
//!
//! `MmeMemoryLimitNear` fires when the container has used 90 % of its limit, `MmeMemoryLimitSoon` when its growth reaches the limit
//! within 4 hours, and `MmeOomKills` after a kill. The row *Memory of the process* of the dashboard `mme-meta` has the panels.

mod allocator;
#[cfg(all(feature = "process", target_os = "linux"))]
mod cgroup;
mod label;
mod metrics;

pub use self::allocator::{AllocatorFigures, allocator};
pub use self::label::{AllocatorName, PressureResource};
pub use self::metrics::{MEMORY, MemoryMetrics};

/// Reads the container.
fn collect() {
    #[cfg(all(feature = "process", target_os = "linux"))]
    cgroup::collect();
}
