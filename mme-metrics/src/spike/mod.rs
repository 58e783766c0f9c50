//! Spike traces: what exactly the slowest events were, and those that failed.
//!
//! Histograms say that something is slow; a trace says what it was: route, status, duration, tier, and what the service chose to
//! add. A [`Sampler`] keeps the slowest of each minute, exactly those, and every failure within a budget:
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
//!     .route("/users/{id}", get(|| async { "somebody" }))
//!     // What is kept, as JSON at `/spikes`, for those who know the token.
//!     .merge(SpikeEndpoint::new(spikes.clone()).bearer("a long secret").into_router())
//!     .layer(HttpLayer::new().listener(spikes.clone()).skip("/spikes")?);
//! # }
//! # spikes.flush(std::time::Duration::from_secs(5));
//! # std::fs::remove_dir_all(directory)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A function is sampled too, by `#[instrument_metrics(objective = notify("import", spikes))]` (see [`notify`](crate::event::notify)).
//! A handler says which tier answered, and whatever else is worth knowing, by [`Notes`](crate::event::Notes) among the extensions
//! of its response; `HttpLayer::note` takes attributes from requests.
//!
//! The day's report is one call, [`Report::read`](https://docs.rs/mme-metrics/latest/mme_metrics/spike/struct.Report.html), or
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
//! | the slowest | exactly the slowest of each window (a minute), as many as asked for (10), whatever their end |
//! | failures | the first ones of each window, up to a budget (50); a 4xx is none |
//! | cancels | likewise (10) |
//! | of each | at most 2 KiB: time, route, method, status, end, seconds, tier, up to 8 attributes. No path, query, header, body, address or message, unless the service puts it into an attribute |
//! | in memory | the slowest of this window and of the one before, and the latest failures and cancels of one window's budget |
//! | on disk | each event once, as one line of JSON in `YYYY-MM-DD.jsonl` (UTC): failures at once, the slowest when their window ends |
//!
//! Files have the mode 0600, and are made in a directory of mode 0700; a link, pipe or device in their place is refused. A full
//! file (16 MiB) is followed by `YYYY-MM-DD.2.jsonl`. Files are deleted after 14 days, and the oldest when all are more than
//! 256 MiB. Processes may share a directory: each writes files of its own.
//!
//! One thread writes. When the disk is full, slow or read-only, requests do not notice: what does not fit the queue (1 024), or
//! cannot be written, is counted. A line is written whole or cut off again; one that a killed process left unfinished is cut off
//! when the file is next opened, and skipped by whoever reads it before. Killed outright, a process loses the slowest events of
//! its last window.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `mme_spike_traces_total` | when an event is kept: a failure or cancel at its end, the others when their window ends. A failure that is also among the slowest is one trace, an `error` |
//! | `mme_spike_traces_lost_total` | when a failure or cancel that is not among the slowest is past its budget (`budget`), or a kept trace does not fit the queue (`queue`) or could not be written (`disk`) |
//!
//! # What it costs
//!
//! An event that is not kept costs a comparison. One that is kept costs a few allocations and a short lock; as a window fills,
//! that is the fate of fewer and fewer. Six series.
//!
//! # Assets
//!
//! `alerts/spike.yml` says when traces are lost, and finds routes that are slower than yesterday at this hour. The panels stand
//! on the dashboard `grafana/slo.json`.

#[cfg(feature = "spike")]
mod day;
#[cfg(feature = "spike")]
mod journal;
mod label;
mod metrics;
#[cfg(feature = "spike")]
mod report;
#[cfg(feature = "spike")]
mod sampler;
#[cfg(feature = "spike")]
mod slowest;
#[cfg(feature = "spike")]
mod trace;
#[cfg(feature = "spike")]
mod writer;

#[cfg(feature = "spike")]
pub use self::day::{Day, DayError};
pub use self::label::{LossReason, SpikeCause};
pub use self::metrics::{SPIKE, SpikeMetrics};
#[cfg(feature = "spike")]
pub use self::report::{OverallLatency, Report};
#[cfg(feature = "spike")]
pub use self::sampler::{LostCounts, Sampler, SpikeView, Spikes};
#[cfg(feature = "spike")]
pub use self::trace::{MAX_LINE_BYTES, Trace};
#[cfg(feature = "spike")]
pub use self::writer::SpikeStartError;
