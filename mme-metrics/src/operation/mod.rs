//! What is measured around a piece of code: told when it starts, and told once how it ended.
//!
//! Code that is measured has one of four ends, and a [`Guard`] sees to it that exactly one is told:
//!
//! | end | when |
//! |---|---|
//! | [`Outcome::Ok`] | it returned, and what it returned is no error |
//! | [`Outcome::Error`] | it returned an error; the word comes from [`ErrorType`], never from a message |
//! | [`Outcome::Panic`] | it unwound |
//! | [`Outcome::Cancelled`] | it was dropped before it returned |
//!
//! An [`Operation`] decides what is recorded of that. Families give theirs, and so can a service:
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
mod error_type;
mod future;
mod guard;
mod outcome;
mod outcome_series;

pub use self::classify::{AlwaysOk, ByErrorType, ByOperation, ByResult, Classify, ClassifyReturn};
pub use self::error_type::ErrorType;
pub use self::future::{MeasuredFuture, measure_async};
pub use self::guard::{Guard, measure};
pub use self::outcome::{ErrorWord, Outcome, ResultLabel};
pub(crate) use self::outcome_series::{OutcomeKeys, OutcomeSeries, Preregister, record_unkept};

/// Something that is recorded around a piece of code.
///
/// It is made when the code begins and carries the labels that are known by then. What is recorded must neither block nor
/// panic: `end` also runs while a panic unwinds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no operation, so nothing says what to record",
    label = "not an operation",
    note = "pass what a family gives for this, or implement `mme_metrics::operation::Operation`"
)]
pub trait Operation: Sized {
    /// Is called once, right before the code runs.
    ///
    /// `error_types` are the words that the code's error type can give, so that their series can be made to exist at zero.
    fn start(&mut self, error_types: &'static [&'static str]) {
        let _ = error_types;
    }

    /// Is called once, whatever the end, with the seconds since the start.
    fn end(self, outcome: Outcome, seconds: f64);
}

/// Two operations around the same code.
impl<A: Operation, B: Operation> Operation for (A, B) {
    fn start(&mut self, error_types: &'static [&'static str]) {
        self.0.start(error_types);
        self.1.start(error_types);
    }

    fn end(self, outcome: Outcome, seconds: f64) {
        self.0.end(outcome, seconds);
        self.1.end(outcome, seconds);
    }
}

/// The first of two operations judges for both.
impl<R, A: ClassifyReturn<R>, B: Operation> ClassifyReturn<R> for (A, B) {
    const ERROR_TYPES: &'static [&'static str] = A::ERROR_TYPES;

    fn classify(&mut self, returned: &R) -> Outcome {
        self.0.classify(returned)
    }
}

/// An operation that may be left out.
impl<O: Operation> Operation for Option<O> {
    fn start(&mut self, error_types: &'static [&'static str]) {
        if let Some(operation) = self {
            operation.start(error_types);
        }
    }

    fn end(self, outcome: Outcome, seconds: f64) {
        if let Some(operation) = self {
            operation.end(outcome, seconds);
        }
    }
}
