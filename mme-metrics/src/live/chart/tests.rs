#![allow(clippy::float_cmp, reason = "the figures are whole numbers, which are exact")]

use super::*;
use crate::Recorder;

fn recorder() -> Recorder {
    Recorder::builder().process_metrics(false).build().unwrap()
}

fn tick(sample: u64) -> Tick {
    Tick { sample, elapsed: 5.0, unix: 1000.0 }
}

/// A history of one metric.
struct One {
    recorder: Recorder,
    name: &'static str,
    chart: Option<Chart>,
    budget: Budget,
    sample: u64,
}

impl One {
    fn new(name: &'static str) -> Self {
        Self { recorder: recorder(), name, chart: None, budget: Budget::default(), sample: 0 }
    }

    /// Emits, and takes a sample.
    fn after(&mut self, emit: impl FnOnce()) -> &Chart {
        metrics::with_local_recorder(&self.recorder, emit);
        self.sample += 1;
        for metric in self.recorder.sample().iter().filter(|metric| metric.name() == self.name) {
            let chart = self.chart.get_or_insert_with(|| Chart::new(metric, Plan::of(metric, true).unwrap()));
            chart.observe(metric, tick(self.sample), &mut self.budget);
        }
        self.chart.as_ref().unwrap()
    }
}

/// The figure of a line at a sample.
fn at(line: &Line, sample: u64) -> f32 {
    line.between(sample, sample).next().unwrap_or(f32::NAN)
}

fn keys(chart: &Chart) -> Vec<&str> {
    chart.groups.iter().map(|group| &*group.key).collect()
}

fn job(kind: usize, count: u64) {
    metrics::counter!("jobs_total", "kind" => format!("k{kind}")).increment(count);
}

#[test]
fn a_metric_without_events_takes_no_lines_and_its_first_event_is_an_increase() {
    let mut one = One::new("jobs_total");
    assert!(one.after(|| job(1, 0)).total.is_none());
    let chart = one.after(|| job(1, 10));
    assert_eq!((at(&chart.total.as_ref().unwrap().lines[0], 2), at(&chart.groups[0].lines[0], 2)), (2.0, 2.0));
}

#[test]
fn what_was_counted_before_the_first_sample_is_no_increase() {
    let mut one = One::new("jobs_total");
    one.after(|| job(1, 1000));
    let chart = one.after(|| job(1, 5));
    let total = &chart.total.as_ref().unwrap().lines[0];
    assert!(at(total, 1).is_nan());
    assert_eq!((at(total, 2), at(&chart.groups[0].lines[0], 2)), (1.0, 1.0));
}

#[test]
fn a_series_that_comes_later_counts_from_its_beginning() {
    let mut one = One::new("jobs_total");
    one.after(|| job(1, 1));
    one.after(|| job(1, 5));
    let chart = one.after(|| job(2, 50));
    assert_eq!(keys(chart), ["kind=\"k1\"", "kind=\"k2\""]);
    assert_eq!((at(&chart.groups[0].lines[0], 3), at(&chart.groups[1].lines[0], 3)), (0.0, 10.0));
}

#[test]
fn the_busiest_have_lines_and_the_others_are_added_up() {
    let mut one = One::new("jobs_total");
    let chart = one.after(|| (1..=20).for_each(|kind| job(kind, kind as u64)));
    let mut kept = keys(chart);
    kept.sort_unstable();
    assert_eq!(kept, [15, 16, 17, 18, 19, 20].map(|kind| format!("kind=\"k{kind}\"")));
    assert_eq!(chart.left_out, 14);
    let chart = one.after(|| (1..=20).for_each(|kind| job(kind, 5)));
    assert_eq!((at(&chart.total.as_ref().unwrap().lines[0], 2), at(chart.rest.as_ref().unwrap(), 2)), (20.0, 14.0));
    // From now on another one is busy: it takes the place of one that is not.
    (3..=12).for_each(|_| _ = one.after(|| job(3, 1000)));
    let chart = one.chart.as_ref().unwrap();
    assert!(keys(chart).contains(&"kind=\"k3\"") && chart.groups.len() == 6, "{:?}", keys(chart));
    let chart = one.after(|| job(3, 1000));
    let busy = chart.groups.iter().find(|group| &*group.key == "kind=\"k3\"").unwrap();
    assert_eq!(at(&busy.lines[0], 13), 200.0);
}

#[test]
fn a_counter_that_is_kept_elsewhere_begins_where_it_stands() {
    let mut one = One::new("jobs_total");
    one.after(|| job(1, 1));
    let chart = one.after(|| metrics::counter!("jobs_total", "kind" => "own").absolute(1_000_000));
    assert_eq!(at(&chart.total.as_ref().unwrap().lines[0], 2), 0.0);
    let chart = one.after(|| metrics::counter!("jobs_total", "kind" => "own").absolute(1_000_010));
    assert_eq!(at(&chart.total.as_ref().unwrap().lines[0], 3), 2.0);
}

#[test]
fn a_gauge_is_shown_as_it_is_and_one_that_is_cleared_as_nothing() {
    static TANK: crate::Gauge<()> = crate::Gauge::new("tank_bytes", Unit::Bytes);
    let mut one = One::new("tank_bytes");
    assert_eq!(at(&one.after(|| TANK.set((), 7.5)).groups[0].lines[0], 1), 7.5);
    assert_eq!(at(&one.after(|| TANK.set((), -2.0)).groups[0].lines[0], 2), -2.0);
    assert!(at(&one.after(|| TANK.clear(())).groups[0].lines[0], 3).is_nan());
}

#[test]
fn a_histogram_of_failures_and_others_has_both() {
    static CALLS: crate::Histogram<()> = crate::Histogram::new("calls_seconds", Unit::Seconds, crate::buckets::REQUEST);
    let _ = CALLS.spec();
    let mut one = One::new("calls_seconds");
    let call = |end: &'static str, count| {
        (0..count).for_each(|_| metrics::histogram!("calls_seconds", "result" => end).record(0.03));
    };
    one.after(|| call("ok", 1));
    let chart = one.after(|| {
        call("ok", 15);
        call("error", 5);
        call("cancelled", 10);
    });
    let lines = &chart.total.as_ref().unwrap().lines;
    assert_eq!((at(&lines[RATE], 2), at(&lines[FAILURES], 2)), (6.0, 1.0));
    assert!(lines[2..].iter().all(|line| (0.025..=0.05).contains(&at(line, 2))));
}

#[test]
fn units_of_undeclared_metrics_are_guessed_from_their_names() {
    let names = ["a_seconds", "a_bytes_total", "a_ratio", "a_total", "seconds_of_a"];
    assert_eq!(names.map(unit_of), [Unit::Seconds, Unit::Bytes, Unit::Ratio, Unit::None, Unit::None]);
}
