//! What a caller shows to be let in: accepted, refused, or neither because something broke.

use super::label::AuthResult;
use crate::operation::Guard;
use crate::operation::{ClassifyReturn, Operation, Outcome};

/// How an operation ends whose caller was refused.
const REFUSED: Outcome = Outcome::Error("refused");

/// An error that says whether the caller was refused, and why.
///
/// Implement it for the errors of functions that authenticate; then a result can be handed over as it is. `Why` is what the
/// operation wants to know: [`FailureReason`](super::FailureReason) of an attempt to log in, [`JwtReason`](super::JwtReason)
/// of a token, `()` of a second factor.
///
/// ```
/// use mme_metrics::security::{FailureReason, Refusal};
///
/// enum LoginError {
///     WrongPassword,
///     Locked,
///     Database(std::io::Error),
/// }
///
/// impl Refusal<FailureReason> for LoginError {
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
    label = "refused, or broken?",
    note = "implement `mme_metrics::security::Refusal`, or end the guard with `success` and `failure`"
)]
pub trait Refusal<Why> {
    /// Returns why the caller was refused, or nothing if that is not what happened: then something broke.
    fn refusal(&self) -> Option<Why>;
}

/// Only the operations of this crate are proofs.
pub(super) mod sealed {
    pub trait Sealed {}
}

/// An operation that a caller passes or not: [`AuthAttempt`](super::AuthAttempt), [`JwtValidation`](super::JwtValidation) and
/// [`MfaChallenge`](super::MfaChallenge).
pub trait Proof: Operation + sealed::Sealed {
    /// What is to be known of a refusal.
    type Why;

    /// Notes why the caller is refused.
    #[doc(hidden)]
    fn refuse(&mut self, why: Self::Why);
}

impl<P: Proof> Guard<P> {
    /// Ends it: the caller is who it says.
    pub fn success(self) {
        self.end(Outcome::Ok);
    }

    /// Ends it: the caller is refused.
    pub fn failure(mut self, why: P::Why) {
        if let Some(proof) = self.operation() {
            proof.refuse(why);
        }
        self.end(REFUSED);
    }
}

impl<T, E: Refusal<P::Why>, P: Proof> ClassifyReturn<Result<T, E>> for P {
    fn classify(&mut self, returned: &Result<T, E>) -> Outcome {
        match returned.as_ref().map_err(Refusal::refusal) {
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
    /// Reads a result from how the operation ended. Being given up says nothing about the caller, so it is an error: neither
    /// let in nor refused.
    #[inline]
    pub(super) fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => Self::Success,
            REFUSED => Self::Failure,
            Outcome::Error(_) | Outcome::Panic | Outcome::Cancelled => Self::Error,
        }
    }
}
