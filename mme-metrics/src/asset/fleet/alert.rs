//! Adds the grouping labels to the descriptions of alerts.

use std::collections::BTreeMap;

use super::grouping::Grouping;

/// The value of each grouping label in a rendered rule test.
pub(super) const TEST_VALUE: &str = "a";

/// Returns the description of an alert as a template that ends with the grouping labels.
pub(super) fn template(alert: &str, description: &str, grouping: &Grouping) -> String {
    with(description, &grouping.labels_of(alert), |label| format!("{{{{ $labels.{label} }}}}"))
}

/// Returns the description that a rule test expects of an alert with `labels`. The test adds `added` to its series.
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
