//! The result of an authentication: the caller is accepted, refused, or neither because an error occurred.

use super::label::AuthResult;
use crate::operation::Guard;
use crate::operation::{ClassifyReturn, Operation, Outcome};

/// The outcome of an operation whose caller was refused.
const REFUSED: Outcome = Outcome::Error("refused");

/// An error that states whether the caller was refused, and why.
///
/// Implement it for the errors of functions that authenticate. Then the result of such a function is recorded as it is.
/// `Why` is the reason that the operation records: [`FailureReason`](super::FailureReason) for an attempt to log in,
/// [`JwtReason`](super::JwtReason) for a token, `()` for a second factor.
///
/// ```
/// use mme_metrics::security::{FailureReason, ClassifyRefusal};
///
/// enum LoginError {
///     WrongPassword,
///     Locked,
///     Database(std::io::Error),
/// }
///
/// impl ClassifyRefusal<FailureReason> for LoginError {
///     fn refusal(&self) -> Option<FailureReason> {
///         match self {
///             Self::WrongPassword => Some(FailureReason::CREDENTIALS),
///             Self::Locked => Some(FailureReason::LOCKED),
///             Self::Database(_) => None,
///         }
///     }
/// }
/// # let _ = [LoginError::WrongPassword, LoginError::Locked].map(|error| error.refusal());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether it is a refusal",
    label = "this error says neither that the caller was refused nor that something failed",
    note = "implement `mme_metrics::security::ClassifyRefusal`, or end the guard with `success` and `failure`"
)]
pub trait ClassifyRefusal<Why> {
    /// Returns why the caller was refused, or `None` if the error is not a refusal.
    fn refusal(&self) -> Option<Why>;
}

/// Only the operations of this crate are proofs.
pub(super) mod sealed {
    pub trait Sealed {}
}

/// An operation that accepts or refuses a caller: [`AuthAttempt`](super::AuthAttempt),
/// [`JwtValidation`](super::JwtValidation) and [`MfaChallenge`](super::MfaChallenge).
pub trait Proof: Operation + sealed::Sealed {
    /// The reason for a refusal.
    type Why;

    /// Sets the reason why the caller is refused.
    #[doc(hidden)]
    fn refuse(&mut self, why: Self::Why);
}

impl<P: Proof> Guard<P> {
    /// Ends the operation as a success: the caller proved its identity.
    pub fn success(self) {
        self.end(Outcome::Ok);
    }

    /// Ends the operation as a failure: the caller is refused.
    pub fn failure(mut self, why: P::Why) {
        if let Some(proof) = self.operation() {
            proof.refuse(why);
        }
        self.end(REFUSED);
    }
}

impl<T, E: ClassifyRefusal<P::Why>, P: Proof> ClassifyReturn<Result<T, E>> for P {
    fn classify(&mut self, returned: &Result<T, E>) -> Outcome {
        match returned.as_ref().map_err(ClassifyRefusal::refusal) {
            Ok(_) => Outcome::Ok,
            Err(None) => Outcome::OTHER,
            Err(Some(why)) => {
                self.refuse(why);
                REFUSED
            }
        }
    }
}

impl AuthResult {
    /// Converts the outcome of an operation to a result. A cancelled operation neither accepts nor refuses the caller,
    /// so it is an error.
    #[inline]
    pub(super) fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => Self::Success,
            REFUSED => Self::Failure,
            Outcome::Error(_) | Outcome::Panic | Outcome::Cancelled => Self::Error,
        }
    }
}
