//! Compares the exposition of a running service with the metrics that its families declare and its files use.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use promql_parser::parser::Expr;

use super::rules::read_rules;
use crate::asset::finding::{AssetFinding, FindingKind, Site};
use crate::asset::rule::Rule;
use crate::asset::{AssetFile, AssetKind, promql};
use crate::metric::{self, Family, Spec};

/// Lists the declared metrics without a series, and their uses in files.
pub(super) fn check(families: &[&'static dyn Family], exposition: &str, files: &[AssetFile]) -> Vec<AssetFinding> {
    let emitted = names(exposition);
    let mut missing: BTreeMap<String, &Spec> = BTreeMap::new();
    let mut findings = Vec::new();
    for spec in families.iter().flat_map(|family| family.specs()) {
        let series = series(spec);
        if series.iter().any(|name| emitted.contains(name.as_str())) {
            continue;
        }
        if !spec.optional {
            findings.push(not_recorded(spec));
        }
        // A native histogram is read by the name itself.
        missing.extend(series.into_iter().chain([spec.name.to_owned()]).map(|name| (name, spec)));
    }
    for (site, expression, parsed) in expressions(files, &read_rules(files, &mut Vec::new())) {
        for name in selected(&parsed).iter().filter(|name| missing.contains_key(*name)) {
            let message =
                format!("the service exposes no series of `{name}`: record it, switch it on, or remove what reads it");
            findings.push(site.finding(&expression, FindingKind::NotEmitted.says(message)));
        }
    }
    findings
}

fn not_recorded(spec: &Spec) -> AssetFinding {
    AssetFinding {
        file: String::from("exposition"),
        line: None,
        place: format!("family {}", spec.family),
        expression: String::new(),
        message: format!(
            "`{}` is declared and has no series: record it, make its series exist with `touch`, or remove the declaration",
            spec.name
        ),
        kind: FindingKind::NotRecorded,
    }
}

/// Lists the names of a metric's series in an exposition.
fn series(spec: &Spec) -> Vec<String> {
    match spec.kind {
        metric::Kind::Counter | metric::Kind::Gauge => vec![spec.name.to_owned()],
        metric::Kind::Histogram => ["_bucket", "_sum", "_count"].map(|suffix| format!("{}{suffix}", spec.name)).into(),
    }
}

/// Lists the names of all samples in an exposition.
fn names(exposition: &str) -> HashSet<&str> {
    let samples = exposition.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    samples.map(|line| &line[..line.find(['{', ' ', '\t']).unwrap_or(line.len())]).collect()
}

/// Lists the expressions of `files` and of the `rules` read from them. It ignores those that cannot be parsed, because the
/// check reports them.
pub(super) fn expressions<'f>(
    files: &'f [AssetFile],
    rules: &[(&'f AssetFile, Rule)],
) -> Vec<(Site<'f>, String, Expr)> {
    let mut all: Vec<_> = rules
        .iter()
        .filter_map(|(file, rule)| Some((rule.site(file), rule.expr().to_owned(), promql::parse(rule.expr()).ok()?)))
        .collect();
    for file in files.iter().filter(|file| file.kind() == AssetKind::Dashboard) {
        all.extend(super::dashboard::expressions(file));
    }
    for file in files.iter().filter(|file| file.kind() == AssetKind::Runbook) {
        all.extend(super::runbook::expressions(file));
    }
    all
}

fn selected(expression: &Expr) -> BTreeSet<String> {
    promql::selectors(expression).into_iter().filter_map(|selector| selector.name.clone()).collect()
}
