//! The errors of a request, and their HTTP answers.

use std::error::Error;
use std::fmt;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use mme_metrics::operation::ErrorType;
use serde_json::json;

/// The error of a request, with one variant for each HTTP status.
#[derive(Debug)]
pub(crate) enum ApiError {
    Unauthorized(&'static str),
    Forbidden(&'static str),
    NotFound(&'static str),
    Conflict(&'static str),
    Unprocessable(String),
    TooMany(&'static str),
    /// An internal error. The reason is logged and not sent to the client.
    Internal(Box<dyn Error + Send + Sync>),
    /// The connection pool of the database is exhausted.
    Busy,
    /// A dependency of the service took too long.
    Timeout(&'static str),
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout(_) => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized(text)
            | Self::Forbidden(text)
            | Self::NotFound(text)
            | Self::Conflict(text)
            | Self::TooMany(text)
            | Self::Timeout(text) => f.write_str(text),
            Self::Unprocessable(text) => f.write_str(text),
            Self::Internal(_) => f.write_str("something went wrong here, not with your request"),
            Self::Busy => f.write_str("too much is going on: try again in a moment"),
        }
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Internal(error) => Some(&**error),
            _ => None,
        }
    }
}

/// Names these errors in the label `error_type` of measured functions. Without it all would have the same value.
impl ErrorType for ApiError {
    const ERROR_TYPES: &'static [&'static str] = &[
        "unauthorized",
        "forbidden",
        "not_found",
        "conflict",
        "unprocessable",
        "too_many",
        "internal",
        "busy",
        "timeout",
    ];

    fn error_type(&self) -> &'static str {
        match self {
            Self::Unauthorized(_) => "unauthorized",
            Self::Forbidden(_) => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::Conflict(_) => "conflict",
            Self::Unprocessable(_) => "unprocessable",
            Self::TooMany(_) => "too_many",
            Self::Internal(_) => "internal",
            Self::Busy => "busy",
            Self::Timeout(_) => "timeout",
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Internal(error) = &self {
            tracing::error!(%error, "a request failed");
        }
        (self.status(), Json(json!({ "error": self.to_string() }))).into_response()
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => Self::Busy,
            error => Self::Internal(error.into()),
        }
    }
}

impl From<tokio::task::JoinError> for ApiError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.into())
    }
}
