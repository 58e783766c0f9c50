//! The asset check: every metric and label in any expression exists.

mod binary;
mod exporter;
mod expression;
mod panel;
mod runbook;
mod selector;
mod shape;
mod template;
mod vocabulary;

use std::fmt;

use self::expression::Reader;
use self::shape::Shape;
use self::vocabulary::Vocabulary;
use super::finding::AssetFinding;
use super::{AssetFile, AssetKind, FILES, promql, rule};
use crate::metric::Family;

/// Checks every expression in the rules, dashboards and runbooks among `files` against `families`.
///
/// It knows the metrics of `families` with what their kind appends (`_bucket`, `_sum`, `_count`) and their labels, the
/// labels `job` and `instance` that Prometheus adds, the names that the rules among `files` record, the series that
/// Prometheus makes itself (`up`, `ALERTS`, …), and the metrics of exporters that are listed in the bundled files of the
/// type [`AssetKind::Exporter`] and in those among `files`. In each expression it finds
///
/// - a metric that does not exist, with the name that was probably meant;
/// - a label that the metric does not have, in a matcher, `by`, `on`, `group_left` or a template of an alert;
/// - a value that a closed label cannot have, and a bucket bound that the histogram does not have;
/// - `rate` of a gauge, `deriv` of a counter, a histogram without its suffix, a quantile without `le`;
/// - two sides of an operator whose labels differ, so that no pair ever matches.
///
/// For rules that use this crate's own families, pass [`catalog::FAMILIES`](crate::catalog::FAMILIES) with yours. For
/// labels that your Prometheus adds to every target, there is [`AssetCheck`].
///
/// # Exporters
///
/// A file of the type [`AssetKind::Exporter`] lists the metrics of one exporter as its documentation has them: `type` is
/// `counter`, `gauge`, `histogram`, `summary` or `untyped`; `labels` are those that every version has, `optional_labels`
/// those that depend on the version or its configuration.
///
/// ```
/// use mme_metrics::asset::{AssetFile, AssetKind, check};
///
/// let exporter = AssetFile::new(AssetKind::Exporter, "exporters/oven.yml", "
/// exporter: oven_exporter
/// version: 1.2.0
/// documentation: https://example.org/oven_exporter
/// metrics:
///   oven_temperature_celsius: {type: gauge, labels: [oven]}
/// ");
/// let rules = AssetFile::new(AssetKind::Rules, "my-rules.yml", "
/// groups:
///   - name: mine
///     rules:
///       - {alert: OvenHot, expr: 'max by (job, ovens) (oven_temperature_celsius) > 250'}
/// ");
/// let findings = check(&[], &[exporter, rules]);
/// assert!(findings[0].to_string().contains("did you mean `oven`?"));
/// ```
pub fn check(families: &[&'static dyn Family], files: &[AssetFile]) -> Vec<AssetFinding> {
    AssetCheck::new(families).run(files)
}

/// The asset check, told of labels and metrics that no family declares.
///
/// ```
/// use mme_metrics::asset::{AssetCheck, AssetFile, AssetKind};
///
/// let rules = AssetFile::new(AssetKind::Rules, "my-rules.yml", "
/// groups:
///   - name: mine
///     rules:
///       - {alert: Restarted, expr: 'sum by (cluster) (increase(restarts_total{pod!=\"\"}[1h])) > 3'}
/// ");
/// let check = AssetCheck::new(&[]).target_label("cluster").metric("restarts_total", &["pod"]);
/// assert!(check.run(&[rules]).is_empty());
/// ```
#[derive(Clone)]
pub struct AssetCheck {
    families: Vec<&'static dyn Family>,
    target_labels: Vec<String>,
    metrics: Vec<(String, Vec<String>)>,
}

impl fmt::Debug for AssetCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families: Vec<_> = self.families.iter().map(|family| family.name()).collect();
        f.debug_struct("AssetCheck")
            .field("families", &families)
            .field("target_labels", &self.target_labels)
            .field("metrics", &self.metrics)
            .finish()
    }
}

impl AssetCheck {
    /// Begins with the metrics of `families`.
    pub fn new(families: &[&'static dyn Family]) -> Self {
        Self { families: families.to_vec(), target_labels: Vec::new(), metrics: Vec::new() }
    }

    /// Adds a label that every series of a target has: from service discovery, or a global label of the recorder.
    pub fn target_label(mut self, key: impl Into<String>) -> Self {
        self.target_labels.push(key.into());
        self
    }

    /// Adds one metric of an exporter that has no list, under the name and with the labels it is scraped with.
    pub fn metric(mut self, name: impl Into<String>, labels: &[&str]) -> Self {
        self.metrics.push((name.into(), labels.iter().map(|&key| key.to_owned()).collect()));
        self
    }

    /// Checks `files`, as [`check`] does.
    pub fn run(&self, files: &[AssetFile]) -> Vec<AssetFinding> {
        let mut findings = Vec::new();
        let mut vocabulary = self.vocabulary(files, &mut findings);
        let rules = read_rules(files, &mut findings);
        learn_recorded(&rules, &mut vocabulary);
        for (file, rule) in &rules {
            check_rule(file, rule, &vocabulary, &mut findings);
        }
        for file in files {
            match file.kind() {
                AssetKind::Dashboard => panel::check(file, &vocabulary, &mut findings),
                AssetKind::Runbook => runbook::check(file, &vocabulary, &mut findings),
                AssetKind::Rules
                | AssetKind::RuleTests
                | AssetKind::Configuration
                | AssetKind::Routing
                | AssetKind::Notification
                | AssetKind::Exporter => {}
            }
        }
        findings
    }

    /// Returns the names that exist before any rule records more; a list that cannot be read goes to `findings`.
    fn vocabulary(&self, files: &[AssetFile], findings: &mut Vec<AssetFinding>) -> Vocabulary {
        let mut vocabulary = Vocabulary::new(&self.target_labels);
        for file in FILES.iter().chain(files).filter(|file| file.kind() == AssetKind::Exporter) {
            match exporter::parse(file.text()) {
                Ok(exporter) => vocabulary.exporter(&exporter),
                Err(message) => findings.push(finding(file, String::new(), "", message)),
            }
        }
        for (name, labels) in &self.metrics {
            vocabulary.foreign(name, &labels.iter().map(String::as_str).collect::<Vec<_>>());
        }
        for family in &self.families {
            vocabulary.family(*family);
        }
        vocabulary
    }
}

fn read_rules<'f>(files: &'f [AssetFile], findings: &mut Vec<AssetFinding>) -> Vec<(&'f AssetFile, rule::Rule)> {
    let mut rules = Vec::new();
    for file in files.iter().filter(|file| file.kind() == AssetKind::Rules) {
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
fn learn_recorded(rules: &[(&AssetFile, rule::Rule)], vocabulary: &mut Vocabulary) {
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

fn check_rule(file: &AssetFile, rule: &rule::Rule, vocabulary: &Vocabulary, findings: &mut Vec<AssetFinding>) {
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

fn finding(file: &AssetFile, place: String, expression: &str, message: String) -> AssetFinding {
    AssetFinding { file: file.path().to_owned(), place, expression: expression.to_owned(), message }
}
