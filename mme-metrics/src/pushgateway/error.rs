//! The errors of setting up a Pushgateway and of a push.

use std::error::Error;
use std::fmt;

/// The error of setting up a [`Pushgateway`](super::Pushgateway). It never repeats a value, because a value may be a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum PushgatewaySetupError {
    /// A setting of the builder has a value that cannot be used.
    Invalid {
        /// The method of the builder.
        name: &'static str,
        /// What it accepts.
        accepts: &'static str,
    },
    /// The HTTP client cannot be built.
    Client(reqwest::Error),
}

impl PushgatewaySetupError {
    pub(super) const fn invalid(name: &'static str, accepts: &'static str) -> Self {
        Self::Invalid { name, accepts }
    }
}

impl fmt::Display for PushgatewaySetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { name, accepts } => write!(f, "the value of `{name}` cannot be used: give {accepts}"),
            Self::Client(_) => f.write_str("the HTTP client cannot be built: check its TLS settings"),
        }
    }
}

impl Error for PushgatewaySetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Client(error) => Some(error),
            Self::Invalid { .. } => None,
        }
    }
}

/// Why a push failed. The Pushgateway keeps what it had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// The Pushgateway refused the metrics, for this reason. Another program has probably pushed a metric of the same name and another type.
    Refused(String),
    /// The server answered with this HTTP status.
    Status(u16),
    /// The server answered with this redirect, which is not followed.
    Redirect(u16),
    /// The server could not be reached, or the connection broke; with the reason.
    Connection(String),
    /// The server did not answer in time.
    TimedOut,
    /// The answer is not one of a Pushgateway. The address is probably that of another server.
    Answer,
    /// The file with the credentials cannot be used; with the reason.
    Credentials(String),
    /// The metrics could not be read.
    Reading,
    /// There is no thread to push on.
    NoThread,
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => write!(f, "the Pushgateway refused the metrics: {reason}"),
            Self::Status(status @ (401 | 403)) => {
                write!(f, "the Pushgateway answered with the status {status}: check the credentials")
            }
            Self::Status(status @ 404) => {
                write!(f, "the server answered with the status {status}: give its address without `/metrics`")
            }
            Self::Status(status) => write!(f, "the Pushgateway answered with the status {status}"),
            Self::Redirect(status) => {
                write!(f, "the server answered with the redirect {status}: give the address that it leads to")
            }
            Self::Connection(reason) => write!(f, "the Pushgateway cannot be reached: {reason}"),
            Self::TimedOut => f.write_str("the Pushgateway did not answer in time"),
            Self::Answer => {
                f.write_str("the answer is not one of a Pushgateway: check the address, its port is usually 9091")
            }
            Self::Credentials(reason) => write!(f, "the file with the credentials cannot be used: {reason}"),
            Self::Reading => f.write_str("the metrics could not be read"),
            Self::NoThread => f.write_str("no thread could be started to push the metrics on"),
        }
    }
}

impl Error for PushError {}
