//! The only names that the output of macros may use. They can change in any release: do not call them by hand.
//!
//! The attribute writes one call: of [`measure`], [`measure_async`] or [`measure_made`]. Each calls the documented function of
//! [`operation`](crate::operation) with the classifier that [`Returns`] finds.

mod caught;
mod label_key;
mod probe;

pub use core::convert::Infallible;
pub use core::future::Future;
pub use core::module_path;
pub use core::option::Option;
pub use std::boxed::Box;
pub use std::vec;
pub use std::vec::Vec;

pub use metrics::SharedString;

pub use self::caught::{CaughtLabel, caught_label};
pub use self::label_key::{DeclaredKey, Flag, Free, FreeKey, KeyOf, MaybeTakenKey};
pub use self::probe::{Anything, HasClassifier, HasErrorType, IsResult, Returns};
pub use crate::function::{CallSite, FunctionCall, is_free};
pub use crate::label::{Cardinality, LabelValue};
pub use crate::metric::{lowercase, utf8};
pub use crate::operation::AlwaysOk;

use crate::operation::{self as documented, MeasuredFuture};
use crate::operation::{Classify, Operation};

/// Runs `body`; `choose` finds the classifier of what it returns.
#[inline]
pub fn measure<O, R, J>(operation: O, body: impl FnOnce() -> R, choose: impl FnOnce(Returns<O, R>) -> J) -> R
where
    O: Operation,
    J: Classify<O, R>,
{
    documented::measure(operation, choose(Returns::new()), body)
}

/// Measures `future`; `choose` finds the classifier of its output.
#[inline]
pub fn measure_async<O, F, J>(
    operation: O,
    future: F,
    choose: impl FnOnce(Returns<O, F::Output>) -> J,
) -> MeasuredFuture<O, J, F>
where
    O: Operation,
    F: Future,
    J: Classify<O, F::Output>,
{
    documented::measure_async(operation, choose(Returns::new()), future)
}

/// Measures the future that `make` returns; its output is a `T`.
#[inline]
pub fn measure_made<O, T, F, J>(
    operation: O,
    make: impl FnOnce() -> F,
    choose: impl FnOnce(Returns<O, T>) -> J,
) -> MeasuredFuture<O, J, F>
where
    O: Operation,
    F: Future<Output = T>,
    J: Classify<O, T>,
{
    documented::measure_async(operation, choose(Returns::new()), make())
}

/// Takes one label by value; `check` finds out whether its key is free.
#[inline]
pub fn label<V: LabelValue, K: Free>(value: V, check: impl FnOnce(KeyOf<V>) -> K) -> V {
    let _ = check;
    value
}

/// Takes one label that the body may use too.
#[inline]
pub fn cloned_label<V: LabelValue + Clone, K: Free>(value: &V, check: impl FnOnce(KeyOf<V>) -> K) -> V {
    label(value.clone(), check)
}

/// Mentions a variable, so that a closure captures it here and as a whole.
#[inline(always)]
pub const fn mention<T: ?Sized>(_: &T) {}

/// Gives an asynchronous block its type; never called.
///
/// # Panics
///
/// Always.
pub fn typed<R>() -> R {
    unreachable!("only the type of this call is used")
}
