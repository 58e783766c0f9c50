//! What a check has found.

use std::fmt;

/// Something wrong in a file: where it stands and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssetFinding {
    /// Path of the file.
    pub file: String,
    /// The rule, alert, panel or variable within the file; empty when the file as a whole is meant.
    pub place: String,
    /// The expression, as it stands in the file; empty when no expression is meant.
    pub expression: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for AssetFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if !self.place.is_empty() {
            write!(f, ": {}", self.place)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.expression.is_empty() {
            write!(f, "\n    in: {}", self.expression.trim().replace('\n', "\n        "))?;
        }
        Ok(())
    }
}
