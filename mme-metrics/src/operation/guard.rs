//! The guard that owns a measurement: it is made when the code begins, and records its outcome exactly once.
//!
//! ```
//! use mme_metrics::function::CallSite;
//! use mme_metrics::operation::{Guard, Outcome};
//!
//! fn feed(hungry: bool) {
//!     static SITE: CallSite = CallSite::new("feed", module_path!());
//!     let guard = Guard::start(SITE.call());
//!     if hungry {
//!         // A panic here is recorded as a panic, a `return` as cancelled.
//!     }
//!     guard.end(Outcome::Ok);
//! }
//! # feed(true);
//! ```

use std::fmt;
use std::mem;
use std::thread;

use super::classify::{ByOperation, Classify, ClassifyReturn};
use super::contract::Operation;
use super::error_type::ErrorType;
use super::outcome::Outcome;
use crate::clock::Moment;

/// Runs `body` and records its outcome, which `classifier` reads from the returned value.
///
/// # Panics
///
/// When `body` does; that is recorded as [`Outcome::Panic`].
#[inline]
#[allow(clippy::needless_pass_by_value, reason = "a classifier is named at the call, not kept")]
pub fn measure<O, R, C>(operation: O, classifier: C, body: impl FnOnce() -> R) -> R
where
    O: Operation,
    C: Classify<O, R>,
{
    let mut guard = Guard::idle(operation);
    guard.enter(C::ERROR_TYPES);
    let returned = body();
    let outcome = guard.operation.as_mut().map_or(Outcome::Ok, |operation| classifier.classify(operation, &returned));
    guard.end(outcome);
    returned
}

/// Measures from its creation until it is ended or dropped.
///
/// If it is dropped while its scope unwinds, it records [`Outcome::Panic`], otherwise [`Outcome::Cancelled`].
#[must_use = "dropping this ends the measurement"]
pub struct Guard<O: Operation> {
    operation: Option<O>,
    started: Option<Moment>,
    on_drop: OnDrop,
}

/// The outcome that a drop records.
#[derive(Clone, Copy)]
enum OnDrop {
    /// The code runs in a call that only a panic leaves without an outcome.
    Panic,
    /// The code does not run.
    Cancelled,
    /// `Panic` if the thread unwinds and did not when the scope began, otherwise `Cancelled`.
    AskThread,
}

impl<O: Operation> Guard<O> {
    /// Starts to measure.
    pub fn start(operation: O) -> Self {
        let mut guard = Self::idle(operation);
        guard.enter(&[]);
        // A scope that begins while the thread unwinds, in a destructor, cannot distinguish that panic from its own.
        guard.on_drop = if thread::panicking() { OnDrop::Cancelled } else { OnDrop::AskThread };
        guard
    }

    /// Ends the measurement.
    #[inline]
    pub fn end(mut self, outcome: Outcome) {
        let (started, operation) = (self.started.take(), self.operation.take());
        // Nothing is left to drop, and without a drop the compiler keeps the guard in registers.
        mem::forget(self);
        if let (Some(started), Some(operation)) = (started, operation) {
            operation.end(outcome, started.seconds());
        }
    }

    /// Ends the measurement with the outcome of `result`.
    pub fn end_with<T, E: ErrorType>(self, result: &Result<T, E>) {
        self.end(match result {
            Ok(_) => Outcome::Ok,
            Err(error) => Outcome::Error(error.error_type()),
        });
    }

    /// Ends the measurement with the outcome that the operation itself reads from `returned`.
    pub fn end_as<R>(mut self, returned: &R)
    where
        O: ClassifyReturn<R>,
    {
        self.classify(&ByOperation, returned);
    }

    /// Returns the operation, to add what became known meanwhile.
    pub fn operation(&mut self) -> Option<&mut O> {
        self.operation.as_mut()
    }

    /// Makes a guard that has not started; if it is dropped, it records nothing.
    #[inline]
    pub(crate) const fn idle(operation: O) -> Self {
        Self { operation: Some(operation), started: None, on_drop: OnDrop::Cancelled }
    }

    /// Starts or resumes: the code runs now, and only a panic leaves it without an outcome.
    #[inline]
    pub(crate) fn enter(&mut self, error_types: &'static [&'static str]) {
        self.on_drop = OnDrop::Panic;
        if self.started.is_none()
            && let Some(operation) = &mut self.operation
        {
            operation.start(error_types);
            self.started = Some(Moment::now());
        }
    }

    /// Returns when it started, or the current moment if it has not.
    #[cfg(feature = "sqlx")]
    pub(crate) fn since(&self) -> Moment {
        self.started.unwrap_or_else(Moment::now)
    }

    /// Sets the start to `moment`, if it has started.
    #[cfg(feature = "sqlx")]
    pub(crate) fn restart(&mut self, moment: Moment) {
        self.started = self.started.map(|_| moment);
    }

    /// Pauses: the code waits, and can be dropped.
    #[inline]
    pub(crate) fn leave(&mut self) {
        self.on_drop = OnDrop::Cancelled;
    }

    /// Ends the measurement in place, with the outcome that `classifier` reads from the returned value.
    #[inline]
    pub(crate) fn classify<R>(&mut self, classifier: &impl Classify<O, R>, returned: &R) {
        if let Some(operation) = &mut self.operation {
            let outcome = classifier.classify(operation, returned);
            self.conclude(outcome);
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
            self.conclude(match self.on_drop {
                OnDrop::Panic => Outcome::Panic,
                OnDrop::AskThread if thread::panicking() => Outcome::Panic,
                OnDrop::AskThread | OnDrop::Cancelled => Outcome::Cancelled,
            });
        }
    }
}

impl<O: Operation> fmt::Debug for Guard<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("started", &self.started).finish_non_exhaustive()
    }
}
