//! A change that an export makes to its target.

use similar::TextDiff;

/// A change to one file.
#[derive(Debug)]
pub(super) struct Change {
    /// The path below the target, with `/` between directories.
    pub(super) path: String,
    /// The text that is there.
    pub(super) old: Option<String>,
    /// The text that will be there.
    pub(super) new: Option<String>,
    /// Whether the text that is there was written by an export, and not changed since.
    pub(super) ours: bool,
}

impl Change {
    /// Returns what happens to the file.
    pub(super) fn verb(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "add",
            (Some(_), Some(_)) => "change",
            (Some(_), None) => "remove",
        }
    }

    /// Returns the path if the change would lose what is not ours.
    pub(super) fn refusal(&self) -> Option<&str> {
        (self.old.is_some() && !self.ours).then_some(self.path.as_str())
    }

    /// Returns the change as a unified diff.
    pub(super) fn diff(&self) -> String {
        let (old, new) = (self.old.as_deref().unwrap_or_default(), self.new.as_deref().unwrap_or_default());
        let name = |side: &str, there: bool| {
            if there { format!("{side}/{}", self.path) } else { String::from("/dev/null") }
        };
        let (from, to) = (name("a", self.old.is_some()), name("b", self.new.is_some()));
        let foreign = if self.refusal().is_some() { "# not written by an export, or changed since:\n" } else { "" };
        let diff = TextDiff::from_lines(old, new);
        format!("{foreign}{}", diff.unified_diff().context_radius(3).header(&from, &to))
    }
}
