//! A panel of a dashboard: its queries, limits and links.

use super::limit::{Limit, Side};
use super::link::{self, Link};
use super::query::{Promql, SPLIT, SPLITS, Series};
use super::unit::DisplayUnit;
use super::view::View;

/// A query with the legend of its series.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) expression: Promql,
    pub(super) legend: String,
    /// Whether the series are limits of the others, which are drawn as dashed lines.
    pub(super) is_limit: bool,
}

/// A panel: a title, a description, and its queries.
#[derive(Clone, Debug)]
pub struct Panel {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) unit: DisplayUnit,
    pub(super) view: View,
    pub(super) queries: Vec<Query>,
    pub(super) limits: Vec<Limit>,
    /// The width of the panel, relative to the other panels of its line.
    pub(super) weight: usize,
    /// Titles and URLs of pages with more details.
    pub(super) links: Vec<(String, String)>,
    /// Links on the values of the panel, besides those that follow from their labels.
    pub(super) value_links: Vec<Link>,
}

impl Panel {
    /// Creates a panel of lines over time. `description` explains to the user what to look for.
    pub fn new(title: &str, unit: DisplayUnit, description: &str) -> Self {
        Self {
            title: title.to_owned(),
            description: description.to_owned(),
            unit,
            view: View::Timeseries,
            queries: Vec::new(),
            limits: Vec::new(),
            weight: 1,
            links: Vec::new(),
            value_links: Vec::new(),
        }
    }

    /// Creates a panel of log lines from Loki. `query` is `LogQL`.
    ///
    /// Dashboards work without Loki if such panels are in a row that is [collapsed](super::Row::collapsed): Grafana queries
    /// them only when a user opens it.
    pub fn logs(title: &str, description: &str, query: &str) -> Self {
        Self::new(title, DisplayUnit::Short, description).view(View::Logs).query(query.into(), "")
    }

    /// Replaces the title.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Sets the way in which the panel shows its series.
    pub fn view(mut self, view: View) -> Self {
        self.view = view;
        self
    }

    /// Sets whether the panel is twice as wide as the other panels of its line. Off by default.
    pub fn wide(mut self, on: bool) -> Self {
        self.weight = if on { 2 } else { 1 };
        self
    }

    /// Adds a query. `legend` names its series and may contain labels, as in `{{http_route}}`.
    ///
    /// The label by which the user splits the panel is added to the legend.
    pub fn query(mut self, expression: Promql, legend: &str) -> Self {
        let split = expression.to_string().contains(SPLIT) && !self.view.has_columns();
        let missing = |key: &&&str| split && !legend.contains(&format!("{{{{{key}}}}}"));
        let added: Vec<_> = SPLITS.iter().filter(missing).map(|key| format!("{{{{{key}}}}}")).collect();
        let legend = format!("{legend} {}", added.concat());
        self.queries.push(Query { expression, legend: legend.trim().to_owned(), is_limit: false });
        self
    }

    /// Adds a limit that is a series itself, such as the largest size of a pool, by the labels `by`.
    ///
    /// It is drawn as a dashed line with the name `Limit`. A limit that never changes is a number of
    /// [`limits`](Self::limits).
    pub(super) fn limit_line(mut self, expression: Promql, by: &[&str]) -> Self {
        self = self.query(expression, &format!("Limit {}", legend(by)));
        if let Some(query) = self.queries.last_mut() {
            query.is_limit = true;
        }
        self
    }

    /// Adds the limit that an alert reads from a recorded series, one for each job, and a link to the alert's runbook.
    pub(super) fn alert_limit(self, alert: &str, record: &str) -> Self {
        self.limit_line(Series::recorded(record).value().max_by(&["job"]), &["job"])
            .link(&format!("Runbook: {alert}"), &link::runbook(alert))
    }

    /// Adds a query that sums the series by the labels `by`, which also name the result.
    pub fn sum(self, expression: &Promql, by: &[&str]) -> Self {
        self.query(expression.sum_by(by), &legend(by))
    }

    /// Adds a query that takes the maximum of the series by the labels `by`, which also name the result.
    pub fn max(self, expression: &Promql, by: &[&str]) -> Self {
        self.query(expression.max_by(by), &legend(by))
    }

    /// Adds the median and the 95th and 99th percentile of a histogram, by the labels `by`.
    pub fn quantiles(self, buckets: &Series, by: &[&str]) -> Self {
        let labels = legend(by);
        [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")]
            .into_iter()
            .fold(self, |panel, (q, name)| panel.query(buckets.quantile(q, by), format!("{name} {labels}").trim_end()))
    }

    /// Adds the 95th percentile of a histogram, by the labels `by`.
    pub fn p95(self, buckets: &Series, by: &[&str]) -> Self {
        self.query(buckets.quantile(0.95, by), &legend(by))
    }

    /// Turns yellow from `warning` on and red from `critical` on.
    pub fn limits(self, warning: f64, critical: f64) -> Self {
        self.limit(warning, "yellow", Side::Above, None).limit(critical, "red", Side::Above, None)
    }

    /// Turns yellow below `warning` and red below `critical`.
    pub fn below(self, warning: f64, critical: f64) -> Self {
        self.limit(warning, "yellow", Side::Below, None).limit(critical, "red", Side::Below, None)
    }

    /// Returns whether the panel shows numbers of events.
    pub(super) fn counts(&self) -> bool {
        self.queries.iter().all(|query| query.expression.counts())
    }

    /// Adds a link to a page with more details.
    pub fn link(mut self, title: &str, url: &str) -> Self {
        self.links.push((title.to_owned(), url.to_owned()));
        self
    }

    /// Adds a link to the values.
    pub(super) fn value_link(mut self, link: Link) -> Self {
        self.value_links.push(link);
        self
    }

    /// Turns blue above the limit of a bundled alert that only informs.
    pub(super) fn info(self, alert: &'static str, at: f64) -> Self {
        self.limit(at, "blue", Side::Above, Some(alert))
    }

    /// Turns yellow above the limit of a bundled alert.
    pub(super) fn warning(self, alert: &'static str, at: f64) -> Self {
        self.limit(at, "yellow", Side::Above, Some(alert))
    }

    /// Turns red above the limit of a bundled alert.
    pub(super) fn critical(self, alert: &'static str, at: f64) -> Self {
        self.limit(at, "red", Side::Above, Some(alert))
    }

    /// Turns yellow below the limit of a bundled alert.
    pub(super) fn warning_below(self, alert: &'static str, at: f64) -> Self {
        self.limit(at, "yellow", Side::Below, Some(alert))
    }

    /// Turns red below the limit of a bundled alert.
    pub(super) fn critical_below(self, alert: &'static str, at: f64) -> Self {
        self.limit(at, "red", Side::Below, Some(alert))
    }

    fn limit(mut self, at: f64, color: &'static str, side: Side, alert: Option<&'static str>) -> Self {
        self.limits.push(Limit { at, color, side, alert });
        self
    }
}

/// Returns a legend that names a series by its labels, such as `{{a}} {{b}}`.
pub(super) fn legend(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("{{{{{key}}}}}")).collect::<Vec<_>>().join(" ")
}
