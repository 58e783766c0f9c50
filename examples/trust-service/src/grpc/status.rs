//! Converts an error of the service to a gRPC status.

use tonic::{Code, Status};

use crate::error::ApiError;

impl From<ApiError> for Status {
    fn from(error: ApiError) -> Self {
        let code = match &error {
            ApiError::Unauthorized(_) => Code::Unauthenticated,
            ApiError::Forbidden(_) => Code::PermissionDenied,
            ApiError::NotFound(_) => Code::NotFound,
            ApiError::Conflict(_) => Code::FailedPrecondition,
            ApiError::Unprocessable(_) => Code::InvalidArgument,
            ApiError::TooMany(_) => Code::ResourceExhausted,
            ApiError::Internal(error) => {
                tracing::error!(%error, "a call failed");
                Code::Internal
            }
            ApiError::Busy => Code::Unavailable,
            ApiError::Timeout(_) => Code::DeadlineExceeded,
        };
        Self::new(code, error.to_string())
    }
}
