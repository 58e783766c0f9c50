//! Every name that an expression may use.

use std::collections::BTreeMap;

use super::exporter::{Exporter, MetricType};
use super::shape::{Labels, Sample, Shape, Values};
use crate::label::Cardinality;
use crate::metric::{Family, Kind, Spec};

/// Labels that Prometheus gives every series of a target.
const TARGET: [&str; 4] = ["job", "instance", "cluster", "namespace"];

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

/// Every name that an expression may use.
#[derive(Debug)]
pub(super) struct Vocabulary {
    metrics: BTreeMap<String, Shape>,
    target_labels: Vec<String>,
    /// Bounds that a recorder was given in place of the declared ones.
    buckets: BTreeMap<String, Vec<f64>>,
}

impl Vocabulary {
    /// Knows nothing but the series that Prometheus makes itself; every series of a target has `target_labels`, too.
    pub(super) fn new(target_labels: &[String]) -> Self {
        let target_labels = TARGET.into_iter().map(str::to_owned).chain(target_labels.iter().cloned()).collect();
        let mut vocabulary = Self { metrics: BTreeMap::new(), target_labels, buckets: BTreeMap::new() };
        for (name, labels) in SYNTHETIC {
            vocabulary.foreign(name, labels);
        }
        vocabulary
    }

    /// Takes a metric that no family declares; `*` among its labels stands for any.
    pub(super) fn foreign(&mut self, name: &str, labels: &[&str]) {
        let labels = if labels.contains(&"*") { Labels::Any } else { self.labels(labels.iter().copied()) };
        let counts = ["_total", "_bucket", "_sum", "_count"].iter().any(|suffix| name.ends_with(suffix));
        self.insert(name, labels, if counts { Sample::Counter } else { Sample::Gauge });
    }

    /// Takes the buckets of a histogram that a family declares with others.
    pub(super) fn buckets(&mut self, metric: &str, bounds: &[f64]) {
        self.buckets.insert(metric.to_owned(), bounds.to_vec());
    }

    /// Takes every metric of an exporter's list; a later list wins over an earlier one.
    pub(super) fn exporter(&mut self, exporter: &Exporter) {
        for (name, metric) in &exporter.metrics {
            let labels = self.labels(metric.labels());
            match metric.kind {
                MetricType::Counter => self.insert(name, labels, Sample::Counter),
                MetricType::Gauge => self.insert(name, labels, Sample::Gauge),
                MetricType::Untyped => self.insert(name, labels, Sample::Any),
                MetricType::Histogram => {
                    self.distribution(name, &labels, ("_bucket", "le", Values::Any), Sample::Counter);
                }
                MetricType::Summary => self.distribution(name, &labels, ("", "quantile", Values::Any), Sample::Gauge),
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
        let mut labels = self.labels(spec.labels.iter().map(|label| label.key));
        for label in spec.labels {
            if let Cardinality::Closed(values) = label.values {
                labels.set(label.key, Values::Closed(values.iter().map(|&value| value.to_owned()).collect()));
            }
        }
        match spec.kind {
            Kind::Counter => self.insert(spec.name, labels, Sample::Counter),
            Kind::Gauge => self.insert(spec.name, labels, Sample::Gauge),
            Kind::Histogram => {
                let bounds = self.buckets.get(spec.name).map_or(spec.buckets, Vec::as_slice);
                let bounds = Values::Bounds(bounds.to_vec());
                self.distribution(spec.name, &labels, ("_bucket", "le", bounds), Sample::Counter);
            }
        }
    }

    /// Takes the series of a histogram or summary: its sum, its count, and its parts, which have one label more.
    fn distribution(
        &mut self,
        name: &str,
        labels: &Labels,
        (suffix, key, values): (&str, &str, Values),
        sample: Sample,
    ) {
        for total in ["_sum", "_count"] {
            self.insert(&format!("{name}{total}"), labels.clone(), Sample::Counter);
        }
        let mut labels = labels.clone();
        labels.set(key, values);
        self.insert(&format!("{name}{suffix}"), labels, sample);
    }

    fn insert(&mut self, name: &str, labels: Labels, sample: Sample) {
        let shape = Shape { labels, sample, metric: name.to_owned() };
        self.metrics.insert(name.to_owned(), shape);
    }

    /// Takes a name that a rule records; says whether more is known now than before.
    pub(super) fn record(&mut self, name: &str, shape: Shape) -> bool {
        // A sum of counters falls when a target goes: what is recorded counts as a gauge.
        let shape = Shape { metric: name.to_owned(), sample: Sample::Gauge, ..shape };
        let before = self.metrics.insert(name.to_owned(), shape.clone());
        before != Some(shape)
    }

    /// Lists every name.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.metrics.iter().map(|(name, shape)| (name.as_str(), shape))
    }

    /// Finds a name.
    ///
    /// # Errors
    ///
    /// Says why there is no such name and which one was probably meant.
    pub(super) fn find(&self, name: &str) -> Result<&Shape, String> {
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
