//! `/metrics` as an axum router, as a tower service and on a listener of its own; the probes of Kubernetes; spike traces and
//! failing sources as JSON.
//!
//! ```
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let recorder = mme_metrics::install()?;
//! let app: axum::Router = axum::Router::new().merge(recorder.router());
//! # Ok(()) }
//! ```
//!
//! To keep `/metrics` off the port of the service, open a listener of its own:
//!
//! ```
//! use mme_metrics::{Recorder, endpoint::Endpoint};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let recorder = Recorder::builder().build()?;
//! // Port 0 is any free port; services use `endpoint::DEFAULT_ADDRESS`.
//! let listener = Endpoint::new(recorder).bearer("a long secret").listen(([127, 0, 0, 1], 0))?;
//! println!("metrics on http://{}/metrics", listener.local_addr());
//! listener.shutdown().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Answers
//!
//! `Endpoint`, `SpikeEndpoint` (feature `spike`), `SourcesEndpoint` (feature `security`) and `LivePage` (feature `live`) check a
//! request in one order. The first check that fails decides the answer:
//!
//! | check | answer if it fails |
//! |---|---|
//! | the path is the endpoint's | 404; a router in front of the endpoint gives its own |
//! | credentials are set, for traces, sources and the live page | 403 |
//! | the request carries one of the credentials, if there are any | 401 with `WWW-Authenticate` |
//! | the method is `GET` or `HEAD` | 405 with `Allow` |
//! | a recorder is installed, for [`Endpoint::installed`] | 503 |
//! | the request accepts a coding that there is, for metrics: none, or `gzip` with the feature `gzip` | 406, without a body |
//!
//! `ProbeEndpoint` (feature `probe`) answers every caller, so it has no 401 and no 403. Its credentials decide who sees the checks.
//!
//! Credentials come before the method, so a caller without them learns only that the path exists. Metrics without credentials are
//! served to every caller. A request that passes gets 200: `GET` the whole answer, `HEAD` its head. Every answer forbids caches
//! to keep it (`Cache-Control: no-store`) and browsers to guess its type (`X-Content-Type-Options: nosniff`). Sentences and JSON
//! end with a line break.
//!
//! The format of metrics follows `Accept` with its quality values, as Prometheus 2 and 3 send it:
//!
//! | `Accept` names | format |
//! |---|---|
//! | `application/openmetrics-text`, no version, `1.0.0` or `0.0.1` | `OpenMetrics` 1.0 |
//! | `text/plain`, no version or `0.0.4` | text 0.0.4 |
//! | `application/vnd.google.protobuf` with `proto=io.prometheus.client.MetricFamily` and `encoding=delimited` | protobuf |
//! | several | the one with the highest `q`; of equals the more specific, then the first |
//! | none, or there is no `Accept` | text 0.0.4 |
//!
//! Prometheus asks for protobuf when it is configured to ingest native histograms or start timestamps.
//!
//! With the feature `gzip`, `Accept-Encoding: gzip` compresses metrics at the fastest level: scrapes stay on the local network,
//! where processor time costs more than bandwidth.
//!
//! # Cost
//!
//! * An exposition is written while it is sent, 32 KiB at a time. A single scrape needs about that much memory, and one poll
//!   writes at most 256 KiB before it lets the executor run other tasks.
//! * At most two expositions of a format are written at one time. Further scrapes share the younger one from its beginning if
//!   it is at most 10 s old, so their figures are at most that old. If it is older, the oldest exposition is cut off:
//!   Prometheus has given it up by then.
//! * So any number of concurrent scrapes needs the memory of at most two responses of each format, and mostly of one.
//!
//! # Names of the listener
//!
//! A listener at a loopback address answers 421 to a request for a foreign name, so that a page in a browser cannot read metrics
//! by DNS rebinding. [`Endpoint::allow_host`] allows more names.
//!
//! # Limits of the listener
//!
//! | limit | value | when it is reached |
//! |---|---|---|
//! | time for a request's head | 5 s | the connection is closed |
//! | time for the whole of a request and its answer | 30 s | the connection is closed |
//! | connections at one time | 128 | the one that has waited longest for its request is closed, else the oldest |
//! | requests on one connection | 1 | it is closed after the answer |
//! | size of a request's head | 16 KiB | 431 |
//! | file descriptors | those of the process | one waiting connection is closed; the next try comes after 250 ms |

mod accept;
#[cfg(any(feature = "live", feature = "security", feature = "spike"))]
mod admin;
mod answer;
mod auth;
mod body;
mod connection;
mod content;
#[cfg(feature = "drain")]
mod drain;
mod encoding;
mod gate;
mod host;
#[cfg(any(feature = "live", feature = "probe", feature = "security", feature = "spike"))]
mod json;
mod listener;
#[cfg(feature = "probe")]
mod probes;
mod render;
mod service;
#[cfg(feature = "settings")]
mod settings;
#[cfg(feature = "drain")]
mod signal;
#[cfg(feature = "security")]
mod sources;
#[cfg(feature = "spike")]
mod spikes;

#[cfg(feature = "live")]
pub(crate) use self::admin::router as admin_router;
#[cfg(feature = "live")]
pub(crate) use self::answer::answer;
pub use self::body::{EndpointBody, ResponseFuture};
#[cfg(feature = "drain")]
pub use self::drain::Drain;
#[cfg(feature = "live")]
pub(crate) use self::gate::{Exposure, Gate};
#[cfg(feature = "live")]
pub(crate) use self::json::json;
pub use self::listener::{DEFAULT_ADDRESS, ListenError, MetricsListener};
#[cfg(feature = "probe")]
pub use self::probes::{ProbeEndpoint, ProbeFuture};
pub use self::service::{Endpoint, metrics_router};
#[cfg(feature = "security")]
pub use self::sources::SourcesEndpoint;
#[cfg(feature = "spike")]
pub use self::spikes::SpikeEndpoint;
