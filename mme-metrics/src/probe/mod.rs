//! Background checks: at an interval, independent of each other, with time limits.
//!
//! [`isolation`](crate::isolation) and [`health`](crate::health) use these, and so can your own checks. This module records no
//! metric.
//!
//! ```
//! # #[cfg(feature = "probe")]
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use std::time::Duration;
//! use mme_metrics::probe::{Attempts, ProbeFailure, PeriodicTask, SupervisedTask};
//!
//! /// Returns how many seconds the replica is behind.
//! async fn lag() -> f64 {
//!     0.5
//! }
//!
//! let attempts = Attempts::new(1, Duration::from_secs(2));
//! let supervised = SupervisedTask::spawn(PeriodicTask::every(Duration::from_secs(15)).run(move || {
//!     let attempts = attempts.clone();
//!     async move {
//!         match attempts.run(lag()).await {
//!             Ok(seconds) => println!("{seconds} s behind"),
//!             Err(failure) => println!("not known: {failure}"),
//!         }
//!     }
//! }));
//! assert!(supervised.is_running());
//! supervised.stop().await;
//! # });
//! ```
//!
//! # Guarantees
//!
//! | type | guarantee |
//! |---|---|
//! | [`PeriodicTask`] | rounds never overlap: a late round skips those that were due meanwhile, and a round that panics does not stop the next |
//! | [`Attempts`] | each check is a task with a time limit; a bounded number runs at once, and a check that cannot be stopped counts until it ends; a panic is a result |
//! | [`SupervisedTask`] | stops within a second, by `stop` or when it is dropped |
//!
//! The feature `probe` adds all but [`ProbeFailure`].

#[cfg(feature = "probe")]
mod attempt;
#[cfg(any(feature = "otlp", feature = "pushgateway"))]
mod back_off;
#[cfg(any(feature = "otlp", feature = "probe"))]
mod body_start;
mod failure;
#[cfg(feature = "probe")]
mod http;
#[cfg(feature = "probe")]
mod json;
#[cfg(any(feature = "otlp", feature = "probe", feature = "pushgateway"))]
mod outgoing;
#[cfg(feature = "probe")]
mod periodic;
#[cfg(feature = "probe")]
mod shared_check;
#[cfg(feature = "probe")]
mod supervised;

#[cfg(feature = "probe")]
pub use self::attempt::Attempts;
pub use self::failure::ProbeFailure;
#[cfg(feature = "probe")]
pub use self::http::ProbeUrlError;
#[cfg(feature = "probe")]
pub use self::periodic::PeriodicTask;
#[cfg(feature = "probe")]
pub use self::supervised::SupervisedTask;

#[cfg(any(feature = "otlp", feature = "pushgateway"))]
pub(crate) use self::back_off::{BackOff, retry_after};
#[cfg(feature = "probe")]
pub(crate) use self::http::{Answer, answer, client, holds, parse_url};
#[cfg(feature = "probe")]
pub(crate) use self::json::json_holds;
#[cfg(any(feature = "otlp", feature = "pushgateway"))]
pub(crate) use self::outgoing::{http_url, reason, restrained};
#[cfg(feature = "probe")]
pub(crate) use self::shared_check::{CheckAnswer, SharedCheck};
#[cfg(feature = "otlp")]
pub(crate) use self::{back_off::LONGEST_ASKED, body_start::BodyStart};
