//! Memory: what the allocator holds, and what the container may use.
//!
//! The limits of a container are read on Linux with the feature `process`; there is nothing to start. An allocator is read by a
//! collector: `memory::jemalloc` with the feature `jemalloc`, `memory::mimalloc` with the feature `mimalloc`, and
//! [`memory::allocator`](allocator()) for any other, through a function of the service:
//!
//! ```
//! use mme_metrics::memory::{self, AllocatorFigures};
//! use mme_metrics::{Format, Recorder};
//!
//! # struct Statistics { allocated: u64 }
//! # fn statistics() -> Option<Statistics> { Some(Statistics { allocated: 4096 }) }
//! let arena = memory::allocator("arena", || Some(AllocatorFigures::new().allocated(statistics()?.allocated)));
//! let recorder = Recorder::builder().collect(arena).build()?;
//! assert!(recorder.render(Format::Text).contains("allocator_allocated_bytes{allocator=\"arena\"} 4096\n"));
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
#[cfg(feature = "jemalloc")]
mod jemalloc;
mod label;
mod metrics;
#[cfg(feature = "mimalloc")]
mod mimalloc;

pub use self::allocator::{AllocatorFigures, allocator};
#[cfg(feature = "jemalloc")]
#[cfg_attr(docsrs, doc(cfg(feature = "jemalloc")))]
pub use self::jemalloc::jemalloc;
pub use self::label::{AllocatorName, PressureResource};
pub use self::metrics::{MEMORY, MemoryMetrics};
#[cfg(feature = "mimalloc")]
#[cfg_attr(docsrs, doc(cfg(feature = "mimalloc")))]
pub use self::mimalloc::mimalloc;

/// Reads the container.
fn collect() {
    #[cfg(all(feature = "process", target_os = "linux"))]
    cgroup::collect();
}
