//! The recorder that stores the metrics of a process and writes them as an exposition for Prometheus.
//!
//! ```
//! let recorder = mme_metrics::Recorder::builder().global_label("region", "eu").build()?;
//! metrics::with_local_recorder(&recorder, || metrics::counter!("jobs", "queue" => "mail").increment(2));
//! assert!(recorder.render(mme_metrics::Format::Text).contains("jobs_total{queue=\"mail\",region=\"eu\"} 2\n"));
//! # Ok::<(), mme_metrics::recorder::BuildError>(())
//! ```
//!
//! A service calls [`install`](crate::install) once instead. The recorder then receives every metric of the process:
//! those of this crate, those of the service's own families, and those that other crates emit through the [`metrics`]
//! facade. All of them pass the same checks, called admission, so Prometheus accepts every exposition:
//!
//! * Names, label keys and label values are sanitized when a series is registered. The documentation of [`Recorder`]
//!   lists each change.
//! * One name has one kind. A second kind is refused, and its observations are counted in
//!   `mme_rejected_observations_total{reason="conflict"}`. The kind and help of the catalogue take precedence.
//! * Numbers that would make a series useless are refused and counted: NaN and infinities in every metric, negative
//!   numbers in histograms, and totals that fall. Values that a family does not accept are refused and counted too:
//!   amounts too large to be exact, unknown currencies, shares outside 0 to 1. Counters stop at `u64::MAX`, sums at the
//!   largest finite number.
//! * Budgets limit the cardinality of open labels. There is a budget for each capped label, for each family and for the
//!   process. An observation past a budget goes to the series whose open labels read `_overflow`. Its closed labels
//!   stay, so totals by outcome stay exact. `mme_series_overflow_total` counts it. Closed and registered labels are
//!   always admitted.
//!
//! # One recorder in one process
//!
//! | mistake | how it is detected |
//! |---|---|
//! | `install` is called twice | the second call fails with [`InstallError::Taken`] |
//! | another crate has installed its recorder | `install` fails with [`InstallError::Foreign`], and `/metrics` answers 503 with this reason |
//! | the process is forked after `install` | [`Recorder::is_forked`] is true in the child, and `install` fails there with [`InstallError::Forked`] |
//! | the dependency tree has a second, incompatible version of `metrics` | [`testing::facade_versions`](crate::testing::facade_versions) lists both |
//!
//! A second version of `metrics` has a global recorder of its own, which nothing installs. So the events of the crates
//! that use that version are lost. A program cannot detect this while it runs. Assert in a test that its `Cargo.lock`
//! has one version.
//!
//! A child of `fork` starts with a copy of the parent's values, so events from before the `fork` are exported twice.
//! Threads, such as those of a listener and of collectors, exist only in the parent: in a child, collectors run as part of the
//! exposition, without a deadline, except one that was running at the time of the `fork`. Install the recorder after the last `fork`, in each
//! process that serves.

mod admission;
mod builder;
mod cell;
mod collector;
mod disabled;
mod error;
mod exemplar;
mod exposition;
mod facade;
mod family;
#[cfg(feature = "metrics-exporter-prometheus")]
pub mod foreign;
mod forms;
mod global_label;
mod handle;
mod install;
#[cfg(any(feature = "live", feature = "otlp"))]
mod label_text;
mod registry;
mod rejection;
#[cfg(feature = "live")]
mod sample;
mod series;
#[cfg(feature = "settings")]
mod settings;
mod start;
mod state;

pub use self::builder::RecorderBuilder;
pub use self::error::{BuildError, InstallError};
pub use self::exemplar::ExemplarFilter;
pub use self::exposition::{Exposition, Format};
pub use self::handle::Recorder;
pub use self::install::install;

#[cfg(feature = "otlp")]
pub(crate) use self::exposition::{OtlpDeltas, OtlpReading, WrittenValues};
pub(crate) use self::handle::Figures;
#[cfg(feature = "prometheus")]
pub(crate) use self::install::has_foreign_recorder;
#[cfg(feature = "live")]
pub(crate) use self::label_text::pairs;
#[cfg(feature = "live")]
pub(crate) use self::sample::{SampledMetric, SampledValue};
