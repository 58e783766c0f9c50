//! The reasons for a refused login: a status for the client, and a label value for the metrics.

use mme_metrics::security::{BlockReason, ClassifyRefusal, FailureReason};

use crate::error::ApiError;

/// The reason why a login ends without a session.
#[derive(Debug)]
pub(super) enum LoginFailure {
    /// The login was blocked before the password was checked.
    Blocked(BlockReason),
    Credentials,
    SecondFactor,
    /// An internal error, which is not a refusal.
    Broken(ApiError),
}

impl ClassifyRefusal<FailureReason> for LoginFailure {
    fn refusal(&self) -> Option<FailureReason> {
        match self {
            Self::Blocked(_) => Some(FailureReason::BLOCKED),
            Self::Credentials => Some(FailureReason::CREDENTIALS),
            Self::SecondFactor => Some(FailureReason::SECOND_FACTOR),
            Self::Broken(_) => None,
        }
    }
}

impl ClassifyRefusal<()> for LoginFailure {
    fn refusal(&self) -> Option<()> {
        ClassifyRefusal::<FailureReason>::refusal(self).map(drop)
    }
}

impl From<LoginFailure> for ApiError {
    fn from(failure: LoginFailure) -> Self {
        match failure {
            LoginFailure::Blocked(BlockReason::BRUTE_FORCE) => {
                Self::TooMany("too many logins have failed: wait a minute")
            }
            LoginFailure::Blocked(_) => Self::Forbidden("logins from here are not taken"),
            LoginFailure::Credentials => Self::Unauthorized("tenant, user or password is wrong"),
            LoginFailure::SecondFactor => {
                Self::Unauthorized("the second factor is missing or wrong: send the `code` of now")
            }
            LoginFailure::Broken(error) => error,
        }
    }
}

impl From<ApiError> for LoginFailure {
    fn from(error: ApiError) -> Self {
        Self::Broken(error)
    }
}

impl From<sqlx::Error> for LoginFailure {
    fn from(error: sqlx::Error) -> Self {
        Self::Broken(error.into())
    }
}
