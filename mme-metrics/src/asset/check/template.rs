//! The labels that an alert's texts name.

use super::selector::unknown_label;
use super::shape::Shape;
use crate::asset::rule::Rule;

/// What stands before the name of a label in a template.
const LABELS: &str = "$labels.";

/// Checks that every `{{ $labels.x }}` names a label that the alert has.
pub(super) fn check(rule: &Rule, shape: &Shape, find: &mut impl FnMut(String)) {
    for (name, text) in rule.annotations.iter().chain(&rule.labels) {
        for part in text.split(LABELS).skip(1) {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
            let key = &part[..end];
            if !shape.labels.has(key) {
                find(format!(
                    "the text of `{name}` is empty where it names a label: {}",
                    unknown_label(key, "", &shape.labels)
                ));
            }
        }
    }
}
