//! Every name that an expression may use.

use std::collections::BTreeMap;

use super::shape::{Labels, Sample, Shape};
use crate::spec::{Family, Kind, Spec};

/// Labels that Prometheus gives every series of a target.
const TARGET: [&str; 2] = ["job", "instance"];

/// What a histogram's name is followed by in an exposition.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// How alike two names have to be for one to be proposed instead of the other: Jaro-Winkler, where 1 is the same.
const ALIKE: f64 = 0.85;

/// Series that no family declares: Prometheus' own, and documented ones of exporters that the assets read. A name
/// that ends in `_total` is a counter. Labels are what the exporter documents beside `job` and `instance`; `*` is any.
///
/// Sources: prometheus.io/docs/concepts/jobs_instances, the HELP texts of Prometheus 2.42 and Alertmanager 0.25,
/// cAdvisor's `docs/storage/prometheus.md`, `node_exporter`'s `meminfo` collector.
const DOCUMENTED: &[(&str, &[&str])] = &[
    ("up", &[]),
    ("scrape_duration_seconds", &[]),
    ("scrape_samples_scraped", &[]),
    ("scrape_samples_post_metric_relabeling", &[]),
    ("scrape_series_added", &[]),
    ("ALERTS", &["*"]),
    ("ALERTS_FOR_STATE", &["*"]),
    ("prometheus_config_last_reload_successful", &[]),
    ("prometheus_notifications_alertmanagers_discovered", &[]),
    ("prometheus_rule_evaluation_failures_total", &["rule_group"]),
    ("prometheus_tsdb_head_series", &[]),
    ("prometheus_tsdb_head_samples_appended_total", &["type"]),
    ("alertmanager_notifications_total", &["integration"]),
    ("alertmanager_notifications_failed_total", &["integration", "reason"]),
    ("container_memory_working_set_bytes", &["container", "id", "image", "name", "namespace", "pod"]),
    ("container_spec_memory_limit_bytes", &["container", "id", "image", "name", "namespace", "pod"]),
    ("node_memory_MemAvailable_bytes", &[]),
    ("node_memory_MemTotal_bytes", &[]),
];

/// A name with what is known of its series.
#[derive(Debug)]
pub(super) struct Metric {
    pub(super) shape: Shape,
    /// The declaration, if a family has one.
    pub(super) spec: Option<&'static Spec>,
}

/// Every name that an expression may use.
#[derive(Debug, Default)]
pub(super) struct Vocabulary(BTreeMap<String, Metric>);

impl Vocabulary {
    /// Takes the names of `families` and the documented ones of others; a family's own declaration wins.
    pub(super) fn new(families: &[&'static dyn Family]) -> Self {
        let mut vocabulary = Self::default();
        for (name, labels) in DOCUMENTED {
            let any = labels.contains(&"*");
            let labels = if any { Labels::Any } else { Labels::known(labels.iter().chain(&TARGET).copied()) };
            let sample = if name.ends_with("_total") { Sample::Counter } else { Sample::Gauge };
            vocabulary.insert(name, labels, sample, None);
        }
        for spec in families.iter().flat_map(|family| family.specs()) {
            vocabulary.declare(spec);
        }
        vocabulary
    }

    fn declare(&mut self, spec: &'static Spec) {
        let labels = || Labels::known(spec.labels.iter().map(|label| label.key).chain(TARGET));
        match spec.kind {
            Kind::Counter => self.insert(spec.name, labels(), Sample::Counter, Some(spec)),
            Kind::Gauge => self.insert(spec.name, labels(), Sample::Gauge, Some(spec)),
            Kind::Histogram => {
                for suffix in SUFFIXES {
                    let mut labels = labels();
                    if suffix == "_bucket" {
                        labels.add("le");
                    }
                    self.insert(&format!("{}{suffix}", spec.name), labels, Sample::Counter, Some(spec));
                }
            }
        }
    }

    fn insert(&mut self, name: &str, labels: Labels, sample: Sample, spec: Option<&'static Spec>) {
        let shape = Shape { labels, sample, metric: name.to_owned() };
        self.0.insert(name.to_owned(), Metric { shape, spec });
    }

    /// Takes a name that a rule records; says whether more is known now than before.
    pub(super) fn record(&mut self, name: &str, shape: Shape) -> bool {
        // A sum of counters falls when a target goes: what is recorded counts as a gauge.
        let shape = Shape { metric: name.to_owned(), sample: Sample::Gauge, ..shape };
        let before = self.0.insert(name.to_owned(), Metric { shape: shape.clone(), spec: None });
        before.is_none_or(|before| before.shape != shape)
    }

    /// Finds a name.
    ///
    /// # Errors
    ///
    /// Says why there is no such name and which one was probably meant.
    pub(super) fn find(&self, name: &str) -> Result<&Metric, String> {
        self.0.get(name).ok_or_else(|| self.explain(name))
    }

    fn explain(&self, name: &str) -> String {
        if self.0.contains_key(&format!("{name}_bucket")) {
            return format!(
                "`{name}` is a histogram: use `{name}_bucket` for quantiles, `{name}_count` for how many, `{name}_sum` for their total"
            );
        }
        for suffix in SUFFIXES {
            let stem = name.strip_suffix(suffix).filter(|stem| self.0.contains_key(*stem));
            if let Some(stem) = stem {
                return format!("`{stem}` is no histogram and has no `{suffix}`: use `{stem}`");
            }
        }
        match self.nearest(name) {
            Some(nearest) => format!("no metric `{name}`: did you mean `{nearest}`?"),
            None => format!("no metric `{name}`: declare it in a family, record it in a rule, or correct the name"),
        }
    }

    fn nearest(&self, name: &str) -> Option<&str> {
        closest(name, self.0.keys().map(String::as_str))
    }
}

/// Returns the candidate most like `word`, if any is like it.
pub(super) fn closest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let scored = candidates.map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    let (score, candidate) = scored.max_by(|left, right| left.0.total_cmp(&right.0))?;
    (score >= ALIKE).then_some(candidate)
}
