//! Reads parts of a JSON document that may be missing.

use serde_json::Value;

/// Returns the items of a list, or none if the value is not a list.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Returns the entries of an object, or none if the value is not an object.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// Returns the name of a panel, variable or annotation.
pub(super) fn name(value: &Value) -> &str {
    value.as_str().unwrap_or("without a name")
}
