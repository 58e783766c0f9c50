//! Queries built from declarations.

use std::fmt;

use crate::metric::{Kind, Spec};

/// Selects the series of a metric for the job and instance that the dashboard shows.
#[derive(Clone, Debug)]
pub struct Series {
    name: String,
    matchers: Vec<String>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promql(String);

impl Series {
    /// Selects a counter or gauge, or how many observations a histogram has.
    pub fn of(spec: &Spec) -> Self {
        match spec.kind {
            Kind::Histogram => Self::named(format!("{}_count", spec.name)),
            Kind::Counter | Kind::Gauge => Self::named(spec.name.to_owned()),
        }
    }

    /// Selects the buckets of a histogram.
    pub fn buckets(spec: &Spec) -> Self {
        Self::named(format!("{}_bucket", spec.name))
    }

    /// Selects what Prometheus itself knows of the chosen targets: `up` and the `scrape_…` series.
    pub fn of_target(name: &str) -> Self {
        Self::named(name.to_owned())
    }

    /// Selects what a rule has recorded for the chosen job; instances are summed up in it.
    pub fn recorded(name: &str) -> Self {
        Self { name: name.to_owned(), matchers: vec!["job=~\"$job\"".to_owned()] }
    }

    /// Selects a metric of another target than the chosen ones: Prometheus, Alertmanager, an exporter.
    pub fn foreign(name: &str) -> Self {
        Self { name: name.to_owned(), matchers: Vec::new() }
    }

    fn named(name: String) -> Self {
        Self { name, matchers: vec!["job=~\"$job\"".to_owned(), "instance=~\"$instance\"".to_owned()] }
    }

    /// Narrows the selection by a matcher, such as `result="error"`.
    pub fn matching(mut self, matcher: &str) -> Self {
        self.matchers.push(matcher.to_owned());
        self
    }

    /// Returns the values as they are.
    pub fn value(&self) -> Promql {
        Promql(self.to_string())
    }

    /// Returns how fast a counter grows, in one second.
    pub fn rate(&self) -> Promql {
        Promql(format!("rate({self}[$__rate_interval])"))
    }

    /// Returns how much a counter has grown from one point to the next.
    pub fn increase(&self) -> Promql {
        Promql(format!("increase({self}[$__rate_interval])"))
    }

    /// Returns how much a counter has grown over the time that the dashboard shows.
    pub fn growth(&self) -> Promql {
        Promql(format!("increase({self}[$__range])"))
    }

    /// Returns the quantile `q` of buckets, by the labels `by`.
    pub fn quantile(&self, q: f64, by: &[&str]) -> Promql {
        let by: Vec<_> = by.iter().copied().chain(["le"]).collect();
        Promql(format!("histogram_quantile({q}, {})", self.rate().sum_by(&by)))
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.matchers.is_empty() { Ok(()) } else { write!(f, "{{{}}}", self.matchers.join(",")) }
    }
}

impl Promql {
    /// Adds up what has the same labels `by`.
    pub fn sum_by(&self, by: &[&str]) -> Self {
        self.aggregate("sum", by)
    }

    /// Takes the largest of what has the same labels `by`.
    pub fn max_by(&self, by: &[&str]) -> Self {
        self.aggregate("max", by)
    }

    /// Takes the mean of what has the same labels `by`.
    pub fn avg_by(&self, by: &[&str]) -> Self {
        self.aggregate("avg", by)
    }

    /// Takes the smallest of what has the same labels `by`.
    pub fn min_by(&self, by: &[&str]) -> Self {
        self.aggregate("min", by)
    }

    fn aggregate(&self, operator: &str, by: &[&str]) -> Self {
        if by.is_empty() {
            return Self(format!("{operator}({self})"));
        }
        Self(format!("{operator} by ({}) ({self})", by.join(", ")))
    }

    /// Divides by the one of `parts` that has the same labels `on`, and gives nothing where that is 0.
    pub fn over(&self, parts: &Self, on: &[&str]) -> Self {
        Self(format!("{self} / on ({}) group_left () ({parts} > 0)", on.join(", ")))
    }

    /// Multiplies by a number: seconds make hours.
    pub fn times(&self, factor: u32) -> Self {
        Self(format!("{factor} * {self}"))
    }

    /// Divides by `whole`, and gives nothing where that is 0.
    pub fn share_of(&self, whole: &Self) -> Self {
        Self(format!("{self} / ({whole} > 0)"))
    }

    /// Reads as 0 where `whole` has a series and this has none.
    pub fn or_zero_of(&self, whole: &Self) -> Self {
        Self(format!("({self} or 0 * {whole})"))
    }
}

impl From<&str> for Promql {
    fn from(expression: &str) -> Self {
        Self(expression.to_owned())
    }
}

impl fmt::Display for Promql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
