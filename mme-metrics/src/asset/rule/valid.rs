//! Checks rules that are well-formed YAML for what Prometheus 2.42 rejects.

use std::collections::HashSet;

use super::{Group, Rule};
use crate::asset::AssetFile;
use crate::asset::finding::{FindingKind, Problem, Site};

/// Checks groups and rules. Each finding has its location.
pub(super) fn check<'f>(file: &'f AssetFile, groups: &[Group], found: &mut Vec<(Site<'f>, Problem)>) {
    let mut names = HashSet::new();
    for group in groups {
        let mut find = |message: String| {
            let site = Site { file, line: Some(group.line), place: format!("group {}", group.name) };
            found.push((site, refused(message)));
        };
        if group.name.is_empty() {
            find("a group has no name: give it one".to_owned());
        }
        if !names.insert((group.document, &group.name)) {
            find(format!("two groups of this file are called {:?}: rename one", group.name));
        }
        if let Some(interval) = &group.interval {
            duration("interval", interval, &mut find);
        }
        for rule in &group.rules {
            check_rule(rule, &mut |message| found.push((rule.site(file), refused(message))));
        }
    }
}

fn refused(message: String) -> Problem {
    FindingKind::InvalidRule.says(format!("Prometheus 2.42 refuses this: {message}"))
}

fn check_rule(rule: &Rule, find: &mut impl FnMut(String)) {
    match (&rule.record, &rule.alert) {
        (Some(_), Some(_)) => find("a rule has both `record` and `alert`: make two rules of it".to_owned()),
        (None, None) => find("a rule has neither `record` nor `alert`: add one".to_owned()),
        (Some(record), None) => check_record(record, rule, find),
        (None, Some(alert)) if alert.is_empty() => find("`alert` is empty: name the alert".to_owned()),
        (None, Some(_)) => {}
    }
    if rule.expr().trim().is_empty() {
        find("`expr` is empty: write an expression".to_owned());
    }
    let hold = rule.hold.as_ref().map(|hold| &hold.value);
    for (field, value) in [("for", hold), ("keep_firing_for", rule.keep_firing_for.as_ref())] {
        if let Some(value) = value {
            duration(field, value, find);
        }
    }
    for key in rule.labels.keys().filter(|key| !is_label(key) || *key == "__name__") {
        find(format!("`labels` has the key {key:?}: use letters, digits and `_`, and not `__name__`"));
    }
    for key in rule.annotations.keys().filter(|key| !is_label(key)) {
        find(format!("`annotations` has the key {key:?}: use letters, digits and `_`"));
    }
}

fn check_record(record: &str, rule: &Rule, find: &mut impl FnMut(String)) {
    let named = record.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | ':'))
        && record.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
    if !named {
        find(format!("`record: {record}` is not a metric name: use letters, digits, `_` and `:`"));
    }
    let fields = [
        ("for", rule.hold.is_some()),
        ("keep_firing_for", rule.keep_firing_for.is_some()),
        ("annotations", !rule.annotations.is_empty()),
    ];
    for (field, _) in fields.into_iter().filter(|(_, given)| *given) {
        find(format!("a recording rule has `{field}`, which only alerts have: remove it"));
    }
}

fn is_label(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Checks a duration such as `5m` or `1h30m`, with each unit at most once, from large to small.
fn duration(field: &str, value: &str, find: &mut impl FnMut(String)) {
    // Prometheus accepts `0` without a unit, and no other number.
    let has_unit = value.ends_with(|c: char| c.is_ascii_alphabetic());
    if value != "0" && !(has_unit && promql_parser::util::parse_duration(value).is_ok()) {
        find(format!("`{field}: {value}` is not a duration: write it like `5m` or `1h30m`"));
    }
}
