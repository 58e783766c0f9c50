//! The history of a process: what one sample after the other has shown, in fixed memory.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};

use crate::catalog;
use crate::recorder::SampledMetric;

use super::chart::{Chart, Tick};
use super::condition::{Conditions, Evidence};
use super::facts::Facts;
use super::objective::Objectives;
use super::plan::Plan;
use super::ring::Budget;

/// Most metrics that have a chart.
const MOST_CHARTS: usize = 300;

/// The last 15 minutes of a recorder.
#[derive(Debug)]
pub(super) struct History {
    /// Differs between two histories, so that a page notices a restart.
    pub(super) instance: String,
    /// The number of the last sample; 0 before the first.
    pub(super) sample: u64,
    /// The Unix time of the last sample in seconds.
    pub(super) unix: f64,
    /// By rank, then by name.
    pub(super) charts: Vec<Chart>,
    pub(super) objectives: Objectives,
    pub(super) facts: Facts,
    pub(super) conditions: Conditions,
    /// Metrics that there was no room for.
    pub(super) left_out: usize,
    /// What the operator has set, if anything.
    pub(super) settings: Option<String>,
    budget: Budget,
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            // Keys of hashes are random, and the process adds what differs between two that start at one time.
            instance: format!("{:016x}", RandomState::new().hash_one(std::process::id())),
            sample: 0,
            unix: 0.0,
            charts: Vec::new(),
            objectives: Objectives::default(),
            facts: Facts::default(),
            conditions: Conditions::new(),
            left_out: 0,
            settings: None,
            budget: Budget::default(),
        }
    }

    /// Tells the page what the operator has set.
    #[cfg(feature = "settings")]
    pub(super) fn with_settings(self, settings: &crate::settings::Settings) -> Self {
        Self { settings: (!settings.is_empty()).then(|| settings.to_string()), ..self }
    }

    /// Takes a sample, `elapsed` seconds after the last.
    pub(super) fn observe(&mut self, metrics: &[SampledMetric], elapsed: f64, unix: f64) {
        self.sample += 1;
        self.unix = unix;
        let tick = Tick { sample: self.sample, elapsed: elapsed.max(0.001), unix };
        self.facts.begin();
        let mut by_name: BTreeMap<&str, &SampledMetric> = BTreeMap::new();
        for metric in metrics.iter().filter(|metric| metric.series() > 0) {
            self.facts.gather(metric);
            by_name.insert(metric.name(), metric);
        }
        self.objectives.observe(&self.facts, tick, &mut self.budget);
        self.left_out = 0;
        // In the order of rank, so that what matters most finds room.
        for chart in &mut self.charts {
            if let Some(metric) = by_name.remove(&*chart.name)
                && !chart.observe(metric, tick, &mut self.budget)
            {
                self.left_out += 1;
            }
        }
        self.add_charts(by_name, tick);
        let evidence = Evidence {
            charts: &self.charts,
            facts: &self.facts,
            objectives: &self.objectives,
            sample: self.sample,
            unix,
        };
        self.conditions.observe(&evidence);
    }

    /// Begins the history of metrics that are new.
    fn add_charts(&mut self, new: BTreeMap<&str, &SampledMetric>, tick: Tick) {
        let plan = |metric: &SampledMetric| {
            let is_own = !catalog::FAMILIES.iter().any(|family| family.name() == metric.family());
            Plan::of(metric, is_own)
        };
        let mut planned: Vec<_> =
            new.into_values().filter_map(|metric| plan(metric).map(|plan| (plan, metric))).collect();
        if planned.is_empty() {
            return;
        }
        // They are in the order of their names.
        planned.sort_by_key(|(plan, _)| plan.rank);
        for (plan, metric) in planned {
            if self.charts.len() == MOST_CHARTS {
                self.left_out += 1;
                continue;
            }
            let mut chart = Chart::new(metric, plan);
            if !chart.observe(metric, tick, &mut self.budget) {
                self.left_out += 1;
            }
            self.charts.push(chart);
        }
        self.charts.sort_by(|one, other| (one.plan.rank, &one.name).cmp(&(other.plan.rank, &other.name)));
    }

    /// Returns the memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        let charts: usize = self.charts.iter().map(Chart::bytes).sum();
        size_of::<Self>() + charts + self.facts.bytes() + self.objectives.bytes()
    }
}

#[cfg(test)]
mod tests;
