//! Checks that run by themselves: at a pace, apart from each other, within bounds.
//!
//! What [`isolation`](crate::isolation) and [`health`](crate::health) are made of, and there for checks of your own. Nothing
//! here knows a metric.
//!
//! ```
//! # #[cfg(feature = "probe")]
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use std::time::Duration;
//! use mme_metrics::probe::{Attempts, ProbeFailure, PeriodicTask, SupervisedTask};
//!
//! /// Asks the replica how far it is behind.
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
//! # What holds
//!
//! | | |
//! |---|---|
//! | [`PeriodicTask`] | rounds never overlap: one that takes too long makes the next one wait for its turn; a round that panics is over, and the next one comes |
//! | [`Attempts`] | each check is a task of its own, with a time limit; at most so many run at once, and one that cannot be stopped keeps its place until it ends; a panic is an answer |
//! | [`SupervisedTask`] | stops within a second, when told to or dropped |
//!
//! The feature `probe` adds all but [`ProbeFailure`].

#[cfg(feature = "probe")]
mod attempt;
mod failure;
#[cfg(feature = "probe")]
mod http;
#[cfg(feature = "probe")]
mod json;
#[cfg(feature = "probe")]
mod periodic;
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

#[cfg(feature = "probe")]
pub(crate) use self::http::{Answer, answer, client, holds, parse_url};
#[cfg(feature = "probe")]
pub(crate) use self::json::json_holds;
