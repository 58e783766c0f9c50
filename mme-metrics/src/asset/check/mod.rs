//! The asset check: verifies that every metric and label in an expression exists.

mod binary;
#[cfg(feature = "settings")]
mod blind;
mod dashboard;
mod emitted;
mod exporter;
mod expression;
mod rules;
mod runbook;
mod selector;
mod shape;
mod template;
mod usage;
mod value;
mod vocabulary;

use std::fmt;

pub(super) use self::dashboard::variable_expression;
pub(super) use self::exporter::histograms as exporter_histograms;
use self::expression::Reader;
use self::rules::read_rules;
use self::shape::Shape;
pub use self::usage::AssetUse;
use self::vocabulary::Vocabulary;
use super::finding::{AssetFinding, FindingKind, Problem, Site};
use super::{AssetFile, AssetKind, FILES, promql, rule};
use crate::metric::Family;

/// Checks that the metrics and labels in every expression of the rules, dashboards and runbooks among `files` exist.
///
/// It knows the metrics of `families` with their labels and with the suffixes of their kind (`_bucket`, `_sum`,
/// `_count`). It also knows the labels `job` and `instance` that Prometheus adds, the names that the rules among
/// `files` record, and the series that Prometheus creates itself (`up`, `ALERTS`, …). The metrics of exporters come
/// from the files of the kind [`AssetKind::Exporter`], both the bundled ones and those among `files`. In each
/// expression it finds
///
/// - a metric that does not exist, with a suggestion for the right name;
/// - a label that the metric does not have, in a matcher, `by`, `on`, `group_left` or a template of an alert;
/// - a value that a closed label cannot have, and a bucket bound that the histogram does not have;
/// - `rate` of a gauge, `deriv` of a counter, a histogram without its suffix, a quantile without `le`;
/// - an operator whose two sides have different labels, so that no series ever match;
/// - what Prometheus 2.42 rejects: durations, names and fields of rules, templates of alerts, and newer functions;
/// - a dashboard variable in a rule or runbook, where it is not filled in.
///
/// Rules are rule files of Prometheus or `PrometheusRule` objects. Dashboards are those of Grafana or Perses, as JSON
/// or YAML. For Grafana, the check reads the classic model, its older `rows`, and schema 2, with or without the
/// envelope of the HTTP API. A query for another data source is not checked; [`AssetCheck::skipped`] lists these
/// queries.
///
/// For rules that use this crate's own families, pass [`catalog::FAMILIES`](crate::catalog::FAMILIES) with yours. To
/// declare labels that your Prometheus adds to every target, use [`AssetCheck`].
///
/// # Exporters
///
/// A file of the kind [`AssetKind::Exporter`] lists the metrics of one exporter, as in its documentation. `type` is
/// `counter`, `gauge`, `histogram`, `summary` or `untyped`. `labels` are the labels that every version has.
/// `optional_labels` depend on the version or its configuration.
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

/// Options of the asset check: labels, metrics and buckets that no family declares.
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
    buckets: Vec<(String, Vec<f64>)>,
    /// Families of which only the names are known.
    #[cfg(feature = "settings")]
    named: Vec<(String, Vec<String>)>,
}

impl fmt::Debug for AssetCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families: Vec<_> = self.families.iter().map(|family| family.name()).collect();
        f.debug_struct("AssetCheck")
            .field("families", &families)
            .field("target_labels", &self.target_labels)
            .field("metrics", &self.metrics)
            .field("buckets", &self.buckets)
            .finish_non_exhaustive()
    }
}

impl AssetCheck {
    /// Creates a check that knows the metrics of `families`.
    pub fn new(families: &[&'static dyn Family]) -> Self {
        Self {
            families: families.to_vec(),
            target_labels: Vec::new(),
            metrics: Vec::new(),
            buckets: Vec::new(),
            #[cfg(feature = "settings")]
            named: Vec::new(),
        }
    }

    /// Adds a label that every series of a target has, such as one from service discovery or a global label of the
    /// recorder.
    pub fn target_label(mut self, key: impl Into<String>) -> Self {
        self.target_labels.push(key.into());
        self
    }

    /// Adds one metric, with its name and labels as scraped, for an exporter without a file of the kind
    /// [`AssetKind::Exporter`].
    pub fn metric(mut self, name: impl Into<String>, labels: &[&str]) -> Self {
        self.metrics.push((name.into(), labels.iter().map(|&key| key.to_owned()).collect()));
        self
    }

    /// Sets the buckets of a histogram, if the recorder uses others than the family declares.
    pub fn buckets(mut self, metric: impl Into<String>, bounds: &[f64]) -> Self {
        self.buckets.push((metric.into(), bounds.to_vec()));
        self
    }

    /// Runs the check on `files`, like [`check`].
    pub fn run(&self, files: &[AssetFile]) -> Vec<AssetFinding> {
        let mut findings = Vec::new();
        let (rules, vocabulary) = self.read(files, &mut findings);
        for (file, rule) in &rules {
            check_rule(file, rule, &vocabulary, &mut findings);
        }
        for file in files {
            match file.kind() {
                AssetKind::Dashboard => dashboard::check(file, &vocabulary, &mut findings),
                AssetKind::Runbook => runbook::check(file, &vocabulary, &mut findings),
                AssetKind::Rules
                | AssetKind::RuleTests
                | AssetKind::Configuration
                | AssetKind::Routing
                | AssetKind::Notification
                | AssetKind::Exporter
                | AssetKind::Provisioning
                | AssetKind::Deployment => {}
            }
        }
        findings
    }

    /// Lists the queries in `files` that [`run`](Self::run) does not check, such as those for Loki or Tempo.
    pub fn skipped(&self, files: &[AssetFile]) -> Vec<AssetFinding> {
        let mut findings = Vec::new();
        for file in files.iter().filter(|file| file.kind() == AssetKind::Dashboard) {
            dashboard::skipped(file, &mut findings);
        }
        findings
    }

    /// Lists the scraped series that the rules, dashboards and runbooks among `files` read, by name. It leaves out what the
    /// rules record, and what Prometheus creates itself.
    ///
    /// ```
    /// use mme_metrics::asset::{AssetCheck, FILES};
    /// use mme_metrics::catalog::FAMILIES;
    ///
    /// let uses = AssetCheck::new(FAMILIES).uses(FILES);
    /// assert!(uses.iter().any(|used| used.series == "http_server_request_duration_seconds_bucket"));
    /// ```
    pub fn uses(&self, files: &[AssetFile]) -> Vec<AssetUse> {
        // A file that cannot be read is a finding of `run`.
        let mut unread = Vec::new();
        let (rules, vocabulary) = self.read(files, &mut unread);
        usage::list(files, &rules, &vocabulary)
    }

    /// Compares an exposition of the running service with its families and with `files`.
    ///
    /// It finds:
    ///
    /// - a metric that a family declares but that has no series in the exposition. Either no code records it, or that
    ///   code has not run yet. Take the exposition at the end of a test that exercises the whole service.
    ///   [Optional](crate::metric::Spec::optional) metrics are ignored;
    /// - a metric that a family declares and that a rule, dashboard or runbook uses, but that has no series in the
    ///   exposition. Such an expression never returns a sample.
    ///
    /// The exposition is in the text format 0.0.4 or in OpenMetrics. A zero series counts as a series.
    ///
    /// ```
    /// use mme_metrics::asset::{AssetCheck, FindingKind};
    /// use mme_metrics::process::PROCESS;
    ///
    /// let findings = AssetCheck::new(&[&PROCESS]).emitted("process_open_fds 12\n", &[]);
    /// assert!(findings.iter().all(|finding| finding.kind == FindingKind::NotRecorded));
    /// assert!(findings.iter().any(|finding| finding.message.contains("process_cpu_seconds_total")));
    /// ```
    pub fn emitted(&self, exposition: &str, files: &[AssetFile]) -> Vec<AssetFinding> {
        emitted::check(&self.families, exposition, files)
    }

    /// Returns the rules among `files`, and the names that exist with what the rules record. What cannot be read becomes a finding.
    fn read<'f>(
        &self,
        files: &'f [AssetFile],
        findings: &mut Vec<AssetFinding>,
    ) -> (Vec<(&'f AssetFile, rule::Rule)>, Vocabulary) {
        let mut vocabulary = self.vocabulary(files, findings);
        let rules = read_rules(files, findings);
        learn_recorded(&rules, &mut vocabulary);
        (rules, vocabulary)
    }

    /// Returns the names that exist before any rule records more. An exporter's list that cannot be read becomes a
    /// finding.
    fn vocabulary(&self, files: &[AssetFile], findings: &mut Vec<AssetFinding>) -> Vocabulary {
        let mut vocabulary = Vocabulary::new(&self.target_labels);
        for file in FILES.iter().chain(files).filter(|file| file.kind() == AssetKind::Exporter) {
            match exporter::parse(file.text()) {
                Ok(exporter) => vocabulary.exporter(&exporter),
                Err(message) => {
                    findings.push(Site::file(file).finding("", FindingKind::UnreadableFile.says(message)));
                }
            }
        }
        for (name, labels) in &self.metrics {
            vocabulary.foreign(name, &labels.iter().map(String::as_str).collect::<Vec<_>>());
        }
        for (metric, bounds) in &self.buckets {
            vocabulary.buckets(metric, bounds);
        }
        for family in &self.families {
            vocabulary.family(*family);
        }
        vocabulary
    }
}

/// Derives the labels of recorded names from their expressions.
///
/// A rule may read a record of a later file, so this repeats until nothing changes. A chain of records is at most as
/// long as the number of rules.
fn learn_recorded(rules: &[(&AssetFile, rule::Rule)], vocabulary: &mut Vocabulary) {
    let recorded: Vec<_> = rules
        .iter()
        .filter_map(|(_, rule)| Some((rule.record.as_ref()?, promql::parse(rule.expr()).ok()?, &rule.labels)))
        .collect();
    for (name, ..) in &recorded {
        vocabulary.record(name, Shape::anything());
    }
    for _ in &recorded {
        let mut changed = false;
        for (name, expression, labels) in &recorded {
            let shape = Reader::new(vocabulary).shape(expression).with_labels(labels.iter());
            changed |= vocabulary.record(name, shape);
        }
        if !changed {
            break;
        }
    }
}

fn check_rule(file: &AssetFile, rule: &rule::Rule, vocabulary: &Vocabulary, findings: &mut Vec<AssetFinding>) {
    let site = rule.site(file);
    let mut find = |problem| findings.push(site.finding(rule.expr(), problem));
    match promql::parse(rule.expr()) {
        // An empty expression was reported already.
        Err(_) if rule.expr().trim().is_empty() => {}
        Err(problem) => find(problem),
        Ok(expression) => {
            rule::variables(&expression).into_iter().for_each(&mut find);
            promql::newer_syntax(rule.expr(), &expression).into_iter().for_each(&mut find);
            let mut reader = Reader::new(vocabulary);
            let shape = reader.shape(&expression).with_labels(&rule.labels);
            reader.into_problems().into_iter().for_each(&mut find);
            template::check(rule, &shape, &mut find);
        }
    }
}
