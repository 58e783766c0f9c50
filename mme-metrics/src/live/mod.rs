//! The live page: the last 15 minutes of this process in a browser, without any other program.
//!
//! [`LivePage`] serves one document. It shows requests, errors, latency and what is in flight; gRPC; objectives with what their
//! budget has left and how fast it burns; the slowest requests with the ids of their traces; pools, dependencies, the sentinel and
//! certificates; the runtime and the process; and a chart by kind for each metric of the service's own families. What the service
//! does not use is not shown. `#route=/users/{id}` at the end of its address filters to one route.
//!
//! ```
//! use mme_metrics::live::LivePage;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let recorder = mme_metrics::Recorder::builder().build()?;
//! let app: axum::Router = axum::Router::new().merge(LivePage::new(recorder).basic("admin", "a long secret").into_router());
//! # let _ = app;
//! # Ok::<(), mme_metrics::recorder::BuildError>(())
//! # }).unwrap();
//! ```
//!
//! It is for a look at one process: while one develops, or at an instance that Prometheus does not reach. It is no monitoring. It
//! forgets everything when the process ends, it sees no other instance, and it tells no one.
//!
//! # Samples
//!
//! A task reads the recorder every five seconds, and runs the collectors as a scrape does. It starts with the router and ends with
//! it. The history is a fixed ring of 180 samples.
//!
//! | what | most |
//! |---|---|
//! | memory of the history | 2 MiB |
//! | lines: one figure of one group over time | 1100 |
//! | routes with lines of their own | 64 |
//! | gRPC methods with lines of their own | 40 |
//! | pools, servers, operations and functions with lines of their own | 12 |
//! | series of any other counter or gauge with lines of their own | 6 |
//! | metrics with a chart | 300 |
//!
//! Groups with the most events get the lines; the page says how many others there are. Totals count every series, also those
//! without a line.
//!
//! # Figures
//!
//! Quantiles are those of the last minute, computed from buckets as Prometheus does. A metric with native buckets only is shown in
//! coarser ones. Rates are those of the five seconds before a sample.
//!
//! Some bundled alerts can be judged in the process. The page judges them with the limits of their bundled files, and lists which
//! these are. A limit that was changed for a deployment is not known here.
//!
//! # Security
//!
//! The page is refused without credentials. Its Content-Security-Policy allows its own script and style by their hashes, and requests
//! to nothing but its own origin. Values of labels are text and never markup.

mod chart;
mod condition;
mod document;
mod facts;
mod history;
mod labels;
mod objective;
mod page;
mod plan;
mod ring;
mod sampler;
mod slow;
mod table;
mod view;
mod window;

pub use self::page::LivePage;
