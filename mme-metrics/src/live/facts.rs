//! The present values that tables and conditions need.

use crate::certificate::CERTIFICATE;
use crate::database::DATABASE;
use crate::health::HEALTH;
use crate::isolation::ISOLATION;
use crate::metric::Spec;
use crate::process::{MME, PROCESS};
use crate::recorder::{SampledMetric, SampledValue};
use crate::runtime::RUNTIME;
use crate::slo::SLO;

use super::labels;

/// Most series of one metric.
const MOST: usize = 100;

/// Most bytes of the label text of one series.
const MAX_TEXT: usize = 512;

/// The present values of a few metrics.
#[derive(Debug, Default)]
pub(super) struct Facts {
    metrics: Vec<(&'static str, Vec<Fact>)>,
    /// Series that there was no room for.
    pub(super) left_out: usize,
}

/// One series: its label text and its value.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) labels: Box<str>,
    pub(super) value: f64,
}

impl Facts {
    /// Forgets the values of the last sample.
    pub(super) fn begin(&mut self) {
        self.metrics.clear();
        self.left_out = 0;
    }

    /// Keeps the values of a metric, if it is one of those.
    pub(super) fn gather(&mut self, metric: &SampledMetric) {
        let Some(spec) = wanted().into_iter().find(|spec| spec.name == metric.name()) else { return };
        let mut facts = Vec::new();
        let mut left_out = 0;
        metric.read(|_, labels, value| {
            let (SampledValue::Total { value, .. } | SampledValue::Level(value)) = value else { return };
            if facts.len() < MOST && labels.len() <= MAX_TEXT {
                facts.push(Fact { labels: labels.into(), value });
            } else {
                left_out += 1;
            }
        });
        self.left_out += left_out;
        self.metrics.push((spec.name, facts));
    }

    /// Returns the series of a metric.
    pub(super) fn of(&self, spec: &Spec) -> &[Fact] {
        self.metrics.iter().find(|(name, _)| *name == spec.name).map_or(&[], |(_, facts)| facts)
    }

    /// Returns the value of a metric that has one series.
    pub(super) fn only(&self, spec: &Spec) -> Option<f64> {
        self.of(spec).first().map(|fact| fact.value)
    }

    /// Adds up the series of a metric whose label `key` has this value.
    pub(super) fn sum(&self, spec: &Spec, key: &str, value: &str) -> Option<f64> {
        let there = self.of(spec).iter().filter(|fact| fact.label(key) == value);
        there.map(|fact| fact.value).reduce(|one, other| one + other)
    }

    pub(super) fn bytes(&self) -> usize {
        let bytes = |fact: &Fact| size_of::<Fact>() + fact.labels.len();
        self.metrics.iter().flat_map(|(_, facts)| facts).map(bytes).sum()
    }
}

impl Fact {
    /// Returns the value of a label; empty if there is none.
    pub(super) fn label(&self, key: &str) -> String {
        labels::value(&self.labels, key).unwrap_or_default().into_owned()
    }
}

/// The metrics whose present values are needed.
fn wanted() -> [&'static Spec; 24] {
    [
        SLO.events.spec(),
        SLO.bad_events.spec(),
        SLO.objective.spec(),
        SLO.threshold.spec(),
        HEALTH.up.spec(),
        HEALTH.last_success.spec(),
        HEALTH.backup_last_success.spec(),
        HEALTH.backup_size.spec(),
        ISOLATION.sentinel.spec(),
        ISOLATION.checks.spec(),
        ISOLATION.last_check.spec(),
        ISOLATION.last_pass.spec(),
        ISOLATION.interval.spec(),
        CERTIFICATE.not_after.spec(),
        CERTIFICATE.not_before.spec(),
        DATABASE.connections.spec(),
        DATABASE.connection_max.spec(),
        DATABASE.connection_pending.spec(),
        PROCESS.max_fds.spec(),
        PROCESS.open_fds.spec(),
        PROCESS.start_time.spec(),
        PROCESS.resident_memory.spec(),
        MME.cpu_cores.spec(),
        RUNTIME.workers.spec(),
    ]
}
