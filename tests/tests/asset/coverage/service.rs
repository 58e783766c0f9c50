//! The series of a healthy service, told as lives of processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use serde_json::Value;

/// When a process that was there from the beginning has started.
pub const LONG_AGO: i64 = -86_400;

/// The life of one process, as its target shows it.
#[derive(Clone)]
pub struct Life {
    /// Labels of the target, as they stand in a selector.
    pub target: String,
    /// The minutes in which it is scraped.
    pub minutes: Range<i64>,
    /// When the process started.
    pub start: i64,
    /// Whether counters have the totals of a process that has run from the beginning; else they begin at zero.
    pub has_past: bool,
    /// The minute from which on no user comes any more.
    pub deserted: Option<i64>,
    /// How long the target is still listed, without an answer.
    pub dying: i64,
}

impl Life {
    pub fn new(labels: &str, minutes: Range<i64>) -> Self {
        Self {
            target: format!(r#"job="api",{labels}"#),
            minutes,
            start: LONG_AGO,
            has_past: true,
            deserted: None,
            dying: 0,
        }
    }

    /// Returns it as a new process that starts shortly before its first scrape.
    pub fn born(mut self) -> Self {
        self.start = self.minutes.start * 60 - 10;
        self.has_past = false;
        self
    }
}

/// Series in promtool's notation, by their names and labels.
#[derive(Default)]
pub struct Series(BTreeMap<String, Values>);

#[derive(Default)]
struct Values {
    text: String,
    /// The first minute that has no value yet.
    end: i64,
}

impl Series {
    /// Adds everything that a process exposes.
    pub fn add(&mut self, life: &Life) {
        let healthy = healthy();
        let Range { start: from, end } = life.minutes;
        let past = if life.has_past { from } else { 0 };
        for (kind, series) in healthy.as_object().expect("kinds of series") {
            for (name, value) in series.as_object().expect("series by their names") {
                let number = |at: usize| value[at].as_i64().unwrap_or_default();
                match kind.as_str() {
                    "traffic" | "background" => {
                        let step = number(1);
                        let first = if life.has_past { number(0) + step * past } else { 0 };
                        let pause = life.deserted.filter(|_| kind == "traffic").unwrap_or(end);
                        self.line(life, name, from..pause, first as f64, step);
                        self.line(life, name, pause..end, (first + step * (pause - from)) as f64, 0);
                    }
                    "clocks" => {
                        let first = value.as_i64().expect("seconds") + 60 * from;
                        self.line(life, name, from..end, first as f64, 60);
                    }
                    _ => self.line(life, name, from..end, value.as_f64().expect("a number"), 0),
                }
                self.vanish(life, name, end);
            }
        }
        self.line(life, "process_start_time_seconds{}", from..end, life.start as f64, 0);
        self.vanish(life, "process_start_time_seconds{}", end);
        self.line(life, "up{}", from..end, 1.0, 0);
        self.line(life, "up{}", end..end + life.dying, 0.0, 0);
        self.vanish(life, "up{}", end + life.dying);
    }

    fn line(&mut self, life: &Life, name: &str, minutes: Range<i64>, first: f64, step: i64) {
        if minutes.is_empty() {
            return;
        }
        let values = self.0.entry(with_target(name, &life.target)).or_default();
        if minutes.start > values.end {
            // promtool's first value is not among the repeated ones.
            _ = write!(values.text, "_x{} ", minutes.start - values.end);
        }
        _ = write!(values.text, "{first}+{step}x{} ", minutes.end - minutes.start - 1);
        values.end = minutes.end;
    }

    /// Marks the series as stale, as Prometheus does for a target that is gone or does not answer.
    fn vanish(&mut self, life: &Life, name: &str, minute: i64) {
        let values = self.0.entry(with_target(name, &life.target)).or_default();
        values.text.push_str("stale ");
        values.end = minute + 1;
    }

    /// Returns the lines of a test's `input_series`.
    pub fn lines(&self) -> String {
        let lines = self
            .0
            .iter()
            .map(|(name, values)| format!("      - {{series: '{name}', values: '{}'}}\n", values.text.trim_end()));
        lines.collect()
    }
}

/// Returns the names of the metrics that the healthy service has.
pub fn metrics() -> BTreeSet<String> {
    let healthy = healthy();
    let names = healthy.as_object().expect("kinds of series").values().flat_map(|series| {
        series.as_object().expect("series by their names").keys().map(|name| name.split('{').next().unwrap_or_default())
    });
    names.chain(["up", "process_start_time_seconds"]).map(str::to_owned).collect()
}

fn healthy() -> Value {
    serde_saphyr::from_str(include_str!("healthy.yml")).expect("healthy.yml is YAML")
}

fn with_target(name: &str, target: &str) -> String {
    let (metric, labels) = name.split_once('{').expect("a series has braces");
    let comma = if labels == "}" { "" } else { "," };
    format!("{metric}{{{target}{comma}{labels}")
}
