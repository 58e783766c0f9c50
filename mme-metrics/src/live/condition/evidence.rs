//! What conditions are judged by.

use crate::live::chart::{Chart, FAILURES, Group, RATE};
use crate::live::facts::Facts;
use crate::live::objective::Objectives;
use crate::live::ring::{INTERVAL, Line};
use crate::metric::Spec;

/// Samples in five minutes.
const FIVE_MINUTES: u64 = 60;

/// The state of a history after a sample.
#[derive(Clone, Copy)]
pub(in crate::live) struct Evidence<'a> {
    pub(in crate::live) charts: &'a [Chart],
    pub(in crate::live) facts: &'a Facts,
    pub(in crate::live) objectives: &'a Objectives,
    pub(in crate::live) sample: u64,
    /// Unix time in seconds.
    pub(in crate::live) unix: f64,
}

impl<'a> Evidence<'a> {
    pub(super) fn chart(&self, spec: &Spec) -> Option<&'a Chart> {
        self.charts.iter().find(|chart| *chart.name == *spec.name)
    }

    /// Returns the groups of a metric that have lines of their own.
    pub(super) fn groups(&self, spec: &Spec) -> &'a [Group] {
        self.chart(spec).map_or(&[], |chart| &chart.groups)
    }

    /// Returns the history of all series of a metric.
    pub(super) fn total(&self, spec: &Spec) -> Option<&'a Group> {
        self.chart(spec)?.total.as_ref()
    }

    /// Returns what was added within five minutes to the line of a rate.
    pub(super) fn increase_5m(&self, line: &Line) -> f64 {
        line.sum(self.sample, FIVE_MINUTES) * INTERVAL.as_secs_f64()
    }

    /// Returns the mean of the last five minutes, of which there may be less.
    pub(super) fn mean_5m(&self, line: &Line) -> Option<f64> {
        line.mean(self.sample, FIVE_MINUTES)
    }

    /// Returns the lowest value of the last five minutes, all of which the line has to have.
    pub(super) fn floor_5m(&self, line: &Line) -> Option<f64> {
        line.floor(self.sample, FIVE_MINUTES)
    }

    /// Returns observations and failures each second within the last five minutes.
    ///
    /// A younger page divides by five minutes too: a few events after a start are no rate.
    pub(super) fn rates_5m(&self, group: &Group) -> [f64; 2] {
        [RATE, FAILURES].map(|line| group.lines.get(line).map_or(0.0, |line| self.increase_5m(line)) / 300.0)
    }
}
