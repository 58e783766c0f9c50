//! The vocabulary of the check: all metrics that an expression may use, with their labels.

use std::collections::{BTreeMap, BTreeSet};

use super::exporter::{Exporter, MetricType};
use super::shape::{Labels, Sample, Shape, Values};
use crate::label::Cardinality;
use crate::metric::{Family, Kind, Spec};
use crate::suggestion::closest;

/// Labels that Prometheus gives every series of a target.
const TARGET: [&str; 4] = ["job", "instance", "cluster", "namespace"];

/// Suffixes of a histogram's name in an exposition.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// Series that Prometheus creates itself, with their labels besides those of the target; `*` stands for any label.
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

/// All metrics that an expression may use, with their labels.
#[derive(Debug)]
pub(super) struct Vocabulary {
    metrics: BTreeMap<String, Shape>,
    /// The histograms that can be native, by their name without a suffix.
    natives: BTreeMap<String, Shape>,
    /// The names among them that rules record.
    recorded: BTreeSet<String>,
    target_labels: Vec<String>,
    /// Bucket bounds that a recorder uses in place of the declared ones.
    buckets: BTreeMap<String, Vec<f64>>,
}

impl Vocabulary {
    /// Creates a vocabulary with only the series that Prometheus creates itself. Every series of a target also has
    /// `target_labels`.
    pub(super) fn new(target_labels: &[String]) -> Self {
        let target_labels = TARGET.into_iter().map(str::to_owned).chain(target_labels.iter().cloned()).collect();
        let mut vocabulary = Self {
            metrics: BTreeMap::new(),
            natives: BTreeMap::new(),
            recorded: BTreeSet::new(),
            target_labels,
            buckets: BTreeMap::new(),
        };
        for (name, labels) in SYNTHETIC {
            vocabulary.foreign(name, labels);
        }
        vocabulary
    }

    /// Adds a metric that no family declares; `*` among its labels stands for any label.
    pub(super) fn foreign(&mut self, name: &str, labels: &[&str]) {
        let labels = if labels.contains(&"*") { Labels::Any } else { self.labels(labels.iter().copied()) };
        let counts = ["_total", "_bucket", "_sum", "_count"].iter().any(|suffix| name.ends_with(suffix));
        self.insert(name, labels, if counts { Sample::Counter } else { Sample::Gauge });
    }

    /// Replaces the declared buckets of a histogram.
    pub(super) fn buckets(&mut self, metric: &str, bounds: &[f64]) {
        self.buckets.insert(metric.to_owned(), bounds.to_vec());
    }

    /// Adds every metric of an exporter's list. A later list takes precedence over an earlier one.
    pub(super) fn exporter(&mut self, exporter: &Exporter) {
        for (name, metric) in &exporter.metrics {
            let labels = self.labels(metric.labels());
            match metric.kind {
                MetricType::Counter => self.insert(name, labels, Sample::Counter),
                MetricType::Gauge => self.insert(name, labels, Sample::Gauge),
                MetricType::Untyped => self.insert(name, labels, Sample::Any),
                MetricType::Histogram => {
                    self.native(name, &labels);
                    self.distribution(name, &labels, ("_bucket", "le", Values::Any), Sample::Counter);
                }
                MetricType::Summary => self.distribution(name, &labels, ("", "quantile", Values::Any), Sample::Gauge),
            }
        }
    }

    /// Adds every metric of a family. A declared metric takes precedence over a documented one of the same name.
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
                self.native(spec.name, &labels);
                self.distribution(spec.name, &labels, ("_bucket", "le", bounds), Sample::Counter);
            }
        }
    }

    /// Adds the series of a histogram or summary: its sum, its count, and its buckets or quantiles, which have one more
    /// label.
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

    fn native(&mut self, name: &str, labels: &Labels) {
        let shape = Shape { labels: labels.clone(), sample: Sample::Histogram, metric: name.to_owned() };
        self.natives.insert(name.to_owned(), shape);
    }

    /// Finds a histogram by its name, for an expression that can read native ones.
    pub(super) fn find_native(&self, name: &str) -> Option<&Shape> {
        self.natives.get(name).filter(|_| !self.metrics.contains_key(name))
    }

    fn insert(&mut self, name: &str, labels: Labels, sample: Sample) {
        let shape = Shape { labels, sample, metric: name.to_owned() };
        self.metrics.insert(name.to_owned(), shape);
    }

    /// Adds a name that a rule records. Returns whether its shape has changed.
    pub(super) fn record(&mut self, name: &str, shape: Shape) -> bool {
        // A recorded value counts as a gauge, because a sum of counters falls when a target disappears.
        let sample = if shape.sample == Sample::Histogram { Sample::Histogram } else { Sample::Gauge };
        let shape = Shape { metric: name.to_owned(), sample, ..shape };
        self.recorded.insert(name.to_owned());
        let before = self.metrics.insert(name.to_owned(), shape.clone());
        before != Some(shape)
    }

    /// Returns whether a name comes from a scrape: no rule records it, and Prometheus does not create it.
    pub(super) fn is_scraped(&self, name: &str) -> bool {
        !self.recorded.contains(name) && SYNTHETIC.iter().all(|(synthetic, _)| *synthetic != name)
    }

    /// Lists the labels of a metric without those of its target, if they are known.
    pub(super) fn own_labels(&self, name: &str) -> Option<Vec<String>> {
        match &self.metrics.get(name).or_else(|| self.find_native(name))?.labels {
            Labels::Any => None,
            Labels::Known(keys) => Some(keys.keys().filter(|key| !self.target_labels.contains(key)).cloned().collect()),
        }
    }

    /// Lists all metrics.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.metrics.iter().map(|(name, shape)| (name.as_str(), shape))
    }

    /// Finds a metric by its name.
    ///
    /// # Errors
    ///
    /// Returns the message that there is no such metric, with a suggestion.
    pub(super) fn find(&self, name: &str) -> Result<&Shape, String> {
        self.metrics.get(name).ok_or_else(|| self.explain(name))
    }

    fn explain(&self, name: &str) -> String {
        if self.metrics.contains_key(&format!("{name}_bucket")) {
            return format!(
                "`{name}` is a histogram: use `{name}_bucket` for quantiles, `{name}_count` for how many, `{name}_sum` for their total; or a function such as `histogram_count` if it has native buckets"
            );
        }
        for suffix in SUFFIXES {
            let stem = name.strip_suffix(suffix).filter(|stem| self.metrics.contains_key(*stem));
            if let Some(stem) = stem {
                return format!("`{stem}` is not a histogram and has no `{suffix}`: use `{stem}`");
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
