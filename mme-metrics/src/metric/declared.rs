//! The declaration of a metric: its name, kind, unit, labels and buckets.

use super::histogram_form::HistogramForm;
use crate::label::LabelSpec;

/// The name of the counter of refused observations. This layer emits it; the metric is declared in `process`.
pub(crate) const REJECTED: &str = "mme_rejected_observations_total";

/// The target of every emission of a typed metric. It tells the recorder that the labels are the declared ones.
pub(crate) const TYPED: &str = "mme_metrics";

/// What a metric counts or measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Only grows, and starts at zero with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets, with their sum.
    Histogram,
}

impl Kind {
    /// Returns the word of the exposition's `# TYPE` line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// The unit of a metric's value; its name has to end in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// A number of things, or no unit.
    None,
    /// Seconds, as a duration or as a Unix timestamp.
    Seconds,
    /// Bytes.
    Bytes,
    /// A share between 0 and 1.
    Ratio,
}

impl Unit {
    /// Returns the word that a name ends in, or an empty text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Ratio => "ratio",
        }
    }
}

/// The declaration of one metric. Descriptions, METRICS.md, bucket set-up, lint and asset checks read it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Spec {
    /// The full exported name.
    pub name: &'static str,
    /// The `HELP` text: the doc comment of the metric.
    pub help: &'static str,
    /// The family it belongs to.
    pub family: &'static str,
    /// What it counts or measures.
    pub kind: Kind,
    /// The unit of its value.
    pub unit: Unit,
    /// Its labels, in declared order.
    pub labels: &'static [LabelSpec],
    /// Upper bounds of its buckets; empty unless it is a histogram.
    pub buckets: &'static [f64],
    /// Which buckets it has, if it is a histogram and the set-up says nothing else.
    pub form: HistogramForm,
    /// Whether it is recorded only if the service turns it on.
    pub optional: bool,
    /// Whether it is a counter with a fractional value, which the facade carries as a gauge.
    pub fractional: bool,
}

/// Lists every name that the lines of the metric `name` have, in either exposition format.
///
/// OpenMetrics names a counter's family without `_total` and reserves `_created`; no other metric may have one of these.
pub(crate) fn claimed_names(name: &str, kind: Kind) -> Vec<String> {
    let with = |stem: &str, ends: &[&str]| ends.iter().map(|end| format!("{stem}{end}")).collect();
    match kind {
        Kind::Counter => with(name.strip_suffix("_total").unwrap_or(name), &["", "_total", "_created"]),
        Kind::Gauge => vec![name.to_owned()],
        Kind::Histogram => with(name, &["", "_bucket", "_count", "_sum", "_created"]),
    }
}

impl Spec {
    /// Returns the label declared under `key`.
    pub fn label(&self, key: &str) -> Option<&'static LabelSpec> {
        self.labels.iter().find(|label| label.key == key)
    }
}
