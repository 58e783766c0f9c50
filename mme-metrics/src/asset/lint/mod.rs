//! The lint of rules: alerts have to be actionable, and rules have to load in every Prometheus since 2.42.

mod alert;
mod coverage;
mod dashboard;
mod expression;
mod order;
mod runbook;

use std::collections::HashMap;

use super::finding::{AssetFinding, FindingKind, Problem, Site};
use super::rule::{self, Group, Rule};
use super::{AssetFile, AssetKind, promql};

/// Largest number of rules in one group, because they run one after the other within one evaluation interval.
const MAX_RULES: usize = 20;

/// Lints the rules in `files`: style, common mistakes, runbooks and tests.
///
/// - Prometheus 2.42 loads the file: no group labels, no `query_offset`.
/// - A group has at most 20 rules and a unique name. The name of a recording rule has the form
///   `level:metric:operations`. No alert is defined twice.
/// - An alert has a CamelCase name of at most 40 characters, and the labels `severity` (`critical`, `warning` or
///   `info`) and `category`. It has a `summary` that is one fixed sentence, a `description` with the current values,
///   and a `runbook_url` that ends in the page of its name. The alert `Watchdog`, which always fires, has no severity.
/// - A denominator is guarded by `> 0`. A range is at least a minute, which is four scrapes of 15 s. No matcher has a
///   whole number as `le`, because Prometheus 2 and 3 write it differently. No expression is a YAML alias.
///
/// If one alert has a `dashboard_url`, every alert needs one. It is a full URL or the path `/d/<uid>` of a dashboard.
/// If there are dashboards in `files`, that dashboard has to be among them. If there are runbooks, each alert needs
/// one, each runbook needs its alert, and each page has its four sections. If there are tests, each alert needs a test
/// in which it fires and one in which it does not, and each recording rule needs one in which it returns a value. A
/// test file of more than one group names each of them once in `group_eval_order`.
pub fn lint(files: &[AssetFile]) -> Vec<AssetFinding> {
    let mut findings = Vec::new();
    let mut alerts: HashMap<String, &AssetFile> = HashMap::new();
    let mut links = Vec::new();
    let mut records = Vec::new();
    let mut names: Vec<(String, &AssetFile)> = Vec::new();
    for file in files.iter().filter(|file| file.kind() == AssetKind::Rules) {
        let groups = match rule::parse(file.text()) {
            Ok(parsed) => parsed.groups,
            Err(problem) => {
                findings.push(Site::file(file).finding("", problem));
                continue;
            }
        };
        check_aliases(file, &mut findings);
        for group in &groups {
            check_group(file, group, &names, &mut findings);
            names.push((group.name.clone(), file));
        }
        for rule in groups.into_iter().flat_map(|group| group.rules) {
            let site = rule.site(file);
            let mut find = |problem| findings.push(site.finding("", problem));
            check_rule(&rule, &mut find);
            if let Some(alert) = rule.alert.clone() {
                let url = rule.annotation("dashboard_url").to_owned();
                links.push(dashboard::Link { alert, url, file, line: site.line });
            }
            let other = rule.alert.as_ref().and_then(|name| alerts.insert(name.clone(), file));
            if let Some(other) = other {
                let message = format!("{} defines an alert of this name, too: rename one", other.path());
                find(FindingKind::DuplicateName.says(message));
            }
            records.extend(rule.record.map(|name| (name, file)));
        }
    }
    runbook::check(files, &alerts, &mut findings);
    dashboard::check(files, &links, &mut findings);
    coverage::check(files, &names, &alerts, &records, &mut findings);
    findings
}

fn check_group(file: &AssetFile, group: &Group, others: &[(String, &AssetFile)], findings: &mut Vec<AssetFinding>) {
    let site = |name: &str| Site { file, line: Some(group.line), place: format!("group {name}") };
    if let Some((name, other)) = others.iter().find(|(name, _)| *name == group.name) {
        let message = format!(
            "{} has a group of this name, too: rename one, so that `group_eval_order` can tell them apart",
            other.path()
        );
        findings.push(site(name).finding("", FindingKind::DuplicateName.says(message)));
    }
    let count = group.rules.len();
    if count > MAX_RULES {
        let message = format!("{count} rules run one after the other: split the group, {MAX_RULES} are the most");
        findings.push(site(&group.name).finding("", FindingKind::LargeGroup.says(message)));
    }
}

/// Reports YAML aliases in place of expressions. Prometheus takes the name of the alias for the expression, so the rule
/// loads but never returns a sample.
fn check_aliases(file: &AssetFile, findings: &mut Vec<AssetFinding>) {
    let lines = file.text().lines().map(str::trim_start).zip(1..);
    for (line, number) in lines.filter(|(line, _)| line.starts_with("expr: *")) {
        let site = Site { file, line: Some(number), place: String::new() };
        let message = format!("`{line}` reads as a metric of that name: record the expression and use its name");
        findings.push(site.finding("", FindingKind::YamlAlias.says(message)));
    }
}

fn check_rule(rule: &Rule, find: &mut impl FnMut(Problem)) {
    match (&rule.alert, &rule.record) {
        (Some(name), None) => alert::check(name, rule, &mut |message| find(FindingKind::AlertStyle.says(message))),
        (None, Some(name)) => check_record(name, find),
        _ => {
            find(FindingKind::InvalidRule.says("a rule either records or alerts: give it one of `record` and `alert`"));
        }
    }
    // The asset check reports expressions that are not PromQL.
    if let Ok(expression) = promql::parse(rule.expr()) {
        promql::walk(&expression, &mut |part| expression::check(part, find));
    }
}

fn check_record(name: &str, find: &mut impl FnMut(Problem)) {
    let parts: Vec<_> = name.split(':').collect();
    if parts.len() != 3 || parts.iter().any(|part| part.is_empty()) {
        let message = "a recorded name reads `level:metric:operations`, such as `job:requests:rate5m`";
        find(FindingKind::RecordName.says(message));
    }
}

fn finding(file: &AssetFile, place: String, kind: FindingKind, message: impl Into<String>) -> AssetFinding {
    Site { file, line: None, place }.finding("", kind.says(message))
}
