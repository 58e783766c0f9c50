//! Runtimes of tokio: their workers and queues, and how late their timers wake.
//!
//! One line measures a runtime:
//!
//! ```
//! # #[cfg(feature = "tokio")]
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use mme_metrics::runtime::RuntimeMeter;
//! use mme_metrics::{Format, Recorder};
//!
//! RuntimeMeter::new("main").start(&tokio::runtime::Handle::current());
//!
//! let recorder = Recorder::builder().build()?;
//! assert!(recorder.render(Format::Text).contains("tokio_workers{runtime=\"main\"} 1\n"));
//! # Ok::<(), mme_metrics::recorder::BuildError>(())
//! # }).unwrap();
//! ```
//!
//! # The canary
//!
//! A slow service has a slow backend, or its runtime has no time for it. The canary tells which: it is a task that sleeps for 50 ms again
//! and again, and records how late it was woken. A busy loop or a blocking call on every worker, a processor that is shared with others
//! or throttled: each delays every timer and every request of the runtime, and so the canary. A slow database does not.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `tokio_event_loop_delay_seconds` | each time that the canary wakes, about 20 times a second; not while the runtime is blocked |
//! | `tokio_event_loop_stalls_total` | when the canary wakes more than 100 ms late: once for each stall, however long it was |
//! | all others | at each exposition, from [`tokio::runtime::RuntimeMetrics`](https://docs.rs/tokio/latest/tokio/runtime/struct.RuntimeMetrics.html) |
//!
//! Threads and queue of blocking work, steals, polls and the IO driver need a program that is compiled with `--cfg tokio_unstable`; without
//! it they are absent. Figures of runtimes with one name are added up. When a runtime ends, its totals stay.
//!
//! # What it costs
//!
//! 22 lines for each runtime, of which the histogram has 16, and 6 more with `--cfg tokio_unstable`. The canary is one task without allocations, and one of
//! `tokio_alive_tasks`. It wakes an idle worker 20 times a second, which takes less than 0.1 % of a core. A service that measures no
//! runtime has no task and no timer.
//!
//! # Assets
//!
//! `MmeRuntimeStarved` fires when the canary woke more than half a second late. The row *Runtime (tokio)* of the dashboards
//! `mme-meta` and `mme-operational` has the panels.

#[cfg(feature = "tokio")]
mod canary;
#[cfg(feature = "tokio")]
mod figures;
mod label;
#[cfg(feature = "tokio")]
mod meter;
mod metrics;
#[cfg(feature = "tokio")]
mod runtimes;

pub use self::label::RuntimeName;
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use self::meter::RuntimeMeter;
pub use self::metrics::{RUNTIME, RuntimeMetrics};

/// Reads the runtimes that are measured.
fn collect() {
    #[cfg(feature = "tokio")]
    runtimes::collect();
}
