//! How the end of code is read from what it returned.

use super::{ErrorType, Operation, Outcome};

/// Reads the outcome from what measured code returned.
///
/// The attribute picks the first of these that fits the return type: [`ByOperation`], [`ByErrorType`], [`ByResult`],
/// [`AlwaysOk`]. It goes by the type itself, whatever its alias is called.
pub trait Classify<O, R> {
    /// The words it can give.
    const ERROR_TYPES: &'static [&'static str];

    /// Returns the outcome.
    fn classify(&self, operation: &mut O, returned: &R) -> Outcome;
}

/// An operation that reads its own end from what the code returned, such as a refusal from `Ok(Decision::Deny)`.
///
/// It may note what it finds: the operation is told its end right after.
pub trait ClassifyReturn<R>: Operation {
    /// The words it can give.
    const ERROR_TYPES: &'static [&'static str] = &[];

    /// Returns the outcome.
    fn classify(&mut self, returned: &R) -> Outcome;
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

/// Takes `Err` for an error of the kind its type says.
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

/// Takes `Err` for an error of the kind `other`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByResult;

impl<O, T, E> Classify<O, Result<T, E>> for ByResult {
    const ERROR_TYPES: &'static [&'static str] = &[];

    #[inline]
    fn classify(&self, _: &mut O, returned: &Result<T, E>) -> Outcome {
        if returned.is_ok() { Outcome::Ok } else { Outcome::OTHER }
    }
}

/// Takes whatever was returned for no error.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysOk;

impl<O, R> Classify<O, R> for AlwaysOk {
    const ERROR_TYPES: &'static [&'static str] = &[];

    #[inline]
    fn classify(&self, _: &mut O, _: &R) -> Outcome {
        Outcome::Ok
    }
}
