//! The history of one metric: all of its series, and those that matter most on lines of their own.

mod best;
mod buckets;
mod group;

pub(super) use self::group::{FAILURES, Group, RATE, Tick, increase};

use std::collections::HashMap;

use self::best::{Best, Candidate};
use super::labels;
use super::plan::{By, OWN, Plan, Shape, is_failure};
use super::ring::{Budget, Line};
use crate::metric::{Kind, Unit};
use crate::recorder::{SampledMetric, SampledValue};

/// Lines that only the metrics of the first ranks may take.
const RESERVE: usize = 500;

/// Samples between two selections: a minute.
const PACE: u64 = 12;

/// The longest label text that gets a line.
const MAX_TEXT: usize = 1024;

/// Marks a series whose failures count, in its place.
const FAILURE: u16 = 1 << 15;

/// The place of a series that has no line of its own.
const REST: u16 = FAILURE - 1;

/// The place of a series that does not count.
const EXCLUDED: u16 = FAILURE - 2;

/// The place of a series that has not been found yet.
const UNKNOWN: u16 = FAILURE - 3;

/// What is known of a series between samples.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// The lower half of its count when groups were last selected.
    count: u32,
    place: u16,
}

/// The history of one metric.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) name: Box<str>,
    pub(super) help: Box<str>,
    pub(super) family: &'static str,
    pub(super) unit: Unit,
    pub(super) plan: Plan,
    pub(super) bounds: Box<[f64]>,
    /// All series.
    pub(super) total: Option<Group>,
    /// Those that matter most.
    pub(super) groups: Vec<Group>,
    /// All events that no group counts.
    pub(super) rest: Option<Line>,
    /// How many groups have no lines.
    pub(super) left_out: usize,
    marks: Vec<Mark>,
    seen: usize,
    /// Whether places have to be found anew.
    is_stale: bool,
    /// Whether nothing had been counted at the last sample.
    was_idle: bool,
}

impl Chart {
    pub(super) fn new(metric: &SampledMetric, plan: Plan) -> Self {
        let unit = metric.spec().map_or_else(|| unit_of(metric.name()), |spec| spec.unit);
        let bounds =
            if metric.kind() == Kind::Histogram { buckets::bounds(metric.bounds(), unit) } else { Box::default() };
        Self {
            name: metric.name().into(),
            help: labels::cut(metric.help(), 300).into(),
            family: metric.family(),
            unit,
            plan,
            bounds,
            total: None,
            groups: Vec::new(),
            rest: None,
            left_out: 0,
            marks: Vec::new(),
            seen: 0,
            is_stale: false,
            was_idle: true,
        }
    }

    /// Takes a sample. Returns whether there was room for it.
    pub(super) fn observe(&mut self, metric: &SampledMetric, tick: Tick, budget: &mut Budget) -> bool {
        let series = metric.series();
        if self.total.is_none() && !self.begin(metric, tick, budget) {
            // Either it is idle, which takes no room, or there is none.
            return self.was_idle;
        }
        let has_room = self.groups.len() < self.plan.keep;
        let grew = series > self.seen;
        if self.plan.by != By::Sum && (self.groups.is_empty() || tick.sample.is_multiple_of(PACE) || (grew && has_room))
        {
            self.select(metric, tick, budget);
        }
        self.read(metric, tick, budget);
        true
    }

    fn reserve(&self) -> usize {
        if self.plan.rank < OWN { 0 } else { RESERVE }
    }

    /// Makes the lines of all series, once something was counted.
    fn begin(&mut self, metric: &SampledMetric, tick: Tick, budget: &mut Budget) -> bool {
        let mut is_idle = true;
        metric.read(|_, _, value| {
            is_idle &= match value {
                SampledValue::Total { value, .. } => value == 0.0,
                SampledValue::Level(_) => false,
                SampledValue::Buckets { classic, .. } => classic.iter().all(|count| *count == 0),
            };
        });
        // A metric that was there without events has only new ones now.
        let begins = !self.was_idle || (self.seen == 0 && tick.is_first());
        if is_idle {
            self.seen = metric.series();
            return false;
        }
        let buckets = self.bounds.len() + 1;
        let cost = Group::cost(self.plan.shape, buckets, "");
        self.was_idle = false;
        let Some(lines) = budget.take(cost, self.reserve(), tick.sample) else { return false };
        self.total = Some(Group::new(self.plan.shape, "", lines, buckets, tick.sample, begins));
        self.was_idle = !begins;
        true
    }

    /// Gives lines to the groups that matter most.
    fn select(&mut self, metric: &SampledMetric, tick: Tick, budget: &mut Budget) {
        let mut best = Best::new(self.plan.keep);
        let mut by_label: HashMap<String, (f64, bool)> = HashMap::new();
        let mut groups = 0;
        metric.read(|at, text, value| {
            let is_new = at >= self.seen;
            let score = self.score(at, &value);
            if self.place(at) == Some(EXCLUDED) || !self.plan.admits(text) {
                return;
            }
            match self.plan.by {
                By::Sum => {}
                By::Series => {
                    groups += 1;
                    if text.len() <= MAX_TEXT && self.find(text).is_none() {
                        best.offer(score, text, is_new || self.was_idle);
                    }
                }
                By::Label(key) => {
                    let value = labels::value(text, key).unwrap_or_default();
                    let entry = by_label.entry(value.into_owned()).or_insert((0.0, true));
                    *entry = (entry.0 + score, entry.1 && (is_new || self.was_idle));
                }
            }
        });
        for (key, (score, is_new)) in by_label {
            groups += 1;
            if self.find(&key).is_none() {
                best.offer(score, &key, is_new);
            }
        }
        let mut scores: Vec<_> = self.groups.iter().map(|group| group.activity(tick.sample - 1)).collect();
        for candidate in best.into_sorted() {
            self.admit(candidate, &mut scores, tick, budget);
        }
        self.left_out = groups - self.groups.len().min(groups);
        self.is_stale = true;
    }

    /// Gives lines to a candidate, in the place of a group that matters less than half as much if there is no room.
    ///
    /// `scores` are those of the groups.
    fn admit(&mut self, candidate: Candidate, scores: &mut Vec<f64>, tick: Tick, budget: &mut Budget) {
        if self.groups.len() >= self.plan.keep {
            let least = scores.iter().copied().enumerate().min_by(|one, other| one.1.total_cmp(&other.1));
            match least {
                Some((at, least)) if candidate.score > 2.0 * least => {
                    let gone = self.groups.swap_remove(at);
                    scores.swap_remove(at);
                    budget.free(Group::cost(self.plan.shape, self.bounds.len() + 1, &gone.key));
                }
                _ => return,
            }
        }
        let buckets = self.bounds.len() + 1;
        let cost = Group::cost(self.plan.shape, buckets, &candidate.key);
        if let Some(lines) = budget.take(cost, self.reserve(), tick.sample) {
            let begins = tick.is_first() || !candidate.is_new;
            self.groups.push(Group::new(self.plan.shape, &candidate.key, lines, buckets, tick.sample, begins));
            scores.push(candidate.score);
        }
    }

    /// Returns how much a series has counted since the last selection, or how large the value of a gauge is.
    fn score(&mut self, at: usize, value: &SampledValue<'_>) -> f64 {
        let total = match value {
            SampledValue::Level(value) => return value.abs(),
            SampledValue::Total { value, .. } => *value,
            SampledValue::Buckets { classic, .. } => classic.iter().sum::<u64>() as f64,
        };
        // The lower half is enough for a difference.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let low = total as u64 as u32;
        match self.marks.get_mut(at) {
            Some(mark) => f64::from(low.wrapping_sub(std::mem::replace(&mut mark.count, low))),
            None => total,
        }
    }

    /// Adds up what the series have now, and ends the sample.
    fn read(&mut self, metric: &SampledMetric, tick: Tick, budget: &mut Budget) {
        let mut total = self.total.take();
        let mut values = vec![false; self.groups.len()];
        let mut has_values = false;
        let mut buckets = vec![0; self.bounds.len() + 1];
        metric.read(|at, text, value| {
            let place = self.place_of(at, text, budget);
            if tick.is_first() {
                // What was counted before is no reason to be shown.
                self.score(at, &value);
            }
            let is_failure = place & FAILURE != 0;
            let place = place & !FAILURE;
            if place == EXCLUDED {
                return;
            }
            has_values = true;
            if let SampledValue::Buckets { classic, native } = &value {
                buckets::fill(&mut buckets, &self.bounds, classic, native);
            }
            let begins_late = at >= self.seen && !tick.is_first();
            let own = self.groups.get_mut(usize::from(place));
            if let (Some(there), true) = (values.get_mut(usize::from(place)), own.is_some()) {
                *there = true;
            }
            for group in [total.as_mut(), own].into_iter().flatten() {
                match &value {
                    SampledValue::Total { value, is_kept_elsewhere } => {
                        group.add(*value, *is_kept_elsewhere && begins_late);
                    }
                    SampledValue::Level(value) => group.add(*value, false),
                    SampledValue::Buckets { .. } => group.add_buckets(&buckets, is_failure),
                }
            }
        });
        self.seen = metric.series();
        self.is_stale = false;
        self.was_idle = total.as_ref().is_some_and(Group::is_zero);
        let of_groups: f64 =
            self.groups.iter_mut().zip(values).map(|(group, there)| group.end(tick, &self.bounds, there)).sum();
        let all = total.as_mut().map_or(0.0, |total| total.end(tick, &self.bounds, has_values));
        self.total = total;
        if self.plan.shape == Shape::Rate && self.left_out > 0 {
            if self.rest.is_none() {
                let cost = Group::cost(Shape::Rate, 0, "");
                self.rest = budget.take(cost, self.reserve(), tick.sample).and_then(|mut lines| lines.pop());
            }
            if let Some(rest) = &mut self.rest {
                let rate = (all - of_groups).max(0.0) / tick.elapsed;
                rest.set(tick.sample, if tick.is_first() { f64::NAN } else { rate });
            }
        }
    }

    fn place(&self, at: usize) -> Option<u16> {
        self.marks.get(at).map(|mark| mark.place & !FAILURE)
    }

    /// Returns the place of a series, and keeps it if there is room.
    fn place_of(&mut self, at: usize, text: &str, budget: &mut Budget) -> u16 {
        match self.marks.get_mut(at) {
            Some(mark) if mark.place == EXCLUDED || (mark.place != UNKNOWN && !self.is_stale) => mark.place,
            Some(_) => {
                let place = self.placed(text);
                self.marks[at].place = place;
                place
            }
            None => {
                let place = self.placed(text);
                // Series come in order, but for those that have no value now.
                while self.marks.len() < at && budget.series() {
                    self.marks.push(Mark { count: 0, place: UNKNOWN });
                }
                if self.marks.len() == at && budget.series() {
                    self.marks.push(Mark { count: 0, place });
                }
                place
            }
        }
    }

    /// Finds the place of a series by its labels.
    fn placed(&self, text: &str) -> u16 {
        if !self.plan.admits(text) {
            return EXCLUDED;
        }
        let group = match self.plan.by {
            By::Sum => None,
            By::Series => self.find(text),
            By::Label(key) => self.find(&labels::value(text, key).unwrap_or_default()),
        };
        let place = group.and_then(|at| u16::try_from(at).ok()).unwrap_or(REST);
        if self.plan.shape == Shape::Latency && is_failure(text) { place | FAILURE } else { place }
    }

    fn find(&self, key: &str) -> Option<usize> {
        self.groups.iter().position(|group| &*group.key == key)
    }

    /// Returns the memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        let groups: usize = self.groups.iter().chain(&self.total).map(Group::bytes).sum();
        let texts = self.name.len() + self.help.len() + size_of_val(&*self.bounds);
        let marks = self.marks.capacity() * size_of::<Mark>();
        size_of::<Self>() + groups + texts + marks + self.rest.as_ref().map_or(0, Line::bytes)
    }
}

/// Guesses the unit of a metric that no family declares.
fn unit_of(name: &str) -> Unit {
    let stem = name.strip_suffix("_total").unwrap_or(name);
    let units = [Unit::Seconds, Unit::Bytes, Unit::Ratio];
    units.into_iter().find(|unit| stem.ends_with(unit.as_str())).unwrap_or(Unit::None)
}

#[cfg(test)]
mod tests;
