//! Log events and panics, counted.
//!
//! The counts include what a filter hides from the log:
//!
//! ```
//! # #[cfg(feature = "log")]
//! # fn main() -> Result<(), mme_metrics::label::RegisterError> {
//! use mme_metrics::log::{self, LOG, LogLayer, LogLevel, LogTarget};
//! use tracing_subscriber::layer::SubscriberExt as _;
//!
//! log::count_panics();
//! let subscriber = tracing_subscriber::registry()
//!     .with(tracing_subscriber::filter::LevelFilter::ERROR)
//!     // Last, so that the filter before it hides nothing from it.
//!     .with(LogLayer::new().target("shop::orders")?);
//!
//! let emission = mme_metrics::testing::record(|| {
//!     tracing::subscriber::with_default(subscriber, || tracing::warn!(target: "shop::orders::bill", "no change left"));
//! });
//! emission.expect().counter(&LOG.events, (LogLevel::Warn, LogTarget::find("shop::orders")), 1).only();
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "log"))]
//! # fn main() {}
//! ```
//!
//! A service calls `.init()` on the subscriber instead of `with_default`.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `log_events_total` | once per event of `tracing`, also when a filter before the layer discards it; and once per record of the crate `log` that passes the filters, if `tracing-log` bridges it |
//! | `panics_total` | once per panic, when it begins: also when it is caught, or aborts the process |
//!
//! # What it costs
//!
//! Five series for each registered target and for `_other`, and four for panics; they exist at zero. An event costs the
//! evaluation of the filters before the layer, a comparison with each registered target and one addition, and no allocation.
//!
//! The layer asks `tracing` for events of every level. A disabled `trace!` of a dependency then costs what is said above instead of one
//! comparison. [`LogLayer::max_level`] leaves the most verbose levels out.
//!
//! # Assets
//!
//! `MmeLogErrorsHigh` compares the errors with those of the same hour a week ago, and `MmePanics` fires after a panic that the process survives.

mod label;
#[cfg(feature = "log")]
mod layer;
mod metrics;
#[cfg(feature = "log")]
mod panic;

pub use self::label::{LogLevel, LogTarget, PanicThread};
#[cfg(feature = "log")]
#[cfg_attr(docsrs, doc(cfg(feature = "log")))]
pub use self::layer::LogLayer;
pub use self::metrics::{LOG, LogMetrics};
#[cfg(feature = "log")]
#[cfg_attr(docsrs, doc(cfg(feature = "log")))]
pub use self::panic::count_panics;
