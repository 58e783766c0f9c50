//! Metrics for Rust services that cannot be misnamed, mislabelled or lost.
//!
//! A service adds this crate, wraps its router in a layer, annotates functions with
//! [`#[instrument_metrics]`](macro@instrument_metrics), and serves `/metrics` in a form that Prometheus always takes. With
//! the metrics come recording rules, alerts with unit tests, runbooks and dashboards that provably name what is emitted.
//!
//! # What holds, whatever happens
//!
//! * **Instrumentation never breaks the service.** Emitting does not fail, panic, block, await or grow without bound. Only
//!   set-up returns a `Result`.
//! * **Every event is counted exactly once.** One guard owns an operation and records in `Drop`: completed, failed, cancelled
//!   or panicked. What started is the sum of what ended, and gauges of things in flight return to zero.
//! * **Nothing a stranger sends becomes a series.** Labels are types: closed enums, values registered at set-up, or open
//!   values with a budget. What passes a budget is folded into one series and counted.
//! * **A name stands in one place.** A metric is a typed `static` whose name, unit, labels and buckets are checked when the
//!   program is compiled; everything else, from `HELP` to dashboards, is derived from it or compared with it.
//!
//! # Where to begin
//!
//! | you want | look at |
//! |---|---|
//! | `/metrics` in your service | [`RecorderBuilder::install`], [`metrics_router`] |
//! | requests measured | [`http`] |
//! | calls of gRPC measured | [`grpc`] |
//! | queries, transactions and pools measured | [`database`] |
//! | caches measured | [`cache`] |
//! | functions measured | [`function`] |
//! | objectives and error budgets | [`slo`] |
//! | logins, policies, limits and audit measured, and who keeps trying found | [`security`] |
//! | certificates measured, and watched until they expire | [`certificate`] |
//! | money, orders, queues, tiers | [`business`] |
//! | to know what the slowest requests were | [`spike`] |
//! | to know whether one tenant can see another's data | [`isolation`] |
//! | dependencies, backups and consistency watched | [`health`] |
//! | metrics of your own | [`metric`], [`label`] |
//! | to know what a piece of code emits | [`testing`] |
//! | rules, alerts and dashboards | [`asset`] |
//! | the list of all metrics | [`catalog`], METRICS.md |
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `http` | yes | the HTTP server and client layers |
//! | `macros` | yes | `#[instrument_metrics]`, `#[derive(LabelValue)]` |
//! | `prometheus` | yes | `/metrics`: axum router, tower service, a listener of its own |
//! | `grpc` | | the gRPC server and client layers, for tonic |
//! | `reqwest` | | the HTTP client layer for `reqwest` |
//! | `certificate` | | the expiry of certificates, read from files, directories and TLS chains |
//! | `security` | | the tracker of sources that fail to authenticate |
//! | `tracing` | | audit events go to `tracing`, too |
//! | `spike` | | spike traces: the sampler, its files, the daily report |
//! | `cli` | | the command `mme-metrics` |
//! | `probe` | | the isolation sentinel and the health probes, on tokio |
//! | `sqlx` | | pools, connections and transactions of sqlx, and probes of databases; on with each of the next four |
//! | `sqlx-postgres`, `sqlx-mysql`, `sqlx-sqlite`, `sqlx-any` | | its drivers |
//! | `tracing` | | an event for slow database operations; on with `sqlx` |
//! | `tokio` | | `tokio_*` metrics of the runtime |
//! | `assets` | | the asset check and the dashboards as Rust values |
//! | `metrics-exporter-prometheus` | | our buckets and help texts for a host that keeps that exporter |
//!
//! No feature changes a name, a type or a default; the families themselves are always there.
#![cfg_attr(docsrs, feature(doc_cfg))]

// Macro output names the crate, inside it too.
#[allow(unused_extern_crates)]
extern crate self as mme_metrics;

pub mod asset;
pub mod buckets;
pub mod business;
pub mod cache;
pub mod catalog;
pub mod certificate;
mod clock;
pub mod database;
#[cfg(feature = "prometheus")]
pub mod endpoint;
pub mod event;
#[cfg(any(feature = "grpc", feature = "http"))]
pub mod exchange;
pub mod function;
pub mod grpc;
pub mod health;
pub mod http;
pub mod isolation;
pub mod label;
pub mod metric;
pub mod operation;
#[doc(hidden)]
pub mod private;
pub mod probe;
pub mod process;
pub mod recorder;
pub mod security;
pub mod slo;
pub mod spike;
pub mod testing;

pub use metrics;

#[cfg(feature = "macros")]
pub use mme_metrics_macros::{LabelValue, instrument_metrics};

#[cfg(feature = "prometheus")]
pub use crate::endpoint::metrics_router;
pub use crate::label::{Cardinality, LabelSet, LabelValue};
pub use crate::metric::{Counter, Family, FractionalCounter, Gauge, Histogram, Unit};
pub use crate::recorder::{Format, Recorder, RecorderBuilder};

/// The README's code compiles and runs.
#[cfg(all(doctest, feature = "grpc", feature = "probe", feature = "sqlx-sqlite"))]
#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct Readme;
