//! The end of a command: what it prints, and its exit code.

/// What a command prints on standard output, and its exit code.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) text: String,
    pub(crate) code: u8,
}

impl Outcome {
    /// All is well.
    pub(crate) fn success(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: 0 }
    }

    /// A check ran. It found something if `found` is true.
    pub(crate) fn checked(text: impl Into<String>, found: bool) -> Self {
        Self { text: text.into(), code: found.into() }
    }

    /// Nothing was there to check, so nothing is known.
    pub(crate) fn unchecked(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: 2 }
    }
}
