//! Builds PromQL queries from the declarations of metrics.

use std::fmt;

use crate::metric::{Kind, Spec};
use crate::process::PROCESS;

/// The variable with the label by which the user splits the panels.
pub(super) const SPLIT: &str = "$split";

/// Target labels by which the user can split: one line for each service, process or environment.
pub(super) const SPLITS: [&str; 4] = ["job", "instance", "namespace", "cluster"];

/// Labels that identify a target.
const TARGET: &str = "cluster, namespace, job, instance";

/// Selects the series of a metric for the job and instance that the dashboard shows.
#[derive(Clone, Debug)]
pub struct Series {
    name: String,
    matchers: Vec<String>,
    /// Whether a family declares the metric. If so, its first value counts as an increase.
    declared: bool,
}

/// A time range that Grafana fills in.
#[derive(Clone, Copy, Debug)]
enum Range {
    /// From one point of a graph to the next.
    Step,
    /// The range of rates: from one point to the next, and at least four scrapes.
    Rate,
    /// The whole time range of the dashboard.
    Shown,
}

/// A PromQL expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promql {
    text: String,
    /// The labels of its series, as far as they are known.
    labels: Vec<String>,
}

impl Range {
    const fn duration(self) -> &'static str {
        match self {
            Self::Step => "$__interval",
            Self::Rate => "$__rate_interval",
            Self::Shown => "$__range",
        }
    }

    /// Returns the length in seconds.
    const fn seconds(self) -> &'static str {
        match self {
            Self::Step => "$__interval_ms / 1000",
            // Grafana has a number for this range only since version 10.1. With scrapes every 15 seconds it is at most a
            // minute longer than a step.
            Self::Rate => "($__interval_ms / 1000 + 60)",
            Self::Shown => "$__range_s",
        }
    }
}

impl Series {
    /// Selects a counter or gauge, or the number of observations of a histogram.
    pub fn of(spec: &Spec) -> Self {
        match spec.kind {
            Kind::Histogram => Self::declared(format!("{}_count", spec.name)),
            Kind::Counter | Kind::Gauge => Self::declared(spec.name.to_owned()),
        }
    }

    /// Selects the buckets of a histogram.
    pub fn buckets(spec: &Spec) -> Self {
        Self::declared(format!("{}_bucket", spec.name))
    }

    /// Selects an undeclared metric on the chosen targets, such as `up` or a metric of an exporter.
    pub fn of_target(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            matchers: vec!["job=~\"$job\"".to_owned(), "instance=~\"$instance\"".to_owned()],
            declared: false,
        }
    }

    /// Selects the result of a recording rule for the chosen job. The rule has already summed the instances.
    pub fn recorded(name: &str) -> Self {
        Self { name: name.to_owned(), matchers: vec!["job=~\"$job\"".to_owned()], declared: false }
    }

    /// Selects a metric on all targets, chosen or not, such as a metric of Prometheus, Alertmanager or an exporter.
    pub fn foreign(name: &str) -> Self {
        Self { name: name.to_owned(), matchers: Vec::new(), declared: false }
    }

    fn declared(name: String) -> Self {
        Self { declared: true, ..Self::of_target(&name) }
    }

    /// Narrows the selection by a matcher, such as `result="error"`.
    pub fn matching(mut self, matcher: &str) -> Self {
        self.matchers.push(matcher.to_owned());
        self
    }

    /// Returns the values unchanged.
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

    /// Returns the increase of a counter over the whole time range of the dashboard.
    pub fn growth(&self) -> Promql {
        self.increase(Range::Shown)
    }

    /// Returns the increase of a counter over the range of rates, for the parts of a ratio.
    pub(super) fn events(&self) -> Promql {
        self.increase(Range::Rate)
    }

    /// Returns the largest value of a recorded ratio within the range of rates.
    ///
    /// A graph of several days has fewer points than the rule has results, and would miss an incident between two of
    /// them.
    pub(super) fn largest(&self) -> Promql {
        Promql::new(format!("max_over_time({self}[$__rate_interval])"))
    }

    /// Returns the smallest value of a recorded ratio within the range of rates.
    pub(super) fn smallest(&self) -> Promql {
        Promql::new(format!("min_over_time({self}[$__rate_interval])"))
    }

    /// Returns the name of the series.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the increase of a counter, with each series that began within the range counted from zero, as in the
    /// alerts.
    ///
    /// The PromQL function `increase` takes the first value of a series as its start, so it misses the first event of
    /// each kind. The first value is an increase only in a process that Prometheus knew before, or that started within
    /// the range. An exporter shows what others counted before, so its first value is not an increase.
    fn increase(&self, range: Range) -> Promql {
        let (duration, seconds) = (range.duration(), range.seconds());
        let increase = format!("increase({self}[{duration}])");
        if !self.declared {
            return Promql::new(increase);
        }
        let (up, started) = (self.beside("up"), self.beside(PROCESS.start_time.spec().name));
        let known = known(&up, &started, duration, seconds);
        Promql::new(format!("({self} unless {self} offset {duration}) {known} or {increase}"))
    }

    /// Selects another metric of the same targets.
    fn beside(&self, name: &str) -> Self {
        let of_targets = |matcher: &&String| matcher.starts_with("job=") || matcher.starts_with("instance=");
        let matchers = self.matchers.iter().filter(of_targets).cloned().collect();
        Self { name: name.to_owned(), matchers, declared: false }
    }

    /// Returns the quantile `q` of histogram buckets, by the labels `by`.
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

    /// Returns the labels of the series, as far as they are known.
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Returns whether the values are numbers of events.
    pub(super) fn counts(&self) -> bool {
        self.text.contains("increase(") && !self.text.contains(" / (")
    }

    /// Sums the series by the labels `by`. The user may also split the result by instance.
    pub fn sum_by(&self, by: &[&str]) -> Self {
        self.aggregate("sum", by)
    }

    /// Takes the maximum of the series by the labels `by`. The user may also split the result by instance.
    pub fn max_by(&self, by: &[&str]) -> Self {
        self.aggregate("max", by)
    }

    /// Takes the mean of the series by the labels `by`. The user may also split the result by instance.
    pub fn avg_by(&self, by: &[&str]) -> Self {
        self.aggregate("avg", by)
    }

    /// Takes the minimum of the series by the labels `by`. The user may also split the result by instance.
    pub fn min_by(&self, by: &[&str]) -> Self {
        self.aggregate("min", by)
    }

    /// Sums the series by the labels `by`, over all instances.
    pub fn sum_of(&self, by: &[&str]) -> Self {
        self.aggregate_all("sum", by)
    }

    /// Takes the maximum of the series by the labels `by`, over all instances.
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

    /// Divides by the series of `parts` with the same labels `on`. There is no result where the divisor is 0.
    pub fn over(&self, parts: &Self, on: &[&str]) -> Self {
        self.like(format!("{self} / on ({}) group_left () ({parts} > 0)", on.join(", ")))
    }

    /// Keeps the series for which `condition` has a series above 0 with the same labels `on`.
    pub fn only_where(&self, condition: &Self, on: &[&str]) -> Self {
        self.like(format!("{self} and on ({}) ({condition} > 0)", on.join(", ")))
    }

    /// Multiplies by a number, such as to convert units.
    pub fn times(&self, factor: u32) -> Self {
        self.like(format!("{factor} * {self}"))
    }

    /// Divides by `whole`. There is no result where `whole` is 0.
    pub fn share_of(&self, whole: &Self) -> Self {
        self.like(format!("{self} / ({whole} > 0)"))
    }

    /// Leaves out what is not above 0, such as a limit where 0 means that there is none.
    pub(super) fn above_zero(&self) -> Self {
        self.like(format!("{self} > 0"))
    }

    /// Returns the time from now until a timestamp, which is negative after that time.
    pub fn minus_now(&self) -> Self {
        self.like(format!("{self} - time()"))
    }

    /// Returns 0 where `whole` has a series and this has none.
    pub fn or_zero_of(&self, whole: &Self) -> Self {
        self.like(format!("({self} or 0 * {whole})"))
    }

    /// Subtracts from 1, which converts a share of failures to the share of successes.
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

/// Keeps the series of processes that Prometheus knew under their labels at the beginning of a range, or that started
/// in it.
fn known(up: &Series, started: &Series, duration: &str, seconds: &str) -> String {
    format!(
        "and on ({TARGET}) ({up} offset {duration} == 1 unless on ({TARGET}) ({up} unless {up} offset {duration}) \
         or {started} > time() - {seconds})"
    )
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|&key| key.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::{AssetKind, FILES};

    /// Returns a text on one line, without spaces inside brackets.
    fn on_one_line(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(").replace(" )", ")")
    }

    #[test]
    fn panels_take_a_first_value_for_an_increase_where_the_alerts_do() {
        let (up, started) = (Series::foreign("up"), Series::foreign(PROCESS.start_time.spec().name));
        let conditions: Vec<_> = [("5m", "300"), ("10m", "600"), ("15m", "900"), ("1h", "3600")]
            .into_iter()
            .map(|(duration, seconds)| known(&up, &started, duration, seconds))
            .collect();
        let mut judged = 0;
        for file in FILES.iter().filter(|file| file.kind() == AssetKind::Rules) {
            let text = on_one_line(file.text());
            for (at, _) in text.match_indices("_total offset ") {
                let (_, rest) = text[at..].split_once(')').unwrap_or_default();
                if !rest.contains("and on (") || !text[..at].ends_with(|last: char| last.is_alphanumeric()) {
                    continue;
                }
                let rest = rest.trim_start().trim_start_matches(|c: char| c == '/' || c.is_ascii_digit() || c == ' ');
                if rest.starts_with("and on (cluster, namespace, job, instance) (up") {
                    assert!(
                        conditions.iter().any(|condition| rest.starts_with(condition)),
                        "{}: {rest:.300}",
                        file.path()
                    );
                    judged += 1;
                }
            }
        }
        assert!(judged > 5, "{judged}");
    }
}
