//! The reasons why a check has no result.

use std::error::Error;
use std::fmt;

/// The reason why a check has no result.
///
/// It contains no text from the other side, which may be hostile, because failures are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProbeFailure {
    /// There was no answer within the time limit, or the check waited too long for its turn.
    TimedOut,
    /// The check panicked.
    Panicked,
    /// No connection: the name could not be resolved, the port is closed, or the certificate was refused.
    Unreachable,
    /// The connection broke, or the answer does not follow the protocol.
    Broken,
    /// The answer is longer than a check reads.
    TooLarge,
    /// The answer is not in the format that it declares.
    Malformed,
    /// The answer has this status, which decides nothing: 302, 429, 500.
    Status(u16),
    /// The answer is well-formed but not an expected one, such as a login page.
    Unexpected,
    /// The request contained the text that the answer is searched for, so an echo would look like a result.
    Echo,
    /// Another reason, in words of the program.
    Other(&'static str),
}

impl fmt::Display for ProbeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("timed out"),
            Self::Panicked => f.write_str("the check panicked"),
            Self::Unreachable => f.write_str("unreachable"),
            Self::Broken => f.write_str("the connection broke off"),
            Self::TooLarge => f.write_str("the answer was too large"),
            Self::Malformed => f.write_str("the answer was malformed"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Unexpected => f.write_str("the answer was not the one expected"),
            Self::Echo => f.write_str("the question held the marker"),
            Self::Other(word) => f.write_str(word),
        }
    }
}

impl Error for ProbeFailure {}
