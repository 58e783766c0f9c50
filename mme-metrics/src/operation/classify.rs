//! Classifiers: they read the outcome of code from what it returned.

use super::contract::Operation;
use super::error_type::ErrorType;
use super::outcome::Outcome;

/// Reads the outcome from what measured code returned.
///
/// The attribute picks the first of these that fits the return type: [`ByOperation`], [`ByErrorType`], [`ByResult`],
/// [`AlwaysOk`]. It goes by the type itself, whatever its alias is called.
pub trait Classify<O, R> {
    /// The error words that it can return.
    const ERROR_TYPES: &'static [&'static str];

    /// Returns the outcome.
    fn classify(&self, operation: &mut O, returned: &R) -> Outcome;
}

/// An operation that classifies what the code returned itself, such as `Ok(Decision::Deny)` as a refusal.
///
/// It may keep what it finds: its `end` is called right after.
pub trait ClassifyReturn<R>: Operation {
    /// The error words that it can return.
    const ERROR_TYPES: &'static [&'static str] = &[];

    /// Returns the outcome.
    fn classify(&mut self, returned: &R) -> Outcome;
}

/// The first of two operations classifies for both.
impl<R, A: ClassifyReturn<R>, B: Operation> ClassifyReturn<R> for (A, B) {
    const ERROR_TYPES: &'static [&'static str] = A::ERROR_TYPES;

    fn classify(&mut self, returned: &R) -> Outcome {
        self.0.classify(returned)
    }
}

/// Asks the operation itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByOperation;

impl<R, O: ClassifyReturn<R>> Classify<O, R> for ByOperation {
    const ERROR_TYPES: &'static [&'static str] = O::ERROR_TYPES;

    #[inline]
    fn classify(&self, operation: &mut O, returned: &R) -> Outcome {
        operation.classify(returned)
    }
}

/// Classifies `Err` by its [`ErrorType`].
#[derive(Clone, Copy, Debug, Default)]
pub struct ByErrorType;

impl<O, T, E: ErrorType> Classify<O, Result<T, E>> for ByErrorType {
    const ERROR_TYPES: &'static [&'static str] = E::ERROR_TYPES;

    #[inline]
    fn classify(&self, _: &mut O, returned: &Result<T, E>) -> Outcome {
        match returned {
            Ok(_) => Outcome::Ok,
            Err(error) => Outcome::Error(error.error_type()),
        }
    }
}

/// Classifies every `Err` as the error `other`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByResult;

impl<O, T, E> Classify<O, Result<T, E>> for ByResult {
    const ERROR_TYPES: &'static [&'static str] = &[];

    #[inline]
    fn classify(&self, _: &mut O, returned: &Result<T, E>) -> Outcome {
        if returned.is_ok() { Outcome::Ok } else { Outcome::OTHER }
    }
}

/// Classifies every returned value as no error.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysOk;

impl<O, R> Classify<O, R> for AlwaysOk {
    const ERROR_TYPES: &'static [&'static str] = &[];

    #[inline]
    fn classify(&self, _: &mut O, _: &R) -> Outcome {
        Outcome::Ok
    }
}
