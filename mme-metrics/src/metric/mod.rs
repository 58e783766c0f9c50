//! Typed metrics and families: name, kind, unit, labels and buckets are checked when the program is compiled.
//!
//! A family is one `static` of typed metrics:
//!
//! ```
//! use mme_metrics::{Counter, Histogram, LabelValue, Unit, buckets, family};
//!
//! #[derive(Clone, Copy, LabelValue)]
//! #[label(key = "flavour")]
//! pub enum Flavour {
//!     Sweet,
//!     Salty,
//! }
//!
//! family! {
//!     /// What the kitchen does.
//!     pub static KITCHEN: KitchenMetrics {
//!         /// Dishes that left the kitchen.
//!         dishes: Counter<(Flavour,)> = Counter::new("kitchen_dishes_total", Unit::None);
//!         /// Time from order to dish.
//!         preparation: Histogram<()> =
//!             Histogram::new("kitchen_preparation_duration_seconds", Unit::Seconds, buckets::REQUEST);
//!     }
//! }
//!
//! KITCHEN.dishes.increment((Flavour::Sweet,));
//! KITCHEN.preparation.record((), 0.25);
//! ```
//!
//! A name that breaks Prometheus' rules does not compile:
//!
//! ```compile_fail
//! # use mme_metrics::{Counter, Unit};
//! static WRONG: Counter<()> = Counter::new("kitchen_dishes", Unit::None); // no `_total`
//! ```

mod append_map;
mod declared;
mod emit;
mod extra_labels;
mod family;
mod global;
mod handle;
mod histogram_form;
mod in_flight;
mod kept_series;
mod name;
mod pending;
mod slot;
mod typed;

pub use self::declared::{Kind, Spec, Unit};
pub use self::family::{Family, family};
#[doc(hidden)]
pub use self::family::{lowercase, utf8};
pub use self::handle::{CounterHandle, GaugeHandle, HistogramHandle};
pub use self::histogram_form::{HistogramForm, HistogramFormError, Resolution};
pub use self::in_flight::InFlight;
pub use self::typed::{Counter, FractionalCounter, Gauge, Histogram};

pub(crate) use self::append_map::{AppendMap, CappedMap};
pub(crate) use self::declared::{REJECTED, TYPED, claimed_names};
pub(crate) use self::emit::{ABSENT, METADATA, refuse};
pub(crate) use self::extra_labels::{declare_extra, declared_extra};
#[cfg(feature = "prometheus")]
pub(crate) use self::global::is_noop;
pub(crate) use self::global::learn_global;
#[cfg(feature = "grpc")]
pub(crate) use self::handle::HeldCounter;
pub(crate) use self::kept_series::{KeptSeries, SeriesKeys};
pub(crate) use self::slot::Slot;
