//! Why a check found nothing out.

use std::error::Error;
use std::fmt;

/// Why a check could not find out what it was to find out.
///
/// It holds no text of the other side: what is asked may be hostile, and this is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProbeFailure {
    /// There was no answer within the time limit, or no place to begin in.
    TimedOut,
    /// The check panicked.
    Panicked,
    /// There was nobody to ask: the name, the port, or the certificate of the other side did not do.
    Unreachable,
    /// The connection broke off, or what came was not of the protocol.
    Broken,
    /// The answer was longer than a check reads.
    TooLarge,
    /// The answer was not in the form it said it had.
    Malformed,
    /// The answer has this status, which says neither yes nor no: 302, 429, 500.
    Status(u16),
    /// There was an answer in good form, but not the one that was to be expected, such as a login page.
    Unexpected,
    /// The question held what its answer was searched for, so that an echo would look like an answer.
    Echo,
    /// Another reason, in a word of the program's own.
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
