//! The outcome of measured code, and its labels.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, Registry, labels};

/// The outcome of measured code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It returned a value that is not an error.
    Ok,
    /// It returned an error; the word comes from [`ErrorType`](super::ErrorType).
    Error(&'static str),
    /// It unwound.
    Panic,
    /// It was dropped before it returned.
    Cancelled,
}

impl Outcome {
    /// An error without a word.
    pub const OTHER: Self = Self::Error(ErrorWord::OTHER);

    /// Returns the value of the label `result`.
    pub const fn result_label(self) -> ResultLabel {
        match self {
            Self::Ok => ResultLabel::Ok,
            Self::Error(_) | Self::Panic => ResultLabel::Error,
            Self::Cancelled => ResultLabel::Cancelled,
        }
    }

    /// Returns the value of the label `error_type`: empty unless the code failed.
    pub fn error_word(self) -> ErrorWord {
        match self {
            Self::Ok | Self::Cancelled => ErrorWord(""),
            Self::Error(word) => ErrorWord::new(word),
            Self::Panic => ErrorWord(ErrorWord::PANIC),
        }
    }
}

labels! {
    /// The label `result`: how measured code ended. A panic is an error.
    pub closed ResultLabel: "result" {
        /// It returned, and what it returned is no error.
        Ok = "ok",
        /// It returned an error, or unwound.
        Error = "error",
        /// It was dropped before it returned.
        Cancelled = "cancelled",
    }
}

/// How many words the error types of one program can have; each stands in its source.
const ERROR_WORDS: usize = 1024;

static WORDS: Registry = Registry::new(ErrorWord::KEY, ERROR_WORDS, ErrorWord::OTHER);

/// The label `error_type`: the word of an error, `panic`, `other`, or absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorWord(&'static str);

impl ErrorWord {
    pub(crate) const OTHER: &str = "other";
    pub(crate) const PANIC: &str = "panic";

    /// Returns the exported text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Admits `word`; past the budget `other` replaces it.
    fn new(word: &'static str) -> Self {
        Self(WORDS.admit(word).as_str())
    }
}

impl LabelValue for ErrorWord {
    const KEY: &'static str = "error_type";
    // The empty word, `panic` and `other` beside those of the program.
    const CARDINALITY: Cardinality = Cardinality::Bounded(ERROR_WORDS + 3);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_a_cancel_is_none() {
        let read = |outcome: Outcome| (outcome.result_label().label_value(), outcome.error_word().label_value());
        assert_eq!(read(Outcome::Ok), ("ok".into(), "".into()));
        assert_eq!(read(Outcome::Error("timeout")), ("error".into(), "timeout".into()));
        assert_eq!(read(Outcome::Panic), ("error".into(), "panic".into()));
        assert_eq!(read(Outcome::Cancelled), ("cancelled".into(), "".into()));
    }

    #[test]
    fn a_word_that_cannot_be_exported_reads_other() {
        assert_eq!(Outcome::Error("line\nbreak").error_word(), Outcome::OTHER.error_word());
        assert_eq!(Outcome::Error("").error_word(), Outcome::OTHER.error_word());
    }
}
