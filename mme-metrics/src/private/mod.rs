//! The only names that the output of macros may use. Not for anybody else, and free to change.
//!
//! What the attribute writes is one call: [`measure`], [`measure_async`], [`measure_made`], or [`guard`] where the body has to stay where it
//! is. Each is the documented function of [`guard`](crate::operation) with the judge found by [`Returns`].

mod probe;

pub use core::future::Future;
pub use core::module_path;
pub use core::option::Option;
pub use std::boxed::Box;
pub use std::vec;
pub use std::vec::Vec;

pub use metrics::SharedString;

pub use self::probe::{Anything, HasErrorType, IsResult, OperationJudges, Returns};
pub use crate::function::{Call, CallSite};
pub use crate::label::{Cardinality, LabelValue};
pub use crate::metric::{lowercase, utf8};
pub use crate::operation::Guard;

use crate::operation::{self as documented, MeasuredFuture};
use crate::operation::{Classify, Operation, Outcome};

/// The end of a scope that was left by a way nobody saw.
const UNSEEN: Outcome = Outcome::OTHER;

/// Runs `body`; `choose` finds the judge for what it returns.
#[inline]
pub fn measure<O, R, J>(operation: O, body: impl FnOnce() -> R, choose: impl FnOnce(Returns<O, R>) -> J) -> R
where
    O: Operation,
    J: Classify<O, R>,
{
    documented::measure(operation, choose(Returns::new()), body)
}

/// Measures `future`; `choose` finds the judge for its output.
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

/// Measures the future that `make` makes, which comes to a `T`.
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

/// Measures the scope it stands in, where a closure would change what the body means.
///
/// Its ends are reported by [`returned`] and [`passed`]; left in any other way it failed, because nobody saw it succeed.
pub fn guard<O: Operation>(operation: O) -> Guard<O> {
    Guard::started(operation, UNSEEN, &[])
}

/// Ends `guard` with what the scope returns.
#[inline]
pub fn returned<O, R, J>(value: R, guard: &mut Guard<O>, choose: impl FnOnce(Returns<O, R>) -> J) -> R
where
    O: Operation,
    J: Classify<O, R>,
{
    guard.classify(&choose(Returns::new()), &value);
    value
}

/// Notes in `guard` what the end is if the `?` that follows returns.
#[inline]
pub fn passed<O, R, J>(value: R, guard: &mut Guard<O>, choose: impl FnOnce(Returns<O, R>) -> J) -> R
where
    O: Operation,
    J: Classify<O, R>,
{
    guard.classify_left(&choose(Returns::new()), &value);
    value
}

/// Takes back what [`passed`] noted: the `?` did not return.
#[inline]
pub fn stayed<O: Operation, R>(value: R, guard: &mut Guard<O>) -> R {
    guard.left(UNSEEN);
    value
}

/// Takes one label, so that what is no label is told of at its own expression.
#[inline]
pub fn label<V: LabelValue>(value: V) -> V {
    value
}

/// Gives an asynchronous block its type; never called.
///
/// # Panics
///
/// Always.
pub fn typed<R>() -> R {
    unreachable!("only the type of this call is used")
}
