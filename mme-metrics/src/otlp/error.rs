//! The errors of setting up an exporter and of an export.

use std::error::Error;
use std::fmt;

/// The error of setting up an [`OtlpExporter`](super::OtlpExporter). It never repeats a value, because a value may be a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum OtlpSetupError {
    /// An environment variable, or a setting of the builder, has a value that cannot be used.
    Invalid {
        /// The variable, or the method of the builder.
        name: &'static str,
        /// What it accepts.
        accepts: &'static str,
    },
    /// There is no tokio runtime to run on.
    NoRuntime,
    /// The HTTP client cannot be built.
    Client(reqwest::Error),
}

impl OtlpSetupError {
    pub(super) const fn invalid(name: &'static str, accepts: &'static str) -> Self {
        Self::Invalid { name, accepts }
    }
}

impl fmt::Display for OtlpSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { name, accepts } => write!(f, "the value of `{name}` cannot be used: give {accepts}"),
            Self::NoRuntime => {
                f.write_str("there is no tokio runtime here: call `start` inside `#[tokio::main]` or `Runtime::enter`")
            }
            Self::Client(_) => f.write_str("the HTTP client cannot be built: check its TLS settings"),
        }
    }
}

impl Error for OtlpSetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Client(error) => Some(error),
            Self::Invalid { .. } | Self::NoRuntime => None,
        }
    }
}

/// Why an export failed. The next one sends everything that this one would have sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtlpExportError {
    /// The receiver refused a request with this HTTP status.
    Status(u16),
    /// The receiver ended the gRPC call with this status.
    GrpcStatus(u16),
    /// The receiver answered with this redirect, which is not followed.
    Redirect(u16),
    /// The receiver could not be reached, or the connection broke; with the reason.
    Connection(String),
    /// The receiver did not answer in time.
    TimedOut,
    /// The answer is not one of OTLP. The address is probably that of another server.
    Answer,
    /// The metrics could not be read.
    Reading,
    /// The exporter has stopped, with its runtime.
    Stopped,
}

impl fmt::Display for OtlpExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "the receiver answered with the status {status}"),
            Self::GrpcStatus(status) => write!(f, "the receiver ended the call with the gRPC status {status}"),
            Self::Redirect(status) => {
                write!(f, "the receiver answered with the redirect {status}: set the endpoint to where it leads")
            }
            Self::Connection(reason) => write!(f, "the receiver cannot be reached: {reason}"),
            Self::TimedOut => f.write_str("the receiver did not answer in time"),
            Self::Answer => f.write_str(
                "the answer is not one of OTLP: check address and protocol; the port is usually 4318 for HTTP, and 4317 for gRPC",
            ),
            Self::Reading => f.write_str("the metrics could not be read"),
            Self::Stopped => f.write_str("the exporter has stopped"),
        }
    }
}

impl Error for OtlpExportError {}
