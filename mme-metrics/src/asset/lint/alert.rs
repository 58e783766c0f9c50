//! Lints the name, labels and annotations of an alert.

use crate::asset::rule::Rule;

/// Longest name of an alert, because it is the title of a notification on a phone.
const MAX_NAME: usize = 40;

/// The alert that always fires, to prove that alerts arrive. It needs no action.
pub(super) const WATCHDOG: &str = "Watchdog";

const SEVERITIES: [&str; 3] = ["critical", "warning", "info"];

/// The categories by which alerts are routed.
const CATEGORIES: [&str; 6] = ["availability", "business", "data", "infrastructure", "performance", "security"];

/// Checks the name, labels and annotations of an alert.
pub(super) fn check(name: &str, rule: &Rule, find: &mut impl FnMut(String)) {
    let camel_case =
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric());
    if !camel_case || name.len() > MAX_NAME {
        find(format!("the name of an alert is CamelCase and has at most {MAX_NAME} characters: shorten or respell it"));
    }
    check_labels(name, rule, find);
    let annotation = |key: &str| rule.annotation(key);

    let summary = annotation("summary");
    if summary.contains("{{") || !summary.ends_with('.') {
        find("`summary` is one sentence that is the same for every series: put values into `description`".to_owned());
    }
    if !annotation("description").contains("{{") {
        find("`description` says nothing of this case: name `{{ $labels.… }}` or `{{ $value }}`".to_owned());
    }
    if !annotation("runbook_url").ends_with(&format!("/{name}.md")) {
        find(format!("`runbook_url` leads to no page of this alert: end it in `/{name}.md`"));
    }
}

fn check_labels(name: &str, rule: &Rule, find: &mut impl FnMut(String)) {
    let severity = rule.labels.get("severity").map_or("", String::as_str);
    if name != WATCHDOG && !SEVERITIES.contains(&severity) {
        find(format!("`severity` is {severity:?}: choose one of {}", SEVERITIES.join(", ")));
    }
    match rule.labels.get("category") {
        Some(category) if CATEGORIES.contains(&category.as_str()) => {}
        // An alert on other alerts takes the category of the alert that it is about.
        None if rule.expr().contains("category") => {}
        category => find(format!(
            "`category` is {:?}: choose one of {}",
            category.map_or("", String::as_str),
            CATEGORIES.join(", ")
        )),
    }
}
