//! Jobs that run from time to time: how their runs end, how long they take, when they last succeeded and when they are due.
//!
//! ```
//! use std::time::Duration;
//!
//! use mme_metrics::job::{Job, run_batch};
//! use mme_metrics::operation::ByErrorType;
//!
//! async fn import() -> Result<u64, std::io::Error> {
//!     Ok(7)
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let nightly = Job::register("nightly")?.every(Duration::from_hours(24));
//! // A process that is scraped sends nothing itself. One that ends passes an `OtlpExporter` or a `Pushgateway` instead of `()`.
//! let end = run_batch(nightly, &(), ByErrorType, import()).await;
//! if let Some(error) = end.flush_error() {
//!     eprintln!("{error}");
//! }
//! assert_eq!(end.returned()?, 7);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A closure runs with [`run_batch_blocking`]. Where the start and the end of a run are apart, a guard measures it:
//!
//! ```
//! use mme_metrics::job::{BatchGuard, Job};
//!
//! # fn export() -> std::io::Result<u64> { Ok(7) }
//! let weekly = Job::register("weekly")?;
//! let run = BatchGuard::start(weekly, &());
//! let exported = export();
//! // A panic before this line is recorded as a panic, a `return` as cancelled.
//! if let Err(error) = run.end_with(&exported) {
//!     eprintln!("{error}");
//! }
//! # Ok::<(), mme_metrics::label::RegisterError>(())
//! ```
//!
//! [`Job::run`] is an operation, for a run that is measured by a function of [`operation`](crate::operation) or by
//! `#[instrument_metrics(record = …)]`. A service that is scraped needs no more.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `job_runs_total` | once per run, at its end: `result` is `ok`, `error` or `cancelled`; a panic is an error of type `panic` |
//! | `job_run_duration_seconds` | once per run, at its end, with the same labels |
//! | `job_running_runs` | up at the start and down at the end of a run, whatever the end |
//! | `job_last_start_timestamp_seconds` | at the start of a run |
//! | `job_last_success_timestamp_seconds` | at the end of a run that succeeded |
//! | `job_next_due_timestamp_seconds` | at the start of a run, if the job has an interval ([`Job::every`]), and by [`Job::set_next_due`] |
//!
//! The three times are absent until they are known. All metrics describe one process: a process that ends with its run counts to one.
//! So the alerts on jobs read the times, which mean the same after the next process has replaced them.
//!
//! # When the metrics are sent
//!
//! | the run | `run_batch`, `run_batch_blocking` | [`BatchGuard`] |
//! |---|---|---|
//! | succeeds or fails | send the metrics, then return | sends the metrics in `end` |
//! | panics | send the metrics, then the panic goes on | sends the metrics when it is dropped |
//! | is dropped | starts to send the metrics | starts to send the metrics; outside of a tokio runtime it waits for them |
//!
//! Metrics that do not arrive change nothing about the run: it returns what it returned, and [`BatchEnd::flush_error`] has the reason.
//! A receiver that is away delays the end of a process by its timeout, 10 s unless it is set.
//!
//! # What it costs
//!
//! At most 200 jobs have a label value of their own. A job has four gauges; a counter for each kind of end; and a histogram of 17 lines
//! for success and for each kind of end that has occurred. Raise its buckets with
//! [`RecorderBuilder::buckets`](crate::RecorderBuilder::buckets) if runs take longer than five minutes.
//!
//! # Assets
//!
//! `job.yml` alerts on jobs that failed, have not succeeded for a day or ever, are overdue, or have lost their metrics, and on pushes that a
//! Pushgateway refused.

mod batch;
mod flush;
mod guard;
mod label;
mod metrics;
mod run;

pub use self::batch::{BatchEnd, run_batch, run_batch_blocking};
pub use self::flush::{BatchFlush, FlushError};
pub use self::guard::BatchGuard;
pub use self::label::JobName;
pub use self::metrics::{JOB, JobMetrics};
pub use self::run::{Job, JobRun};

#[cfg(any(feature = "otlp", feature = "pushgateway"))]
pub(crate) use self::flush::sealed;
