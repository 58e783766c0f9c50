//! The trait of an operation.

use super::outcome::Outcome;

/// An operation: it records one run of a piece of code.
///
/// It is made when the code begins, with the labels that are known by then. It must neither block nor panic: `end` also runs while a
/// panic unwinds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an operation, so it cannot record how code ends",
    label = "does not implement `Operation`",
    note = "pass an operation of a family, or implement `mme_metrics::operation::Operation`"
)]
pub trait Operation: Sized {
    /// Is called once, right before the code runs.
    ///
    /// `error_types` are the words of the code's error type, so that their series can be made to exist at zero.
    fn start(&mut self, error_types: &'static [&'static str]) {
        let _ = error_types;
    }

    /// Is called once, however the code ended, with the seconds since the start.
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
