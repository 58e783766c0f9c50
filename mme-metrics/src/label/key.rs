//! The declaration of a label, and the trait of its values.

use metrics::SharedString;

use super::Cardinality;

/// The declaration of a label: its key and its cardinality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LabelSpec {
    /// The exported key.
    pub key: &'static str,
    /// Its cardinality.
    pub values: Cardinality,
}

impl LabelSpec {
    /// Describes the label that `V` declares.
    ///
    /// # Panics
    ///
    /// At compile time, when the key is not a label name, or Prometheus reserves it.
    pub const fn of<V: LabelValue>() -> Self {
        assert!(
            is_label_name(V::KEY),
            "a label key is `[a-z_][a-z0-9_]*`, at most 64 bytes, not `le`, `quantile`, `job` or `instance`, and does not start with `__`"
        );
        Self { key: V::KEY, values: V::CARDINALITY }
    }
}

/// A value of a label.
///
/// Derive it for an enum; declare open values with [`labels!`](crate::labels).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a metric label, because nothing says how many values it can have",
    label = "not a label value",
    note = "derive `LabelValue` for an enum, or declare an open value with a budget through `labels!`"
)]
pub trait LabelValue {
    /// The exported key.
    const KEY: &'static str;
    /// How many values the label can have.
    const CARDINALITY: Cardinality;

    /// Returns the exported value; empty means that the label is absent.
    fn label_value(&self) -> SharedString;

    /// Returns the position of the value among [`Cardinality::Closed`], if the label is closed.
    fn ordinal(&self) -> Option<usize> {
        None
    }
}

impl<V: LabelValue + ?Sized> LabelValue for &V {
    const KEY: &'static str = V::KEY;
    const CARDINALITY: Cardinality = V::CARDINALITY;

    fn label_value(&self) -> SharedString {
        V::label_value(self)
    }

    fn ordinal(&self) -> Option<usize> {
        V::ordinal(self)
    }
}

/// Says whether `key` can be a label of a typed metric.
///
/// The format allows `job` and `instance`, but Prometheus sets both itself.
const fn is_label_name(key: &str) -> bool {
    let bytes = key.as_bytes();
    if bytes.is_empty() || bytes.len() > 64 || bytes[0].is_ascii_digit() {
        return false;
    }
    if bytes.len() > 1 && bytes[0] == b'_' && bytes[1] == b'_' {
        return false;
    }
    let mut index = 0;
    while index < bytes.len() {
        if !matches!(bytes[index], b'a'..=b'z' | b'0'..=b'9' | b'_') {
            return false;
        }
        index += 1;
    }
    !matches!(bytes, b"le" | b"quantile" | b"job" | b"instance")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_and_malformed_keys_are_refused() {
        for key in ["", "le", "quantile", "job", "instance", "__name__", "9a", "a-b", "Ab", "ä"] {
            assert!(!is_label_name(key), "{key}");
        }
        assert!(!is_label_name(&"a".repeat(65)));
        for key in ["a", "_a", "http_route", "a9"] {
            assert!(is_label_name(key), "{key}");
        }
    }
}
