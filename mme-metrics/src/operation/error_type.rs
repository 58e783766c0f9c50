//! The value of an error in the label `error_type`.

use std::convert::Infallible;
use std::io;

/// An error with a kind, from a closed set of words.
///
/// Implement it for the errors of instrumented functions; without it `error_type` is always `other`.
///
/// ```
/// use mme_metrics::operation::ErrorType;
///
/// enum StoreError {
///     NotFound { key: String },
///     Io(std::io::Error),
/// }
///
/// impl ErrorType for StoreError {
///     const ERROR_TYPES: &'static [&'static str] = &["not_found", "io"];
///
///     fn error_type(&self) -> &'static str {
///         match self {
///             Self::NotFound { .. } => "not_found",
///             Self::Io(_) => "io",
///         }
///     }
/// }
/// # assert_eq!(StoreError::NotFound { key: "k".to_owned() }.error_type(), "not_found");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `error_type`",
    label = "does not implement `ErrorType`",
    note = "implement `mme_metrics::operation::ErrorType`, or use `ByResult`, which classifies every error as `other`"
)]
pub trait ErrorType {
    /// Every word that [`error_type`](Self::error_type) can return. Each series is exported from its first error on.
    const ERROR_TYPES: &'static [&'static str];

    /// Returns the kind of this error, which is one of [`ERROR_TYPES`](Self::ERROR_TYPES) and never a message.
    fn error_type(&self) -> &'static str;
}

impl<E: ErrorType + ?Sized> ErrorType for &E {
    const ERROR_TYPES: &'static [&'static str] = E::ERROR_TYPES;

    fn error_type(&self) -> &'static str {
        E::error_type(self)
    }
}

impl<E: ErrorType + ?Sized> ErrorType for Box<E> {
    const ERROR_TYPES: &'static [&'static str] = E::ERROR_TYPES;

    fn error_type(&self) -> &'static str {
        E::error_type(self)
    }
}

impl ErrorType for Infallible {
    const ERROR_TYPES: &'static [&'static str] = &[];

    fn error_type(&self) -> &'static str {
        match *self {}
    }
}

/// The kinds that a service acts upon; all others are `io`.
impl ErrorType for io::Error {
    const ERROR_TYPES: &'static [&'static str] = &[
        "not_found",
        "permission_denied",
        "already_exists",
        "connection_refused",
        "connection_reset",
        "connection_aborted",
        "broken_pipe",
        "timed_out",
        "unexpected_eof",
        "invalid_data",
        "invalid_input",
        "storage_full",
        "io",
    ];

    fn error_type(&self) -> &'static str {
        match self.kind() {
            io::ErrorKind::NotFound => "not_found",
            io::ErrorKind::PermissionDenied => "permission_denied",
            io::ErrorKind::AlreadyExists => "already_exists",
            io::ErrorKind::ConnectionRefused => "connection_refused",
            io::ErrorKind::ConnectionReset => "connection_reset",
            io::ErrorKind::ConnectionAborted => "connection_aborted",
            io::ErrorKind::BrokenPipe => "broken_pipe",
            io::ErrorKind::TimedOut => "timed_out",
            io::ErrorKind::UnexpectedEof => "unexpected_eof",
            io::ErrorKind::InvalidData => "invalid_data",
            io::ErrorKind::InvalidInput => "invalid_input",
            io::ErrorKind::StorageFull => "storage_full",
            _ => "io",
        }
    }
}
