//! The description of an alert, which names the grouping labels.

use std::collections::BTreeMap;

use super::grouping::Grouping;

/// The value that a rendered rule test gives each grouping label.
pub(super) const TEST_VALUE: &str = "a";

/// Returns a description with the labels at its end, as a template.
pub(super) fn template(description: &str, grouping: &Grouping) -> String {
    with(description, grouping, |label| format!("{{{{ $labels.{label} }}}}"))
}

/// Returns a description with the labels at its end, as a rule test expects it of an alert with `labels`.
pub(super) fn expected(description: &str, labels: &BTreeMap<String, String>, grouping: &Grouping) -> String {
    with(description, grouping, |label| labels.get(label).map_or(TEST_VALUE, String::as_str).to_owned())
}

fn with(description: &str, grouping: &Grouping, value: impl Fn(&str) -> String) -> String {
    let labels: Vec<_> = grouping.labels.iter().map(|label| format!("{label}={}", value(label))).collect();
    format!("{} ({})", description.trim_end(), labels.join(", "))
}
