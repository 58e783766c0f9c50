//! The exporter that sends metrics by OTLP, the protocol of OpenTelemetry, to a Collector, to Prometheus or to any other receiver.
//!
//! It reads the same series that `/metrics` shows, at an interval, and sends them as protobuf over HTTP or gRPC. A service may have both.
//!
//! ```no_run
//! # #[cfg(feature = "otlp")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use mme_metrics::otlp::OtlpExporter;
//!
//! let recorder = mme_metrics::install()?;
//! // OTEL_EXPORTER_OTLP_ENDPOINT and its kin say where to, and OTEL_SERVICE_NAME may say another name.
//! let exporter = OtlpExporter::builder().service_name("shop").with_env()?.start(&recorder)?;
//! // … serve …
//! exporter.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is sent
//!
//! | metric | as |
//! |---|---|
//! | counter, fractional counter | monotonic `Sum` |
//! | gauge | `Gauge`; a gauge without a value is left out |
//! | histogram | `Histogram`; if it has native buckets alone, `ExponentialHistogram` |
//! | exemplar | `Exemplar` with the ids of its trace |
//!
//! Names and units are those of the semantic conventions where these have the metric. The default translation of a receiver
//! makes of them the names of the exposition, so rules and dashboards hold for both ways. Labels are attributes, and so are global
//! labels. The resource has `service.name`, `service.instance.id`, which is random unless it is set, and what the environment and the
//! builder add.
//!
//! # At the end of a job
//!
//! The functions of [`job`](crate::job) take an exporter, and flush it at the end of a run. A run that is dropped asks for a flush and
//! does not wait for it: [`shutdown`](OtlpExporter::shutdown) at the end of `main` does.
//!
//! # When the receiver fails
//!
//! | event | what happens |
//! |---|---|
//! | 408, 429, 502, 503, 504, no connection, a broken one | the request is sent again, with exponential back-off and jitter, until its timeout |
//! | `Retry-After`, `RetryInfo` | is respected, up to 5 minutes; exports at the interval pause as long |
//! | over gRPC: `CANCELLED`, `DEADLINE_EXCEEDED`, `ABORTED`, `OUT_OF_RANGE`, `UNAVAILABLE`, `DATA_LOSS` | the same; so is `RESOURCE_EXHAUSTED` with a `RetryInfo` |
//! | any other status, a redirect | the request is not sent again |
//! | no answer | the request ends at its timeout |
//! | an answer that refuses single data points | they are counted |
//! | a panic in a collector | costs the values of this collector |
//!
//! Totals are sent by default, so the next export that succeeds has everything. See [`OtlpTemporality`] for differences. Only one request is held at a time, which is at most
//! [`request_limit`](OtlpExporterBuilder::request_limit) bytes long, or one chunk of 32 KiB.
//!
//! # What it costs
//!
//! Nothing for those who record metrics. A reading runs on a thread for blocking work, takes about as long as a scrape does, and
//! holds no lock that a writer waits for.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `mme_otlp_exports_total` | when an export ends: `success`, `partial` if the receiver refused single data points, `failure` |
//! | `mme_otlp_rejected_data_points_total` | when the receiver has refused data points of a request that it accepted |
//! | `mme_otlp_last_success_timestamp_seconds` | when an export ends that the receiver accepted, in whole or in part |
//! | `mme_otlp_export_duration_seconds` | when an export ends |
//!
//! They exist once an exporter was started.
//!
//! # Limits
//!
//! JSON is not spoken. `https` needs a TLS feature of
//! `reqwest` among the dependencies of the service, such as `rustls`.

mod body;
mod builder;
mod client;
mod environment;
mod error;
mod export;
mod flush;
mod handle;
mod list;
mod protocol;
mod report;
mod resource;
mod summary;
mod task;
mod temporality;

pub use self::builder::OtlpExporterBuilder;
pub use self::error::{OtlpExportError, OtlpSetupError};
pub use self::handle::OtlpExporter;
pub use self::protocol::OtlpProtocol;
pub use self::summary::OtlpExportSummary;
pub use self::temporality::OtlpTemporality;
