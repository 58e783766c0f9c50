//! Typed Prometheus metrics for Rust services, counted exactly once, with the rules, alerts and dashboards that match them.
//!
//! A service adds this crate, wraps its router in a layer, annotates functions with
//! [`#[instrument_metrics]`](macro@instrument_metrics), and serves `/metrics` in a form that Prometheus can always read.
//! Recording rules, alerts with unit tests, runbooks and dashboards come with the crate; tests check that they name only
//! metrics and labels that exist.
//!
//! # Guarantees
//!
//! * **Instrumentation never breaks the service.** Recording a metric does not fail, panic, block, await or grow without
//!   bound. Only set-up returns a `Result`.
//! * **Every event is counted exactly once.** One guard owns an operation and records its outcome in `Drop`: completed,
//!   failed, cancelled or panicked. The number started equals the sum of the outcomes, and in-flight gauges return to zero.
//! * **Untrusted input never creates a series.** Labels are types: closed enums, values registered at set-up, or open values
//!   with a budget. Values past the budget fold into one series, and each fold is counted.
//! * **Each name exists once.** A metric is a typed `static` whose name, unit, labels and buckets are checked at compile time.
//!   Everything else, from `HELP` to dashboards, is derived from it or compared with it.
//!
//! # Where to start
//!
//! | to | see |
//! |---|---|
//! | install the recorder and serve `/metrics` | [`install`], [`Endpoint`](endpoint::Endpoint) |
//! | set families, labels, buckets and budgets | [`Recorder::builder`] |
//! | let operators disable metrics and set buckets, budgets and labels without a build | `settings`, with the feature of that name |
//! | measure HTTP requests | [`http`] |
//! | measure gRPC calls | [`grpc`] |
//! | measure connections and TLS handshakes | [`connection`] |
//! | measure queries, transactions and connection pools | [`database`] |
//! | measure caches | [`cache`] |
//! | measure functions | [`function`] |
//! | count log events and panics | [`log`] |
//! | measure the tokio runtime | [`runtime`] |
//! | measure the allocator, and the memory limit of the container | [`memory`] |
//! | declare service level objectives | [`slo`] |
//! | measure logins, policies, rate limits and audit; detect brute-force sources | [`security`] |
//! | watch when certificates expire | [`certificate`] |
//! | count money, orders, queues and tiers | [`business`] |
//! | measure jobs, such as a nightly import | [`job`] |
//! | keep traces of the slowest requests | [`spike`] |
//! | look at the last minutes of one process in a browser | `live`, with the feature of that name |
//! | get from a panel to a trace | [`trace`] |
//! | check that tenants cannot read each other's data | [`isolation`] |
//! | check dependencies, backups and consistency | [`health`] |
//! | define your own metrics | [`metric`], [`label`] |
//! | send metrics by OTLP, to OpenTelemetry's Collector or to Prometheus | `otlp`, with the feature of that name |
//! | push the metrics of jobs to a Pushgateway | `pushgateway`, with the feature of that name |
//! | assert in a test what code emits | [`testing`] |
//! | get rules, alerts and dashboards, and check your own | [`asset`] |
//! | list all metrics | [`catalog`], METRICS.md |
//!
//! # Features
//!
#![cfg_attr(feature = "document-features", doc = document_features::document_features!())]
//!
//! No feature changes a name, a type or a default. The families are there without any feature.
#![cfg_attr(docsrs, feature(doc_cfg))]

// Macro output names the crate, inside it too.
#[allow(unused_extern_crates)]
extern crate self as mme_metrics;

#[cfg(any(feature = "connection", feature = "prometheus"))]
mod accept_failure;
pub mod asset;
pub mod buckets;
pub mod business;
pub mod cache;
#[cfg(any(feature = "probe", feature = "spike"))]
mod calendar;
pub mod catalog;
pub mod certificate;
mod clock;
pub mod connection;
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
pub mod job;
pub mod label;
#[cfg(feature = "live")]
#[cfg_attr(docsrs, doc(cfg(feature = "live")))]
pub mod live;
pub mod log;
pub mod memory;
pub mod metric;
pub mod operation;
#[cfg(feature = "otlp")]
pub mod otlp;
#[doc(hidden)]
pub mod private;
pub mod probe;
pub mod process;
#[cfg(feature = "pushgateway")]
#[cfg_attr(docsrs, doc(cfg(feature = "pushgateway")))]
pub mod pushgateway;
pub mod recorder;
pub mod runtime;
pub mod security;
#[cfg(feature = "settings")]
#[cfg_attr(docsrs, doc(cfg(feature = "settings")))]
pub mod settings;
pub mod slo;
pub mod spike;
#[cfg(any(feature = "assets", feature = "settings"))]
mod suggestion;
pub mod testing;
pub mod trace;

pub use metrics;

#[cfg(feature = "macros")]
pub use mme_metrics_macros::{LabelValue, instrument_metrics};

#[cfg(feature = "prometheus")]
pub use crate::endpoint::metrics_router;
pub use crate::label::{Cardinality, LabelSet, LabelValue};
pub use crate::metric::{Counter, Family, FractionalCounter, Gauge, Histogram, Unit};
pub use crate::recorder::{Format, Recorder, RecorderBuilder, install};

/// Compiles and runs the code of the README.
#[cfg(all(doctest, feature = "grpc", feature = "probe", feature = "sqlx-sqlite"))]
#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct Readme;
