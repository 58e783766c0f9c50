//! Every name that an expression may use.

use std::collections::BTreeMap;

use super::exporter::{Exporter, MetricType};
use super::shape::{Labels, Sample, Shape};
use crate::metric::{Family, Kind, Spec};

/// Labels that Prometheus gives every series of a target.
const TARGET: [&str; 2] = ["job", "instance"];

/// What a histogram's name is followed by in an exposition.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// How alike two names have to be for one to be proposed instead of the other: Jaro-Winkler, where 1 is the same.
const ALIKE: f64 = 0.85;

/// Series that Prometheus makes itself, with their labels beside those of the target; `*` is any.
///
/// Sources: `prometheus.io/docs/concepts/jobs_instances` and `prometheus.io/docs/prometheus/latest/configuration/alerting_rules`.
const SYNTHETIC: &[(&str, &[&str])] = &[
    ("up", &[]),
    ("scrape_duration_seconds", &[]),
    ("scrape_samples_scraped", &[]),
    ("scrape_samples_post_metric_relabeling", &[]),
    ("scrape_series_added", &[]),
    ("ALERTS", &["*"]),
    ("ALERTS_FOR_STATE", &["*"]),
];

/// A name with what is known of its series.
#[derive(Debug)]
pub(super) struct Metric {
    pub(super) shape: Shape,
    /// The declaration, if a family has one.
    pub(super) spec: Option<&'static Spec>,
}

/// Every name that an expression may use.
#[derive(Debug)]
pub(super) struct Vocabulary {
    metrics: BTreeMap<String, Metric>,
    target_labels: Vec<String>,
}

impl Vocabulary {
    /// Knows nothing but the series that Prometheus makes itself; every series of a target has `target_labels`, too.
    pub(super) fn new(target_labels: &[String]) -> Self {
        let target_labels = TARGET.into_iter().map(str::to_owned).chain(target_labels.iter().cloned()).collect();
        let mut vocabulary = Self { metrics: BTreeMap::new(), target_labels };
        for (name, labels) in SYNTHETIC {
            vocabulary.foreign(name, labels);
        }
        vocabulary
    }

    /// Takes a metric that no family declares; `*` among its labels stands for any.
    pub(super) fn foreign(&mut self, name: &str, labels: &[&str]) {
        let labels = if labels.contains(&"*") { Labels::Any } else { self.labels(labels.iter().copied()) };
        let counts = ["_total", "_bucket", "_sum", "_count"].iter().any(|suffix| name.ends_with(suffix));
        self.insert(name, labels, if counts { Sample::Counter } else { Sample::Gauge }, None);
    }

    /// Takes every metric of an exporter's list; a later list wins over an earlier one.
    pub(super) fn exporter(&mut self, exporter: &Exporter) {
        for (name, metric) in &exporter.metrics {
            let labels = self.labels(metric.labels());
            match metric.kind {
                MetricType::Counter => self.insert(name, labels, Sample::Counter, None),
                MetricType::Gauge => self.insert(name, labels, Sample::Gauge, None),
                MetricType::Untyped => self.insert(name, labels, Sample::Any, None),
                MetricType::Histogram => self.distribution(name, &labels, ("_bucket", "le"), Sample::Counter, None),
                MetricType::Summary => self.distribution(name, &labels, ("", "quantile"), Sample::Gauge, None),
            }
        }
    }

    /// Takes every metric of a family; its own declaration wins over a documented one of the same name.
    pub(super) fn family(&mut self, family: &'static dyn Family) {
        for spec in family.specs() {
            self.declare(spec);
        }
    }

    fn labels<'k>(&'k self, keys: impl Iterator<Item = &'k str>) -> Labels {
        Labels::known(keys.chain(self.target_labels.iter().map(String::as_str)))
    }

    fn declare(&mut self, spec: &'static Spec) {
        let labels = self.labels(spec.labels.iter().map(|label| label.key));
        match spec.kind {
            Kind::Counter => self.insert(spec.name, labels, Sample::Counter, Some(spec)),
            Kind::Gauge => self.insert(spec.name, labels, Sample::Gauge, Some(spec)),
            Kind::Histogram => self.distribution(spec.name, &labels, ("_bucket", "le"), Sample::Counter, Some(spec)),
        }
    }

    /// Takes the series of a histogram or summary: its sum, its count, and its parts, which have one label more.
    fn distribution(
        &mut self,
        name: &str,
        labels: &Labels,
        (suffix, key): (&str, &str),
        sample: Sample,
        spec: Option<&'static Spec>,
    ) {
        for total in ["_sum", "_count"] {
            self.insert(&format!("{name}{total}"), labels.clone(), Sample::Counter, spec);
        }
        let mut labels = labels.clone();
        labels.add(key);
        self.insert(&format!("{name}{suffix}"), labels, sample, spec);
    }

    fn insert(&mut self, name: &str, labels: Labels, sample: Sample, spec: Option<&'static Spec>) {
        let shape = Shape { labels, sample, metric: name.to_owned() };
        self.metrics.insert(name.to_owned(), Metric { shape, spec });
    }

    /// Takes a name that a rule records; says whether more is known now than before.
    pub(super) fn record(&mut self, name: &str, shape: Shape) -> bool {
        // A sum of counters falls when a target goes: what is recorded counts as a gauge.
        let shape = Shape { metric: name.to_owned(), sample: Sample::Gauge, ..shape };
        let before = self.metrics.insert(name.to_owned(), Metric { shape: shape.clone(), spec: None });
        before.is_none_or(|before| before.shape != shape)
    }

    /// Finds a name.
    ///
    /// # Errors
    ///
    /// Says why there is no such name and which one was probably meant.
    pub(super) fn find(&self, name: &str) -> Result<&Metric, String> {
        self.metrics.get(name).ok_or_else(|| self.explain(name))
    }

    fn explain(&self, name: &str) -> String {
        if self.metrics.contains_key(&format!("{name}_bucket")) {
            return format!(
                "`{name}` is a histogram: use `{name}_bucket` for quantiles, `{name}_count` for how many, `{name}_sum` for their total"
            );
        }
        for suffix in SUFFIXES {
            let stem = name.strip_suffix(suffix).filter(|stem| self.metrics.contains_key(*stem));
            if let Some(stem) = stem {
                return format!("`{stem}` is no histogram and has no `{suffix}`: use `{stem}`");
            }
        }
        match self.nearest(name) {
            Some(nearest) => format!("no metric `{name}`: did you mean `{nearest}`?"),
            None => format!(
                "no metric `{name}`: declare it in a family, record it in a rule, list it among an exporter's metrics, or correct the name"
            ),
        }
    }

    fn nearest(&self, name: &str) -> Option<&str> {
        closest(name, self.metrics.keys().map(String::as_str))
    }
}

/// Returns the candidate most like `word`, if any is like it.
pub(super) fn closest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let scored = candidates.map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    let (score, candidate) = scored.max_by(|left, right| left.0.total_cmp(&right.0))?;
    (score >= ALIKE).then_some(candidate)
}
