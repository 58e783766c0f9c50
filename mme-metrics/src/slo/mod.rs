//! Service level objectives (SLOs): the share of events that has to be good, and the count of bad ones.
//!
//! An objective is declared beside the code that it covers, and evaluated there for each event:
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
//! // For a route, on the layer that measures it:
//! let layer = HttpLayer::new().listener_on("POST /promote", &QUICK)?.listener_on("POST /promote", &SOUND)?;
//! # }
//!
//! // For a gRPC method:
//! # #[cfg(feature = "grpc")] {
//! # use mme_metrics::grpc::{CallType, GrpcServerLayer};
//! let layer = GrpcServerLayer::new().method("desk.v1.Desk/Promote", CallType::Unary)?;
//! let layer = layer.listener_on("desk.v1.Desk/Promote", &QUICK)?.listener_on("desk.v1.Desk/Promote", &SOUND)?;
//! # }
//!
//! // For a function, on the attribute that measures it:
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
//! For anything else, use a [`Guard`](crate::operation::Guard) (`&IMPORT` is an [`Operation`](crate::operation::Operation)) or
//! [`Objective::count`]. A route or function can have any number of objectives; each counts independently.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `slo_events_total` | once for each event that the objective counts, at its end |
//! | `slo_bad_events_total` | with it, if the event was bad; once, even if it failed and was late |
//! | `slo_objective_ratio`, `slo_latency_threshold_seconds` | set when the objective is declared |
//!
//! Which events are bad:
//!
//! | the event | [`success`](Objective::success) | [`latency`](Objective::latency) | `success` [`within`](Objective::within) |
//! |---|---|---|---|
//! | succeeded in time | good | good | good |
//! | succeeded, but late | good | bad: `latency` | bad: `latency` |
//! | failed: a 5xx, a panic, a broken body, an error of the service or function | bad: `error` | by its time | bad: `error` |
//! | was cancelled in time | not counted | not counted | not counted |
//! | was cancelled after the threshold | not counted | bad: `latency` | bad: `latency` |
//!
//! A client that leaves before the threshold shows nothing about the service, so the event is not counted. A client that leaves
//! after the threshold has waited too long. A 4xx is the client's error, so it is good, and so is every gRPC status except `UNKNOWN`,
//! `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS`. For event streams and upgrades, the time to the
//! response head counts.
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
