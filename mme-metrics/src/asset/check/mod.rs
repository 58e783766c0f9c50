//! The asset check: every metric and label in any expression exists.

mod binary;
mod expression;
mod panel;
mod selector;
mod shape;
mod template;
mod vocabulary;

use self::expression::Reader;
use self::shape::Shape;
use self::vocabulary::Vocabulary;
use super::finding::Finding;
use super::{File, Kind, promql, rule};
use crate::spec::Family;

/// Checks every expression in the rules and dashboards among `files` against `families`.
///
/// It knows the metrics of `families` with what their kind appends (`_bucket`, `_sum`, `_count`) and their labels, the
/// labels `job` and `instance` that Prometheus adds, the names that the rules among `files` record, Prometheus' own
/// series (`up`, `ALERTS`, …) and the documented metrics of a few exporters. In each expression it finds
///
/// - a metric that does not exist, with the name that was probably meant;
/// - a label that the metric does not have, in a matcher, `by`, `on`, `group_left` or a template of an alert;
/// - a value that a closed label cannot have, and a bucket bound that the histogram does not have;
/// - `rate` of a gauge, `deriv` of a counter, a histogram without its suffix, a quantile without `le`;
/// - two sides of an operator whose labels differ, so that no pair ever matches.
///
/// For rules that use this crate's own families, pass [`catalog::FAMILIES`](crate::catalog::FAMILIES) with yours.
pub fn check(families: &[&'static dyn Family], files: &[File]) -> Vec<Finding> {
    let mut vocabulary = Vocabulary::new(families);
    let mut findings = Vec::new();
    let rules = read_rules(files, &mut findings);
    learn_recorded(&rules, &mut vocabulary);
    for (file, rule) in &rules {
        check_rule(file, rule, &vocabulary, &mut findings);
    }
    for file in files.iter().filter(|file| file.kind() == Kind::Dashboard) {
        panel::check(file, &vocabulary, &mut findings);
    }
    findings
}

fn read_rules<'f>(files: &'f [File], findings: &mut Vec<Finding>) -> Vec<(&'f File, rule::Rule)> {
    let mut rules = Vec::new();
    for file in files.iter().filter(|file| file.kind() == Kind::Rules) {
        match rule::parse(file.text()) {
            Ok(parsed) => {
                let all = parsed.groups.into_iter().flat_map(|group| group.rules);
                rules.extend(all.map(|rule| (file, rule)));
            }
            Err(message) => findings.push(finding(file, String::new(), "", message)),
        }
    }
    rules
}

/// Gives recorded names the labels of their expressions.
///
/// One may be built on another that stands in a later file, so it is repeated until nothing changes; a chain is at
/// most as long as there are rules.
fn learn_recorded(rules: &[(&File, rule::Rule)], vocabulary: &mut Vocabulary) {
    let recorded: Vec<_> = rules
        .iter()
        .filter_map(|(_, rule)| Some((rule.record.as_ref()?, promql::parse(&rule.expr).ok()?, &rule.labels)))
        .collect();
    for (name, ..) in &recorded {
        vocabulary.record(name, Shape::anything());
    }
    for _ in &recorded {
        let mut changed = false;
        for (name, expression, labels) in &recorded {
            let shape = Reader::new(vocabulary).shape(expression).with_labels(labels.keys());
            changed |= vocabulary.record(name, shape);
        }
        if !changed {
            break;
        }
    }
}

fn check_rule(file: &File, rule: &rule::Rule, vocabulary: &Vocabulary, findings: &mut Vec<Finding>) {
    let mut find = |message| findings.push(finding(file, rule.place(), &rule.expr, message));
    match promql::parse(&rule.expr) {
        Err(message) => find(message),
        Ok(expression) => {
            let mut reader = Reader::new(vocabulary);
            let shape = reader.shape(&expression).with_labels(rule.labels.keys());
            reader.into_messages().into_iter().for_each(&mut find);
            template::check(rule, &shape, &mut find);
        }
    }
}

fn finding(file: &File, place: String, expression: &str, message: String) -> Finding {
    Finding { file: file.path().to_owned(), place, expression: expression.to_owned(), message }
}
