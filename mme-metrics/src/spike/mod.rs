//! Spike traces: the slowest events of each minute and those that failed, one by one.
//!
//! A histogram shows that something is slow. A trace shows which request it was: route, status, duration, tier, and attributes
//! that the service adds. A [`Sampler`] keeps exactly the slowest events of each minute, and every failure within a budget:
//!
#![cfg_attr(feature = "spike", doc = "```")]
#![cfg_attr(not(feature = "spike"), doc = "```ignore")]
//! use mme_metrics::spike::Sampler;
//!
//! # let directory = std::env::temp_dir().join("mme-metrics-doc-spike");
//! let spikes = Sampler::new().slowest(10).directory(&directory).start()?;
//!
//! # #[cfg(all(feature = "http", feature = "prometheus"))] {
//! # use axum::{Router, routing::get};
//! # use mme_metrics::endpoint::SpikeEndpoint;
//! # use mme_metrics::http::HttpLayer;
//! let app: Router = Router::new()
//!     .route("/users/{id}", get(|| async { "Ada" }))
//!     // Serves the traces as JSON at `/spikes`, to callers with the token.
//!     .merge(SpikeEndpoint::new(spikes.clone()).bearer("a long secret").into_router())
//!     .layer(HttpLayer::new().listener(spikes.clone()).skip("/spikes")?);
//! # }
//! # spikes.flush(std::time::Duration::from_secs(5));
//! # std::fs::remove_dir_all(directory)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `#[instrument_metrics(objective = notify("import", spikes))]` samples a function (see [`notify`](crate::event::notify)). A handler
//! adds the tier that answered and other attributes by [`Notes`](crate::event::Notes) in the extensions of its response.
//! `HttpLayer::note` takes attributes from requests.
//!
//! The report of a day is one call, [`Report::read`](https://docs.rs/mme-metrics/latest/mme_metrics/spike/struct.Report.html), or
//! one command:
//!
//! ```sh
//! mme-metrics report daily --dir logs/spike_traces --prometheus http://localhost:9090
//! ```
//!
//! # What is kept
//!
//! | | |
//! |---|---|
//! | slowest | exactly the slowest of each window (a minute), as many as set (10), whatever their outcome |
//! | failures | the first ones of each window, up to a budget (50); a 4xx is not a failure |
//! | cancellations | the first ones of each window, up to a budget (10) |
//! | of each event | at most 2 KiB: time, route, method, status, outcome, seconds, the ids of its [trace](crate::trace), tier, up to 8 attributes. No path, query, header, body, address or message, unless the service puts it into an attribute |
//! | in memory | the slowest of this window and of the one before, and the latest failures and cancellations, as many as one window's budget |
//! | on disk | each event once, as one line of JSON in `YYYY-MM-DD.jsonl` (UTC): failures at once, the slowest when their window ends |
//!
//! Files have mode 0600 in a directory of mode 0700. A link, pipe or device in their place is refused. A full file (16 MiB) is
//! followed by `YYYY-MM-DD.2.jsonl`. Files are deleted after 14 days, and the oldest when all together exceed 256 MiB. Processes
//! may share a directory, because each writes files of its own.
//!
//! One thread writes, so a disk that is full, slow or read-only does not delay requests. A trace that does not fit into the queue
//! (1 024), or that cannot be written, is counted. A line is written either whole or not at all. A file that is deleted, moved or
//! replaced while it is written is noticed with the next line, which goes to a new file. The age of files is counted by their days,
//! but never faster than time passes for the process: a clock that jumps ahead deletes nothing. A process that is killed loses
//! the slowest events of its last window; a line that it left incomplete is skipped by readers, and cut off when the file is
//! next opened.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `mme_spike_traces_total` | when an event is kept: a failure or cancellation at its end, a slow event when its window ends. A failure that is also among the slowest is one trace, an `error` |
//! | `mme_spike_traces_lost_total` | when a failure or cancellation is past its budget and not among the slowest, or slower events push it out of them (`budget`), or a kept trace does not fit into the queue (`queue`) or cannot be written (`disk`) |
//!
//! # What it costs
//!
//! An event that is not kept costs a comparison. An event that is kept costs a few allocations and a short lock; as a window
//! fills up, fewer and fewer events are kept. There are six series.
//!
//! # Assets
//!
//! `alerts/spike.yml` alerts when traces are lost, and when a route is slower than yesterday at the same hour. The panels are
//! on the dashboard `grafana/slo.json`.

#[cfg(feature = "spike")]
mod day;
#[cfg(feature = "spike")]
mod journal;
mod label;
#[cfg(feature = "spike")]
mod listener;
mod metrics;
#[cfg(feature = "spike")]
mod report;
#[cfg(feature = "spike")]
mod retention;
#[cfg(feature = "spike")]
mod sampler;
#[cfg(feature = "spike")]
mod slowest;
#[cfg(feature = "spike")]
mod store;
#[cfg(feature = "spike")]
mod trace;
#[cfg(feature = "spike")]
mod view;
#[cfg(feature = "spike")]
mod writer;

#[cfg(feature = "spike")]
pub use self::day::{Day, DayError};
pub use self::label::{LossReason, SpikeCause};
#[cfg(feature = "spike")]
pub use self::listener::Spikes;
pub use self::metrics::{SPIKE, SpikeMetrics};
#[cfg(feature = "spike")]
pub use self::report::{OverallLatency, Report};
#[cfg(feature = "spike")]
pub use self::sampler::{Sampler, SpikeStartError};
#[cfg(feature = "spike")]
pub use self::trace::{MAX_LINE_BYTES, Trace};
#[cfg(feature = "spike")]
pub use self::view::{LostCounts, SpikeView};
