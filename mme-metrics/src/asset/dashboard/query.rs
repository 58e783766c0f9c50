//! Queries built from declarations.

use std::fmt;

use crate::metric::{Kind, Spec};
use crate::process::PROCESS;

/// The variable that holds the label by which the reader splits every panel.
pub(super) const SPLIT: &str = "$split";

/// Labels of targets by which the reader can split: one line for each service, process or environment.
pub(super) const SPLITS: [&str; 4] = ["job", "instance", "namespace", "cluster"];

/// Selects the series of a metric for the job and instance that the dashboard shows.
#[derive(Clone, Debug)]
pub struct Series {
    name: String,
    matchers: Vec<String>,
    /// Labels of the metric itself, beside those of its target, if it is declared.
    own: Option<Vec<&'static str>>,
}

/// A length of time that Grafana fills in.
#[derive(Clone, Copy, Debug)]
enum Range {
    /// From one point of a graph to the next.
    Step,
    /// All that the dashboard shows.
    Shown,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promql {
    text: String,
    /// Labels that its series have, as far as they are known.
    labels: Vec<String>,
}

impl Range {
    const fn duration(self) -> &'static str {
        match self {
            Self::Step => "$__interval",
            Self::Shown => "$__range",
        }
    }

    const fn seconds(self) -> &'static str {
        match self {
            Self::Step => "$__interval_ms / 1000",
            Self::Shown => "$__range_s",
        }
    }
}

impl Series {
    /// Selects a counter or gauge, or the number of observations of a histogram.
    pub fn of(spec: &Spec) -> Self {
        match spec.kind {
            Kind::Histogram => Self::declared(format!("{}_count", spec.name), spec),
            Kind::Counter | Kind::Gauge => Self::declared(spec.name.to_owned(), spec),
        }
    }

    /// Selects the buckets of a histogram.
    pub fn buckets(spec: &Spec) -> Self {
        Self::declared(format!("{}_bucket", spec.name), spec)
    }

    /// Selects a metric without a declaration on the chosen targets: `up`, or a metric of an exporter.
    pub fn of_target(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            matchers: vec!["job=~\"$job\"".to_owned(), "instance=~\"$instance\"".to_owned()],
            own: None,
        }
    }

    /// Selects a recorded series of the chosen job; a recording rule has already summed the instances.
    pub fn recorded(name: &str) -> Self {
        Self { name: name.to_owned(), matchers: vec!["job=~\"$job\"".to_owned()], own: None }
    }

    /// Selects a metric on all targets, chosen or not: Prometheus, Alertmanager, an exporter.
    pub fn foreign(name: &str) -> Self {
        Self { name: name.to_owned(), matchers: Vec::new(), own: None }
    }

    fn declared(name: String, spec: &Spec) -> Self {
        Self { own: Some(spec.labels.iter().map(|label| label.key).collect()), ..Self::of_target(&name) }
    }

    /// Narrows the selection by a matcher, such as `result="error"`.
    pub fn matching(mut self, matcher: &str) -> Self {
        self.matchers.push(matcher.to_owned());
        self
    }

    /// Returns the values as they are.
    pub fn value(&self) -> Promql {
        Promql::new(self.to_string())
    }

    /// Returns the increase of a counter per second.
    pub fn rate(&self) -> Promql {
        Promql::new(format!("rate({self}[$__rate_interval])"))
    }

    /// Returns the increase of a counter from one point of the graph to the next, for [`View::Counts`](super::View).
    ///
    /// The ranges of neighbouring points do not overlap, so each event is drawn once.
    pub fn counts(&self) -> Promql {
        self.increase(Range::Step)
    }

    /// Returns the increase of a counter over the time that the dashboard shows.
    pub fn growth(&self) -> Promql {
        self.increase(Range::Shown)
    }

    /// Counts a series that began within the range from zero, as the alerts do.
    ///
    /// `increase` takes the first value of a series for its start, and so misses the first event of each kind. The
    /// first value is an increase only in a process that Prometheus knew, or that started, within the range. An exporter
    /// shows what others counted before, so its first values are no increase.
    fn increase(&self, range: Range) -> Promql {
        let (duration, seconds) = (range.duration(), range.seconds());
        let increase = format!("increase({self}[{duration}])");
        let Some(own) = &self.own else { return Promql::new(increase) };
        let (up, started) = (self.beside("up"), self.beside(PROCESS.start_time.spec().name));
        let ignoring = if own.is_empty() { String::new() } else { format!("ignoring ({}) ", own.join(", ")) };
        Promql::new(format!(
            "({self} unless {self} offset {duration}) \
             and {ignoring}({up} offset {duration} == 1 or {started} > time() - {seconds}) \
             or {increase}"
        ))
    }

    /// Selects another metric of the same targets.
    fn beside(&self, name: &str) -> Self {
        let of_targets = |matcher: &&String| matcher.starts_with("job=") || matcher.starts_with("instance=");
        let matchers = self.matchers.iter().filter(of_targets).cloned().collect();
        Self { name: name.to_owned(), matchers, own: None }
    }

    /// Returns the quantile `q` of buckets, by the labels `by`.
    pub fn quantile(&self, q: f64, by: &[&str]) -> Promql {
        let with_bound: Vec<_> = by.iter().copied().chain(["le"]).collect();
        let buckets = self.rate().sum_by(&with_bound);
        Promql { text: format!("histogram_quantile({q}, {buckets})"), labels: owned(by) }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.matchers.is_empty() { Ok(()) } else { write!(f, "{{{}}}", self.matchers.join(",")) }
    }
}

impl Promql {
    fn new(text: String) -> Self {
        Self { text, labels: Vec::new() }
    }

    fn like(&self, text: String) -> Self {
        Self { text, labels: self.labels.clone() }
    }

    /// Returns the labels by which the series differ, as far as they are known.
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Says whether the values are numbers of events.
    pub(super) fn counts(&self) -> bool {
        self.text.contains("increase(") && !self.text.contains(" / (")
    }

    /// Adds up the series that have the same labels `by`; the reader may also split them by instance.
    pub fn sum_by(&self, by: &[&str]) -> Self {
        self.aggregate("sum", by)
    }

    /// Takes the largest of the series that have the same labels `by`; the reader may also split them by instance.
    pub fn max_by(&self, by: &[&str]) -> Self {
        self.aggregate("max", by)
    }

    /// Takes the mean of the series that have the same labels `by`; the reader may also split them by instance.
    pub fn avg_by(&self, by: &[&str]) -> Self {
        self.aggregate("avg", by)
    }

    /// Takes the smallest of the series that have the same labels `by`; the reader may also split them by instance.
    pub fn min_by(&self, by: &[&str]) -> Self {
        self.aggregate("min", by)
    }

    /// Adds up the series that have the same labels `by`, over all instances.
    pub fn sum_of(&self, by: &[&str]) -> Self {
        self.aggregate_all("sum", by)
    }

    /// Takes the largest of the series that have the same labels `by`, over all instances.
    pub fn max_of(&self, by: &[&str]) -> Self {
        self.aggregate_all("max", by)
    }

    fn aggregate_all(&self, operator: &str, by: &[&str]) -> Self {
        Self { text: format!("{operator} by ({}) ({self})", by.join(", ")), labels: owned(by) }
    }

    fn aggregate(&self, operator: &str, by: &[&str]) -> Self {
        let split = if by.contains(&"instance") { None } else { Some(SPLIT) };
        let keys: Vec<_> = by.iter().copied().chain(split).collect();
        Self { text: format!("{operator} by ({}) ({self})", keys.join(", ")), labels: owned(by) }
    }

    /// Divides by the one of `parts` that has the same labels `on`, and gives nothing where that is 0.
    pub fn over(&self, parts: &Self, on: &[&str]) -> Self {
        self.like(format!("{self} / on ({}) group_left () ({parts} > 0)", on.join(", ")))
    }

    /// Keeps the series for which `condition` has one above 0 with the same labels `on`.
    pub fn only_where(&self, condition: &Self, on: &[&str]) -> Self {
        self.like(format!("{self} and on ({}) ({condition} > 0)", on.join(", ")))
    }

    /// Multiplies by a number: seconds make hours.
    pub fn times(&self, factor: u32) -> Self {
        self.like(format!("{factor} * {self}"))
    }

    /// Divides by `whole`, and gives nothing where that is 0.
    pub fn share_of(&self, whole: &Self) -> Self {
        self.like(format!("{self} / ({whole} > 0)"))
    }

    /// Returns the time from now until a moment; it is negative once the moment has passed.
    pub fn minus_now(&self) -> Self {
        self.like(format!("{self} - time()"))
    }

    /// Reads as 0 where `whole` has a series and this has none.
    pub fn or_zero_of(&self, whole: &Self) -> Self {
        self.like(format!("({self} or 0 * {whole})"))
    }

    /// Takes from 1: the share of failures makes the share of successes.
    pub fn complement(&self) -> Self {
        self.like(format!("1 - {self}"))
    }
}

impl From<&str> for Promql {
    fn from(expression: &str) -> Self {
        Self::new(expression.to_owned())
    }
}

impl fmt::Display for Promql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|&key| key.to_owned()).collect()
}
