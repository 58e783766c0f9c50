//! The reasons for a refused login: a status for the client, and a label value for the metrics.

use mme_metrics::security::{BlockReason, ClassifyRefusal, FailureReason};

use crate::error::ApiError;

/// The reason why a login ends without a session.
#[derive(Debug)]
pub(super) enum Denied {
    /// The login was blocked before the password was checked.
    Blocked(BlockReason),
    Credentials,
    SecondFactor,
    /// An internal error, which is not a refusal.
    Broken(ApiError),
}

impl ClassifyRefusal<FailureReason> for Denied {
    fn refusal(&self) -> Option<FailureReason> {
        match self {
            Self::Blocked(_) => Some(FailureReason::BLOCKED),
            Self::Credentials => Some(FailureReason::CREDENTIALS),
            Self::SecondFactor => Some(FailureReason::SECOND_FACTOR),
            Self::Broken(_) => None,
        }
    }
}

impl ClassifyRefusal<()> for Denied {
    fn refusal(&self) -> Option<()> {
        ClassifyRefusal::<FailureReason>::refusal(self).map(drop)
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Blocked(BlockReason::BRUTE_FORCE) => Self::TooMany("too many logins have failed: wait a minute"),
            Denied::Blocked(_) => Self::Forbidden("logins from here are not taken"),
            Denied::Credentials => Self::Unauthorized("tenant, user or password is wrong"),
            Denied::SecondFactor => Self::Unauthorized("the second factor is missing or wrong: send the `code` of now"),
            Denied::Broken(error) => error,
        }
    }
}

impl From<ApiError> for Denied {
    fn from(error: ApiError) -> Self {
        Self::Broken(error)
    }
}

impl From<sqlx::Error> for Denied {
    fn from(error: sqlx::Error) -> Self {
        Self::Broken(error.into())
    }
}
