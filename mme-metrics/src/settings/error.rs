//! The error of reading or checking settings.

use std::error::Error;
use std::fmt;

/// Longest part of a wrong name that an error repeats, in characters.
const LONGEST: usize = 80;

/// What is wrong with the settings of an operator. An error repeats names and the path of the
/// settings file, and never a value that is set, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsError {
    /// A file cannot be read.
    Unreadable {
        /// The variable or key that names it.
        place: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// The file is not TOML.
    Syntax {
        /// The file.
        place: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A name that does not exist.
    Unknown {
        /// The variable or key that has it, or the file for a key.
        place: String,
        /// What it names: a key, a variable, a family or a metric.
        kind: &'static str,
        /// The name.
        name: String,
        /// What to do.
        hint: String,
    },
    /// A value that cannot be used.
    Invalid {
        /// The variable or key that has it.
        place: String,
        /// What it accepts, or what to do.
        accepts: String,
    },
}

impl SettingsError {
    pub(crate) fn invalid(place: &str, accepts: impl Into<String>) -> Self {
        Self::Invalid { place: place.to_owned(), accepts: accepts.into() }
    }

    /// A name that does not exist. The hint is `meant`, the name that it most likely stands for, or else `otherwise`.
    pub(super) fn unknown(place: &str, kind: &'static str, name: &str, meant: Option<&str>, otherwise: &str) -> Self {
        let hint = meant.map_or_else(|| otherwise.to_owned(), |meant| format!("did you mean `{meant}`?"));
        Self::Unknown { place: place.to_owned(), kind, name: quoted(name), hint }
    }
}

/// Returns a name that may be any text, short and on one line.
pub(super) fn quoted(name: &str) -> String {
    let escaped: String = name.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if name.chars().nth(LONGEST).is_some() { escaped + "…" } else { escaped }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { place, reason } => {
                write!(f, "the file that {place} names cannot be read ({reason}): name a file that this user may read")
            }
            Self::Syntax { place, line, reason } => write!(f, "line {line} of {place} is not TOML: {reason}"),
            Self::Unknown { place, kind, name, hint } => write!(f, "{place}: unknown {kind} `{name}`: {hint}"),
            Self::Invalid { place, accepts } => write!(f, "the value of {place} cannot be used: {accepts}"),
        }
    }
}

impl Error for SettingsError {}
