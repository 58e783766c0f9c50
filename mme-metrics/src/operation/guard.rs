//! What a scope owns while it is measured: made when the code begins, it records in `Drop` what was not recorded before.
//!
//! ```
//! use mme_metrics::function::CallSite;
//! use mme_metrics::operation::Guard;
//! use mme_metrics::operation::Outcome;
//!
//! fn feed(hungry: bool) {
//!     static SITE: CallSite = CallSite::new("feed", module_path!());
//!     let guard = Guard::start(SITE.call());
//!     if hungry {
//!         // Work. A panic is recorded as one, a `return` before `end` as cancelled.
//!     }
//!     guard.end(Outcome::Ok);
//! }
//! # feed(true);
//! ```

use std::fmt;
use std::mem;
use std::thread;

use super::{ByOperation, Classify, ClassifyReturn, ErrorType, Operation, Outcome};
use crate::clock::Moment;

/// Runs `body` and records how it ended, as `judge` reads from what it returned.
///
/// # Panics
///
/// When `body` does; that is recorded as [`Outcome::Panic`].
#[inline]
#[allow(clippy::needless_pass_by_value, reason = "a judge is a word at the call, not something that is kept")]
pub fn measure<O, R, J>(operation: O, judge: J, body: impl FnOnce() -> R) -> R
where
    O: Operation,
    J: Classify<O, R>,
{
    let mut guard = Guard::idle(operation);
    guard.enter(J::ERROR_TYPES);
    let returned = body();
    let outcome = guard.operation.as_mut().map_or(Outcome::Ok, |operation| judge.classify(operation, &returned));
    guard.end(outcome);
    returned
}

/// Measures from its creation until it is told the end, or dropped.
///
/// Dropped while its scope unwinds it records [`Outcome::Panic`], else [`Outcome::Cancelled`].
#[must_use = "dropping this ends the measurement"]
pub struct Guard<O: Operation> {
    operation: Option<O>,
    started: Option<Moment>,
    unended: Unended,
}

/// What it means to be dropped without having been told the end.
#[derive(Clone, Copy)]
enum Unended {
    /// The code is inside a call that only a panic leaves without an end.
    Panic,
    /// The code is not running.
    Cancelled,
    /// The thread knows whether it unwinds; it did not when this began.
    Ask(Outcome),
}

impl<O: Operation> Guard<O> {
    /// Begins to measure.
    pub fn start(operation: O) -> Self {
        Self::started(operation, Outcome::Cancelled, &[])
    }

    /// Ends the measurement.
    #[inline]
    pub fn end(mut self, outcome: Outcome) {
        let (started, operation) = (self.started.take(), self.operation.take());
        // Nothing is left to drop; told so, the compiler keeps all of it in registers.
        mem::forget(self);
        if let (Some(started), Some(operation)) = (started, operation) {
            operation.end(outcome, started.seconds());
        }
    }

    /// Ends the measurement as `result` says.
    pub fn end_with<T, E: ErrorType>(self, result: &Result<T, E>) {
        self.end(match result {
            Ok(_) => Outcome::Ok,
            Err(error) => Outcome::Error(error.error_type()),
        });
    }

    /// Ends the measurement as the operation itself reads `returned`, such as a refusal from an error.
    pub fn end_as<R>(mut self, returned: &R)
    where
        O: ClassifyReturn<R>,
    {
        self.classify(&ByOperation, returned);
    }

    /// Returns the operation, to note what was found out meanwhile.
    pub fn operation(&mut self) -> Option<&mut O> {
        self.operation.as_mut()
    }

    /// Begins, and takes a drop without an end for `left` unless the thread unwinds.
    pub(crate) fn started(operation: O, left: Outcome, error_types: &'static [&'static str]) -> Self {
        let mut guard = Self::idle(operation);
        guard.enter(error_types);
        // A scope that begins while the thread already unwinds, in some destructor, cannot tell that panic from its own.
        guard.unended = Unended::Ask(left);
        if thread::panicking() {
            guard.unended = Unended::Cancelled;
        }
        guard
    }

    /// Makes a guard that has yet to begin; dropping it records nothing.
    #[inline]
    pub(crate) const fn idle(operation: O) -> Self {
        Self { operation: Some(operation), started: None, unended: Unended::Cancelled }
    }

    /// Begins, or goes on: the code runs now, and only a panic leaves it without an end.
    #[inline]
    pub(crate) fn enter(&mut self, error_types: &'static [&'static str]) {
        self.unended = Unended::Panic;
        if self.started.is_none()
            && let Some(operation) = &mut self.operation
        {
            operation.start(error_types);
            self.started = Some(Moment::now());
        }
    }

    /// Returns when it began; now, if it has not.
    #[cfg(feature = "sqlx")]
    pub(crate) fn since(&self) -> Moment {
        self.started.unwrap_or_else(Moment::now)
    }

    /// Takes `moment` for the beginning, if it has begun: what was before is no part of it.
    #[cfg(feature = "sqlx")]
    pub(crate) fn restart(&mut self, moment: Moment) {
        self.started = self.started.map(|_| moment);
    }

    /// The code waits: it can be dropped.
    #[inline]
    pub(crate) fn leave(&mut self) {
        self.unended = Unended::Cancelled;
    }

    /// Ends the measurement as `judge` reads from what was returned.
    #[inline]
    pub(crate) fn classify<R>(&mut self, judge: &impl Classify<O, R>, returned: &R) {
        if let Some(operation) = &mut self.operation {
            let outcome = judge.classify(operation, returned);
            self.conclude(outcome);
        }
    }

    /// Takes a drop from now on for what `judge` reads from what the code may be about to pass on with `?`.
    pub(crate) fn classify_left<R>(&mut self, judge: &impl Classify<O, R>, passed: &R) {
        if let Some(operation) = &mut self.operation {
            match judge.classify(operation, passed) {
                // It cannot wait for the drop, which would not know it.
                failed @ Outcome::Error(_) if !matches!(self.unended, Unended::Ask(_)) => self.conclude(failed),
                left => self.left(left),
            }
        }
    }

    /// Takes a drop from now on for `left` unless the thread unwinds, if this can be told.
    pub(crate) fn left(&mut self, left: Outcome) {
        if let Unended::Ask(before) = &mut self.unended {
            *before = left;
        }
    }

    /// Ends the measurement in place.
    #[inline]
    pub(crate) fn conclude(&mut self, outcome: Outcome) {
        if let (Some(started), Some(operation)) = (self.started.take(), self.operation.take()) {
            operation.end(outcome, started.seconds());
        }
    }
}

impl<O: Operation> Drop for Guard<O> {
    #[inline]
    fn drop(&mut self) {
        if self.started.is_some() {
            self.conclude(match self.unended {
                Unended::Panic => Outcome::Panic,
                Unended::Cancelled => Outcome::Cancelled,
                Unended::Ask(_) if thread::panicking() => Outcome::Panic,
                Unended::Ask(left) => left,
            });
        }
    }
}

impl<O: Operation> fmt::Debug for Guard<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("started", &self.started).finish_non_exhaustive()
    }
}
