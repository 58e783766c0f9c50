//! Series that are shown as one: what they have added since the last sample, and their lines.

use crate::live::plan::Shape;
use crate::live::ring::{Cost, Line, SAMPLES};
use crate::live::window::{FIVE_MINUTES, MINUTE, Window, quantile};

/// The lines of a latency, by position.
pub(in crate::live) const RATE: usize = 0;
pub(in crate::live) const FAILURES: usize = 1;
const QUANTILES: [(usize, f64); 3] = [(2, 0.5), (P95, 0.95), (4, 0.99)];
const P95: usize = 3;

/// When a sample was taken.
#[derive(Clone, Copy, Debug)]
pub(in crate::live) struct Tick {
    /// Its number, from 1.
    pub(in crate::live) sample: u64,
    /// Seconds since the one before.
    pub(in crate::live) elapsed: f64,
    /// Unix time in seconds.
    pub(in crate::live) unix: f64,
}

impl Tick {
    /// Says whether it is the first, from which nothing is known but where totals stand.
    pub(in crate::live) fn is_first(&self) -> bool {
        self.sample <= 1
    }
}

/// Totals at one moment.
#[derive(Clone, Debug, Default)]
struct Totals {
    count: f64,
    failures: f64,
    buckets: Box<[u64]>,
}

/// Series that are shown as one.
#[derive(Debug)]
pub(in crate::live) struct Group {
    /// The value of the label that they share, or the label text of the only one; empty for all series of a metric.
    pub(in crate::live) key: Box<str>,
    pub(in crate::live) lines: Vec<Line>,
    shape: Shape,
    now: Totals,
    before: Totals,
    window: Option<Window>,
    /// Whether its totals at the next sample are where it begins, because they were not looked at before.
    begins: bool,
}

impl Group {
    /// Returns what a group takes of the budget.
    pub(in crate::live) fn cost(shape: Shape, buckets: usize, key: &str) -> Cost {
        match shape {
            // The totals of each bucket are words of eight bytes, twice.
            Shape::Latency => Cost { lines: 5, words: Window::words(buckets) + 4 * buckets, text: key.len() },
            Shape::Rate | Shape::Level | Shape::Age => Cost { lines: 1, words: 0, text: key.len() },
        }
    }

    /// Makes a group of `lines`. If it `begins`, what its series have counted so far is not an increase.
    pub(in crate::live) fn new(
        shape: Shape,
        key: &str,
        lines: Vec<Line>,
        buckets: usize,
        sample: u64,
        begins: bool,
    ) -> Self {
        let is_latency = shape == Shape::Latency;
        let totals = Totals { buckets: vec![0; if is_latency { buckets } else { 0 }].into(), ..Totals::default() };
        let window = is_latency.then(|| Window::new(buckets, sample));
        Self { key: key.into(), lines, shape, now: totals.clone(), before: totals, window, begins }
    }

    /// Adds a counter or a gauge. What a total `begins` with is no increase.
    pub(in crate::live) fn add(&mut self, value: f64, begins: bool) {
        self.now.count += value;
        if begins {
            self.before.count += value;
        }
    }

    /// Adds the buckets of a series.
    pub(in crate::live) fn add_buckets(&mut self, buckets: &[u64], is_failure: bool) {
        let count = buckets.iter().sum::<u64>() as f64;
        self.now.count += count;
        if is_failure {
            self.now.failures += count;
        }
        for (total, bucket) in self.now.buckets.iter_mut().zip(buckets) {
            *total = total.saturating_add(*bucket);
        }
    }

    /// Says whether nothing was counted up to this sample.
    pub(in crate::live) fn is_zero(&self) -> bool {
        self.now.count == 0.0
    }

    /// Ends a sample: writes the lines and returns the increase, or the value of gauges.
    pub(in crate::live) fn end(&mut self, tick: Tick, bounds: &[f64], has_values: bool) -> f64 {
        if self.begins || tick.is_first() {
            self.before.clone_from(&self.now);
        }
        let is_known = !(self.begins || tick.is_first());
        self.begins = false;
        let added = increase(self.before.count, self.now.count);
        let rate = |added: f64| if is_known { added / tick.elapsed } else { f64::NAN };
        let result = match self.shape {
            Shape::Latency => {
                let failures = increase(self.before.failures, self.now.failures);
                self.lines[RATE].set(tick.sample, rate(added));
                self.lines[FAILURES].set(tick.sample, rate(failures));
                self.end_buckets(tick.sample, bounds);
                added
            }
            Shape::Rate => {
                self.lines[0].set(tick.sample, rate(added));
                added
            }
            Shape::Level | Shape::Age => {
                let value = if self.shape == Shape::Age { tick.unix - self.now.count } else { self.now.count };
                self.lines[0].set(tick.sample, if has_values { value } else { f64::NAN });
                value
            }
        };
        std::mem::swap(&mut self.before, &mut self.now);
        self.now.count = 0.0;
        self.now.failures = 0.0;
        self.now.buckets.fill(0);
        result
    }

    fn end_buckets(&mut self, sample: u64, bounds: &[f64]) {
        let Some(window) = &mut self.window else { return };
        window.begin(sample);
        for (bucket, (before, now)) in self.before.buckets.iter().zip(&self.now.buckets).enumerate() {
            // A total that has fallen began anew.
            let added = now.checked_sub(*before).unwrap_or(*now);
            if added > 0 {
                window.add(bucket, added);
            }
        }
        let minute = window.sum(MINUTE);
        for (line, share) in QUANTILES {
            self.lines[line].set(sample, quantile(share, bounds, &minute).unwrap_or(f64::NAN));
        }
    }

    /// Returns the observations of the last five minutes, by bucket.
    pub(in crate::live) fn five_minutes(&self) -> Vec<u64> {
        self.window.as_ref().map_or_else(Vec::new, |window| window.sum(FIVE_MINUTES))
    }

    /// Returns the mean of events each minute, as far as is known.
    pub(in crate::live) fn activity(&self, sample: u64) -> f64 {
        let mean = self.lines[0].mean(sample, SAMPLES).unwrap_or(0.0);
        if matches!(self.shape, Shape::Level | Shape::Age) { mean.abs() } else { mean * 60.0 }
    }

    pub(in crate::live) fn bytes(&self) -> usize {
        let totals = 2 * size_of_val(&*self.now.buckets);
        let lines: usize = self.lines.iter().map(Line::bytes).sum();
        size_of::<Self>() + self.key.len() + totals + lines + self.window.as_ref().map_or(0, Window::bytes)
    }
}

/// Returns what was added to a total. One that has fallen began anew.
pub(in crate::live) fn increase(before: f64, now: f64) -> f64 {
    if now >= before { now - before } else { now }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "the figures are whole numbers, which are exact")]

    use super::*;
    use crate::live::ring::Budget;

    fn tick(sample: u64) -> Tick {
        Tick { sample, elapsed: 5.0, unix: 1000.0 }
    }

    fn group(shape: Shape, begins: bool) -> Group {
        let cost = Group::cost(shape, 3, "");
        let lines = Budget::default().take(cost, 0, 1).unwrap();
        Group::new(shape, "", lines, 3, 1, begins)
    }

    fn at(group: &Group, line: usize, sample: u64) -> f32 {
        group.lines[line].between(sample, sample).next().unwrap()
    }

    #[test]
    fn a_total_that_falls_began_anew_and_no_rate_is_negative() {
        let mut group = group(Shape::Rate, false);
        for (sample, total) in [(1, 100.0), (2, 110.0), (3, 5.0), (4, 5.0)] {
            group.add(total, false);
            group.end(tick(sample), &[], true);
        }
        assert!(at(&group, 0, 1).is_nan());
        assert_eq!([2, 3, 4].map(|sample| at(&group, 0, sample)), [2.0, 1.0, 0.0]);
    }

    #[test]
    fn what_a_total_begins_with_is_no_increase_unless_it_was_counted_since_the_last_sample() {
        let mut late = group(Shape::Rate, true);
        late.add(50.0, false);
        assert_eq!(late.end(tick(7), &[], true), 0.0);
        let mut new = group(Shape::Rate, false);
        new.add(50.0, false);
        new.add(7.0, true);
        assert_eq!(new.end(tick(7), &[], true), 50.0);
    }

    #[test]
    fn a_latency_has_rates_failures_and_quantiles_of_the_last_minute() {
        let bounds = [0.1, 1.0];
        let mut group = group(Shape::Latency, false);
        for (sample, counts) in [(1, [1, 0, 0]), (2, [11, 0, 0])] {
            group.add_buckets(&counts, false);
            group.add_buckets(&[0, sample, 0], true);
            group.end(tick(sample), &bounds, true);
        }
        assert_eq!((at(&group, RATE, 2), at(&group, FAILURES, 2)), (2.2, 0.2));
        assert!(at(&group, P95, 1).is_nan() && (0.1..=1.0).contains(&at(&group, P95, 2)));
        assert_eq!(group.five_minutes(), [10, 1, 0]);
        // It began anew.
        group.add_buckets(&[2, 0, 0], false);
        assert_eq!(group.end(tick(3), &bounds, true), 2.0);
        assert_eq!(group.five_minutes(), [12, 1, 0]);
    }

    #[test]
    fn a_moment_is_shown_as_the_time_since_it_and_a_cleared_gauge_as_nothing() {
        let mut group = group(Shape::Age, false);
        group.add(940.0, false);
        group.end(tick(1), &[], true);
        assert_eq!(at(&group, 0, 1), 60.0);
        group.end(tick(2), &[], false);
        assert!(at(&group, 0, 2).is_nan());
    }
}
