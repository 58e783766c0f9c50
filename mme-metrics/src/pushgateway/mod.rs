//! Pushes the metrics of jobs to a Pushgateway of Prometheus, for processes that end before they can be scraped.
//!
//! ```no_run
//! # async fn import() -> Result<(), std::io::Error> { Ok(()) }
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use mme_metrics::job::{Job, run_batch};
//! use mme_metrics::operation::ByErrorType;
//! use mme_metrics::pushgateway::Pushgateway;
//!
//! let recorder = mme_metrics::install()?;
//! let gateway = Pushgateway::builder("http://pushgateway:9091", "shop")?
//!     .basic_auth_file("shop", "/run/secrets/pushgateway")
//!     .build(&recorder)?;
//! let end = run_batch(Job::register("nightly")?, &gateway, ByErrorType, import()).await;
//! if let Some(error) = end.flush_error() {
//!     eprintln!("{error}");
//! }
//! end.returned()?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is pushed
//!
//! Each job of a service has a group of its own in the Pushgateway, with the labels `job`, the service; `job_name`, the job; and those of
//! [`grouping_label`](PushgatewayBuilder::grouping_label). The Pushgateway gives them to every series of the group, in place of labels
//! of the same name. The body is text format 0.0.4, without timestamps and exemplars, which a Pushgateway does not take.
//!
//! | series | pushed |
//! |---|---|
//! | of the job, or without the label `job_name` | yes |
//! | of another job | no: that belongs to another group |
//! | `process_*`, `tokio_*`, `allocator_*`, `cgroup_*`, `mme_*` | no: the process has ended, and the Pushgateway would show them until the next push |
//!
//! # What a push replaces
//!
//! | the process has a success of the job | method | the group afterwards |
//! |---|---|---|
//! | yes | PUT | what was pushed, and nothing else |
//! | no | POST | what was pushed; metrics of other names stay, so the last success of an earlier process does too |
//!
//! A Pushgateway keeps a group until it is deleted. Remove a job that no longer exists:
//! `curl -X DELETE http://pushgateway:9091/metrics/job/shop/job_name/nightly`.
//!
//! # When the Pushgateway fails
//!
//! | event | what happens |
//! |---|---|
//! | 408, 429, 502, 503, 504, no connection, a broken one | the push is sent again, up to four times, with exponential back-off and jitter, until the timeout |
//! | `Retry-After` | is respected, if it ends before the timeout |
//! | 400 with a Pushgateway's reason | [`PushError::Refused`] has the reason |
//! | any other status, a redirect, an answer that is not a Pushgateway's | the push is not sent again |
//! | no answer | the push ends at the timeout |
//!
//! Pushes of one [`Pushgateway`] happen one after the other, so the newest values arrive last.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `mme_pushgateway_pushes_total` | when a push ends: `success` or `failure` |
//!
//! It is not pushed itself. It is of use in a process that is scraped too.
//!
//! # Limits
//!
//! `https` needs a TLS feature of `reqwest` among the dependencies of the service, such as `rustls`. Native histograms are pushed with
//! what the text format has of them.

mod builder;
mod client;
mod credentials;
mod error;
mod gateway;
mod group;
mod push;
mod selection;

pub use self::builder::PushgatewayBuilder;
pub use self::error::{PushError, PushgatewaySetupError};
pub use self::gateway::Pushgateway;
