//! The series of a healthy service and of the exporters around it, told as lives of processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::LazyLock;

use promql_parser::parser::VectorSelector;
use serde_json::Value;

/// When a process that was there from the beginning has started.
pub const LONG_AGO: i64 = -86_400;

/// The kinds of series that one job has, and the series of each by their names.
type Kinds = BTreeMap<String, BTreeMap<String, Value>>;

/// What is exposed, by its job.
static HEALTHY: LazyLock<BTreeMap<String, Kinds>> = LazyLock::new(|| {
    let exporters = include_str!("healthy_exporters.yml");
    let mut jobs: BTreeMap<String, Kinds> = serde_saphyr::from_str(exporters).expect("healthy_exporters.yml is YAML");
    jobs.insert("api".to_owned(), serde_saphyr::from_str(include_str!("healthy.yml")).expect("healthy.yml is YAML"));
    jobs
});

/// How the series of a process can change in the midst of its life. Jobs whose series do not change go on.
#[derive(Clone, Copy)]
pub enum Change {
    /// The process answers, but what it measures does not.
    Lost,
    /// One of its peers has failed.
    Bereft,
}

impl Change {
    /// The kind of series that says what changes.
    fn kind(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Bereft => "bereft",
        }
    }

    /// Says whether a series has another value from then on, or none.
    fn ends(self, changed: &BTreeMap<String, Value>, kind: &str, name: &str) -> bool {
        changed.contains_key(name) || matches!(self, Self::Lost) && kind != "starts"
    }
}

/// The life of one process of each job, as its target shows it.
#[derive(Clone)]
pub struct Life {
    /// Labels of the target besides its job, as they stand in a selector.
    pub target: String,
    /// The minutes in which it is scraped.
    pub minutes: Range<i64>,
    /// When the process started.
    pub start: i64,
    /// Whether counters have the totals of a process that has run from the beginning; else they begin at zero.
    pub has_past: bool,
    /// The minute from which on no user comes any more.
    pub deserted: Option<i64>,
    /// What changes, and the minute from which on it does.
    pub change: Option<(Change, i64)>,
    /// How long the target is still listed, without an answer.
    pub dying: i64,
}

impl Life {
    pub fn new(labels: &str, minutes: Range<i64>) -> Self {
        Self {
            target: labels.to_owned(),
            minutes,
            start: LONG_AGO,
            has_past: true,
            deserted: None,
            change: None,
            dying: 0,
        }
    }

    /// Returns it as a new process that starts shortly before its first scrape.
    pub fn born(mut self) -> Self {
        self.start = self.minutes.start * 60 - 10;
        self.has_past = false;
        self
    }

    /// Returns the name of a series with the labels of the target. A label that the target has too is renamed, as Prometheus does.
    fn series(&self, job: &str, name: &str) -> String {
        let target = format!(r#"job="{job}",{}"#, self.target);
        let (metric, own) = name.split_once('{').expect("a series has braces");
        let mut own = format!(",{own}").replace("$start", &self.start.to_string());
        for (key, _) in labels(&target) {
            own = own.replace(&format!(",{key}=\""), &format!(",exported_{key}=\""));
        }
        let own = if own == ",}" { "}" } else { &own };
        format!("{metric}{{{target}{own}")
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
    /// Adds everything that a process of each job exposes.
    pub fn add(&mut self, life: &Life) {
        for (job, kinds) in HEALTHY.iter() {
            self.add_job(life, job, kinds);
            let up = life.series(job, "up{}");
            let Range { start, end } = life.minutes;
            self.line(&up, start..end, 1.0, 0.0);
            self.line(&up, end..end + life.dying, 0.0, 0.0);
            self.vanish(&up, end + life.dying);
        }
    }

    fn add_job(&mut self, life: &Life, job: &str, kinds: &Kinds) {
        let Range { start: from, end } = life.minutes;
        let change = life.change.and_then(|(change, at)| Some((change, kinds.get(change.kind())?, at)));
        for (kind, name, value) in lasting(kinds) {
            let series = life.series(job, name);
            let until =
                change.filter(|(change, changed, _)| change.ends(changed, kind, name)).map_or(end, |(.., at)| at);
            match kind {
                "traffic" | "background" => {
                    let [first, step] = pair(value);
                    let first = if life.has_past { first + step * from as f64 } else { 0.0 };
                    let pause = life.deserted.filter(|_| kind == "traffic").unwrap_or(until).min(until);
                    self.line(&series, from..pause, first, step);
                    self.line(&series, pause..until, first + step * (pause - from) as f64, 0.0);
                }
                "clocks" => self.line(&series, from..until, number(value) + (60 * from) as f64, 60.0),
                "millisecond_clocks" => {
                    self.line(&series, from..until, number(value) + (60_000 * from) as f64, 60_000.0);
                }
                "starts" => self.line(&series, from..until, number(value) + life.start as f64, 0.0),
                "gauges" => self.line(&series, from..until, number(value), 0.0),
                other => panic!("{job}: no kind of series is called {other}"),
            }
            if change.is_none_or(|(_, changed, _)| changed.get(name).is_none_or(Value::is_null)) {
                self.vanish(&series, until);
            }
        }
        if let Some((_, changed, at)) = change {
            for (name, value) in changed.iter().filter(|(_, value)| !value.is_null()) {
                let series = life.series(job, name);
                let [first, step] = if value.is_array() { pair(value) } else { [number(value), 0.0] };
                self.line(&series, at..end, first, step);
                self.vanish(&series, end);
            }
        }
    }

    fn line(&mut self, series: &str, minutes: Range<i64>, first: f64, step: f64) {
        if minutes.is_empty() {
            return;
        }
        let values = self.0.entry(series.to_owned()).or_default();
        if minutes.start > values.end {
            // promtool's first value is not among the repeated ones.
            _ = write!(values.text, "_x{} ", minutes.start - values.end);
        }
        _ = write!(values.text, "{first}+{step}x{} ", minutes.end - minutes.start - 1);
        values.end = minutes.end;
    }

    /// Marks the series as stale, as Prometheus does for a target that is gone or does not answer.
    fn vanish(&mut self, series: &str, minute: i64) {
        let values = self.0.entry(series.to_owned()).or_default();
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

/// Returns the names of the jobs.
pub fn jobs() -> BTreeSet<&'static str> {
    HEALTHY.keys().map(String::as_str).collect()
}

/// Says whether a selector finds a series of something healthy.
pub fn has(selector: &VectorSelector) -> bool {
    let name = selector.name.as_deref();
    let mut series = HEALTHY.values().flat_map(lasting).map(|(_, name, _)| name);
    name == Some("up")
        || series.any(|series| {
            let (metric, own) = series.split_once('{').expect("a series has braces");
            let own: BTreeMap<_, _> = labels(own).collect();
            let value = |key: &str| own.get(key).copied().unwrap_or_default();
            name == Some(metric)
                && selector.matchers.matchers.iter().all(|matcher| matcher.is_match(value(&matcher.name)))
        })
}

/// Returns the kind, the name and the value of each series that is there while all is well.
fn lasting(kinds: &Kinds) -> impl Iterator<Item = (&str, &str, &Value)> {
    let kinds =
        kinds.iter().filter(|(kind, _)| ![Change::Lost, Change::Bereft].map(Change::kind).contains(&kind.as_str()));
    kinds.flat_map(|(kind, series)| series.iter().map(move |(name, value)| (kind.as_str(), name.as_str(), value)))
}

/// Returns the keys and values of labels as they stand in a selector.
fn labels(labels: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut parts = labels.split('"');
    std::iter::from_fn(move || Some((parts.next()?.trim_matches([',', '=']), parts.next()?)))
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// Returns the value at first and what a minute adds.
fn pair(value: &Value) -> [f64; 2] {
    [number(&value[0]), number(&value[1])]
}
