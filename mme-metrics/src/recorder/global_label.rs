//! Which labels can stand on every series.

use crate::catalog;

/// What the key and the value of a global label have to be.
pub(super) const ACCEPTS: &str = "`[a-zA-Z_][a-zA-Z0-9_]*` of at most 64 bytes, not `le`, `quantile`, `__…` or a label of this crate's metrics, \
     with a value";

/// Most labels that can stand on every series. They leave room for those of any metric.
pub(super) const MOST: usize = 16;

/// Says whether a label can stand on every series.
pub(super) fn is_global_label(key: &str, value: &str) -> bool {
    !value.is_empty() && is_global_key(key) && !is_of_family(key)
}

/// Says whether a family of this crate has a label with this key: a global label would stand on the family's other metrics, and
/// mean something else there.
fn is_of_family(key: &str) -> bool {
    let mut specs = catalog::FAMILIES.iter().flat_map(|family| family.specs());
    specs.any(|spec| spec.labels.iter().any(|label| label.key == key))
}

fn is_global_key(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && key.len() <= 64
        && !key.starts_with("__")
        && !matches!(key, "le" | "quantile")
}
