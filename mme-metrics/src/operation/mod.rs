//! Operations: a piece of code is measured from its start to its end, and its outcome is recorded exactly once.
//!
//! Measured code has one of four outcomes, and a [`Guard`] records exactly one:
//!
//! | end | when |
//! |---|---|
//! | [`Outcome::Ok`] | it returned a value that is not an error |
//! | [`Outcome::Error`] | it returned an error; the word comes from [`ErrorType`], never from a message |
//! | [`Outcome::Panic`] | it unwound |
//! | [`Outcome::Cancelled`] | it was dropped before it returned |
//!
//! An [`Operation`] decides what to record. Families have operations, and a service can add its own:
//!
//! ```
//! use mme_metrics::operation::measure;
//! use mme_metrics::operation::{ByErrorType, ResultLabel, ErrorWord, Operation, Outcome};
//! use mme_metrics::{Counter, LabelValue, Unit, family};
//!
//! #[derive(Clone, Copy, LabelValue)]
//! #[label(key = "dish")]
//! enum Dish {
//!     Soup,
//!     Bread,
//! }
//!
//! family! {
//!     /// What the kitchen does.
//!     static KITCHEN: KitchenMetrics {
//!         /// Dishes that were tried, by how that ended.
//!         dishes: Counter<(Dish, ResultLabel, ErrorWord)> = Counter::new("kitchen_dishes_total", Unit::None);
//!     }
//! }
//!
//! impl Operation for Dish {
//!     fn end(self, outcome: Outcome, _seconds: f64) {
//!         KITCHEN.dishes.increment((self, outcome.result_label(), outcome.error_word()));
//!     }
//! }
//!
//! let soup = measure(Dish::Soup, ByErrorType, || std::fs::read("/no/such/recipe"));
//! assert!(soup.is_err());
//! ```
//!
//! The same by attribute: `#[instrument_metrics(record = Dish::Soup)]`.

mod classify;
mod contract;
mod error_type;
mod future;
mod guard;
mod outcome;
mod outcome_series;

pub use self::classify::{AlwaysOk, ByErrorType, ByOperation, ByResult, Classify, ClassifyReturn};
pub use self::contract::Operation;
pub use self::error_type::ErrorType;
pub use self::future::{MeasuredFuture, measure_async};
pub use self::guard::{Guard, measure};
pub use self::outcome::{ErrorWord, Outcome, ResultLabel};
pub(crate) use self::outcome_series::{OutcomeKeys, OutcomeSeries, Preregister, record_unkept};
