//! The description of an alert, which names the grouping labels.

use std::collections::BTreeMap;

use super::grouping::Grouping;

/// The value that a rendered rule test gives each grouping label.
pub(super) const TEST_VALUE: &str = "a";

/// Returns the description of an alert with its labels at its end, as a template.
pub(super) fn template(alert: &str, description: &str, grouping: &Grouping) -> String {
    with(description, &grouping.labels_of(alert), |label| format!("{{{{ $labels.{label} }}}}"))
}

/// Returns the description as a rule test expects it of an alert with `labels`; the test has given `added` to its series.
pub(super) fn expected(
    alert: &str,
    description: &str,
    labels: &BTreeMap<String, String>,
    added: &[&String],
    grouping: &Grouping,
) -> String {
    with(description, &grouping.labels_of(alert), |label| match labels.get(label) {
        Some(value) => value.clone(),
        None if added.iter().any(|added| *added == label) => TEST_VALUE.to_owned(),
        None => String::new(),
    })
}

fn with(description: &str, labels: &[&String], value: impl Fn(&str) -> String) -> String {
    if labels.is_empty() {
        return description.to_owned();
    }
    let labels: Vec<_> = labels.iter().map(|label| format!("{label}={}", value(label))).collect();
    format!("{} ({})", description.trim_end(), labels.join(", "))
}
