//! One panel.

use super::query::{Promql, Series};
use crate::metric::{Spec, Unit};

/// How a panel shows its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum View {
    /// Lines over time.
    Timeseries,
    /// The last value, large.
    Stat,
    /// The last value of each series, one row each.
    Table,
    /// States over time, one band for each series.
    StateTimeline,
    /// The last value on a dial from 0 to 1.
    Gauge,
    /// The last value of each series as a bar.
    Bars,
    /// The last value of each series as its share of all.
    Pie,
    /// Values over time as colours, one band for each series.
    Heatmap,
    /// The last value of each country, which the label `geo_country_iso_code` names, on a map.
    Map,
}

/// What the numbers of a panel are shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisplayUnit {
    /// A number, with a letter for thousands.
    Short,
    /// Requests a second.
    RequestsPerSecond,
    /// Events a second.
    EventsPerSecond,
    /// Seconds.
    Seconds,
    /// Bytes, in powers of 1024.
    Bytes,
    /// A share between 0 and 1, shown in per cent.
    Share,
    /// 0 or 1, shown as down or up.
    UpDown,
    /// Seconds since the Unix epoch, shown as the time that has passed.
    Since,
    /// An amount, with its thousands set apart: the legend says of which currency.
    Amount,
}

/// A query and what its series are called.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) expression: Promql,
    pub(super) legend: String,
}

/// One panel: a title, what it says, and its queries.
#[derive(Clone, Debug)]
pub struct Panel {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) unit: DisplayUnit,
    pub(super) view: View,
    pub(super) queries: Vec<Query>,
    /// The colour below all limits.
    pub(super) base: &'static str,
    pub(super) limits: Vec<(f64, &'static str)>,
}

impl DisplayUnit {
    /// Returns the unit that Grafana calls it.
    pub(super) const fn grafana(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::RequestsPerSecond => "reqps",
            Self::EventsPerSecond => "cps",
            Self::Seconds => "s",
            Self::Bytes => "bytes",
            Self::Share => "percentunit",
            Self::UpDown => "bool_on_off",
            Self::Since => "dateTimeFromNow",
            Self::Amount => "locale",
        }
    }
}

impl From<Unit> for DisplayUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::None => Self::Short,
            Unit::Seconds => Self::Seconds,
            Unit::Bytes => Self::Bytes,
            Unit::Ratio => Self::Share,
        }
    }
}

impl Panel {
    /// Begins a panel of lines over time; `description` tells the reader what to look for.
    pub fn new(title: &str, unit: DisplayUnit, description: &str) -> Self {
        Self {
            title: title.to_owned(),
            description: description.to_owned(),
            unit,
            view: View::Timeseries,
            queries: Vec::new(),
            base: "green",
            limits: Vec::new(),
        }
    }

    /// Replaces the title.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Shows the series in another way.
    pub fn view(mut self, view: View) -> Self {
        self.view = view;
        self
    }

    /// Adds a query; `legend` names its series and may hold labels, as in `{{http_route}}`.
    pub fn query(mut self, expression: Promql, legend: &str) -> Self {
        self.queries.push(Query { expression, legend: legend.to_owned() });
        self
    }

    /// Adds the median and the 95th and 99th percentile of a histogram, by the labels `by`.
    pub fn quantiles(self, buckets: &Series, by: &[&str]) -> Self {
        let labels = legend(by);
        [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")]
            .into_iter()
            .fold(self, |panel, (q, name)| panel.query(buckets.quantile(q, by), format!("{name} {labels}").trim_end()))
    }

    /// Turns yellow from `warning` on and red from `critical` on.
    pub fn limits(mut self, warning: f64, critical: f64) -> Self {
        self.limits = vec![(warning, "yellow"), (critical, "red")];
        self
    }

    /// Turns yellow below `warning` and red below `critical`.
    pub fn below(mut self, warning: f64, critical: f64) -> Self {
        self.base = "red";
        self.limits = vec![(critical, "yellow"), (warning, "green")];
        self
    }

    /// Describes a metric by its declaration: the rate of a counter, the value of a gauge, the quantiles of a histogram.
    pub fn of(spec: &Spec) -> Self {
        super::family::panel(spec)
    }
}

/// Names a series by its labels, as `{{a}} {{b}}`.
pub(super) fn legend(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("{{{{{key}}}}}")).collect::<Vec<_>>().join(" ")
}
