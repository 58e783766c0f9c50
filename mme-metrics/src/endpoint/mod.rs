//! `/metrics`: as an axum router, as a tower service on any server, and on a listener of its own.
//!
//! ```
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! mme_metrics::Recorder::builder().install()?;
//! let app = axum::Router::new().merge(mme_metrics::metrics_router());
//! # Ok(()) }
//! ```
//!
//! Where `/metrics` should not stand beside the service's own routes, it opens a port of its own:
//!
//! ```
//! use mme_metrics::{Recorder, endpoint::Endpoint};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let recorder = Recorder::builder().build()?;
//! // Port 0 is any free one; `endpoint::DEFAULT_ADDRESS` is what services use.
//! let listener = Endpoint::new(recorder).bearer("a long secret").listen(([127, 0, 0, 1], 0))?;
//! println!("metrics on http://{}/metrics", listener.local_addr());
//! listener.shutdown().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # What is answered
//!
//! | request | answer |
//! |---|---|
//! | `GET` of the path | 200 and the exposition, as it is written |
//! | `HEAD` of the path | 200 and the same head; nothing is written |
//! | another method | 405 with `Allow` |
//! | another path, where no router stands before it | 404 |
//! | credentials missing or wrong, where some are set | 401 with `WWW-Authenticate` |
//! | anything, before a recorder is installed | 503 with a sentence that says what to do |
//!
//! The format follows `Accept`, with its quality values, as Prometheus 2 and 3 send it:
//!
//! | `Accept` names | format |
//! |---|---|
//! | `application/openmetrics-text`, no version, `1.0.0` or `0.0.1` | `OpenMetrics` 1.0 |
//! | `text/plain`, no version or `0.0.4` | text 0.0.4 |
//! | both | the one with the higher `q`; among equals the more specific, then the first |
//! | neither, or nothing is sent | text 0.0.4 |
//!
//! `Accept-Encoding: gzip` compresses it, at the fastest level: a scrape stays in the house, where processor time is dearer
//! than bandwidth.
//!
//! # What it costs
//!
//! * An exposition is written while it is sent, 32 KiB at a time, so a lone scrape needs about that much memory, and no
//!   poll keeps an executor longer than a quarter of a MiB takes.
//! * At most two expositions of a format are written at one time. Scrapes that come while two are under way share the
//!   younger one, if it is not older than 10 s, from its beginning: its figures are at most that old. If it is older, the
//!   oldest of them is cut off, which Prometheus has given up by then.
//! * So any number of scrapes at once need the memory of at most two responses of each format, and mostly of one.
//!
//! # The listener of its own
//!
//! | limit | value | when it is reached |
//! |---|---|---|
//! | time for a request's head | 5 s | the connection is closed |
//! | time for the whole of a request and its answer | 30 s | the connection is closed |
//! | connections at one time | 128 | the one that has waited longest for its request is closed, else the oldest |
//! | requests on one connection | 1 | it is closed after the answer |
//! | size of a request's head | 16 KiB | 431 |
//! | file descriptors of the process | its own | one waiting connection is closed; the next try comes after 250 ms |

mod accept;
mod auth;
mod body;
mod connection;
mod listener;
mod render;
mod service;
#[cfg(feature = "security")]
mod sources;
#[cfg(feature = "spike")]
mod spikes;

pub use self::body::{EndpointBody, ResponseFuture};
pub use self::listener::{DEFAULT_ADDRESS, ListenError, MetricsListener};
pub use self::service::{Endpoint, metrics_router};
#[cfg(feature = "security")]
pub use self::sources::SourcesEndpoint;
#[cfg(feature = "spike")]
pub use self::spikes::SpikeEndpoint;
