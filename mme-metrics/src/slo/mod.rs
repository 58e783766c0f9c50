//! Objectives: which share of the events has to be good, and how many were not.
//!
//! An objective is declared in the code that it is about, and judged there, event by event:
//!
//! ```
//! use std::time::Duration;
//! use mme_metrics::slo::Objective;
//!
//! /// p95 under 100 ms.
//! static QUICK: Objective = Objective::latency("promote_latency", 0.95, Duration::from_millis(100));
//! /// Errors under 0.5 %.
//! static SOUND: Objective = Objective::success("promote_success", 0.995);
//! /// The nightly import works.
//! static IMPORT: Objective = Objective::success("import", 0.99);
//!
//! # #[cfg(feature = "http")] {
//! # use mme_metrics::http::HttpLayer;
//! // Of a route, by the layer that measures it:
//! let layer = HttpLayer::new().listener_on("POST /promote", &QUICK)?.listener_on("POST /promote", &SOUND)?;
//! # }
//!
//! // Of a gRPC method, likewise:
//! # #[cfg(feature = "grpc")] {
//! # use mme_metrics::grpc::{CallType, GrpcServerLayer};
//! let layer = GrpcServerLayer::new().method("desk.v1.Desk/Promote", CallType::Unary)?;
//! let layer = layer.listener_on("desk.v1.Desk/Promote", &QUICK)?.listener_on("desk.v1.Desk/Promote", &SOUND)?;
//! # }
//!
//! // Of a function, by the attribute that measures it:
//! # #[cfg(feature = "macros")] {
//! # use mme_metrics::instrument_metrics;
//! #[instrument_metrics(objective = &IMPORT)]
//! fn import() -> std::io::Result<()> {
//!     Ok(())
//! }
//!
//! let emission = mme_metrics::testing::record(|| drop(import()));
//! let text = emission.recorder().render(mme_metrics::Format::Text);
//! assert!(text.contains("slo_events_total{slo=\"import\"} 1\n"));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Of anything else by [`Guard`](crate::operation::Guard), for which `&IMPORT` is an [`Operation`](crate::operation::Operation) as well,
//! or by [`Objective::count`]. Any number of objectives stand on one route or function; each counts for itself.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `slo_events_total` | once for each event that the objective counts, at its end |
//! | `slo_bad_events_total` | with it, if the event was bad; once, whatever was wrong |
//! | `slo_objective_ratio`, `slo_latency_threshold_seconds` | set when the objective is declared |
//!
//! What is bad:
//!
//! | the event | [`success`](Objective::success) | [`latency`](Objective::latency) | `success` [`within`](Objective::within) |
//! |---|---|---|---|
//! | succeeded in time | good | good | good |
//! | succeeded, but late | good | bad: `latency` | bad: `latency` |
//! | failed: a 5xx, a panic, a broken body, an error of the service or function | bad: `error` | by its time | bad: `error` |
//! | was cancelled in time | not counted | not counted | not counted |
//! | was cancelled when it was late already | not counted | bad: `latency` | bad: `latency` |
//!
//! A client that leaves early says nothing of the service, so it neither burns budget nor earns any; one that leaves after the
//! threshold has waited too long. A 4xx is the client's fault, and good, and so is every gRPC status but `UNKNOWN`,
//! `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS`. Event streams and upgrades are judged by the
//! time to their head, as they are measured.
//!
//! # What it costs
//!
//! Five series for each objective, at most 256 objectives; those after them read `_other`. An event costs no allocation and
//! reads no clock of its own.
//!
//! # Assets
//!
//! One file of rules serves every objective ever declared: `rules/slo.yml` records the share of bad events, the burn rate and
//! what is left of the error budget of 14 days; `alerts/slo.yml` pages by four pairs of windows (5 m and 1 h, 30 m and 6 h,
//! 2 h and 1 d, 6 h and 3 d). The dashboard is `grafana/slo.json`.

mod label;
mod metrics;
mod objective;

pub use self::label::{SloName, SloReason};
pub use self::metrics::{SLO, SloMetrics};
pub use self::objective::Objective;
