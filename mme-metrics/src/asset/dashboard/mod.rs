//! Describes dashboards in Rust and renders them for Grafana.
//!
//! A query is built from a metric's declaration, so the metric's name is not repeated and its labels are checked:
//!
//! ```
//! use mme_metrics::asset::dashboard::{Dashboard, DisplayUnit, Panel, Row, Series};
//! use mme_metrics::process::PROCESS;
//!
//! let cpu = Series::of(PROCESS.cpu.spec()).rate();
//! let dashboard = Dashboard::new("my-service", "My service", "What my service does.")
//!     .row(Row::new("Process").panel(
//!         Panel::new("CPU", DisplayUnit::Short, "Cores in use.").sum(&cpu, &[]),
//!     ))
//!     .row(Row::of(&PROCESS));
//! assert!(dashboard.render().contains("process_cpu_seconds_total"));
//! ```
//!
//! [`Row::of`] creates the panels of a whole family: the rate of each counter, the value of each gauge, and the
//! quantiles of each histogram.
//!
//! # Numbers
//!
//! A panel counts what the alerts count, so that a page and the graph that it leads to agree. The ranges are:
//!
//! | number | range | first value of a series |
//! |---|---|---|
//! | a rate per second | `$__rate_interval`, which follows the zoom | no increase: a graph of rates judges nothing |
//! | a number of events | from one point to the next, or the time shown | an increase, as in the alerts |
//! | a ratio that an alert judges by the labels of the panel | that of the alert: the panel reads the recorded series | as in the alert |
//! | any other ratio of this crate's counters | `$__rate_interval` | an increase, as in the alerts |
//! | a ratio of an exporter's counters | `$__rate_interval` | no increase: the exporter counted before, and the alerts leave it out too |
//! | a percentile | `$__rate_interval` | no increase: one event says nothing of a percentile |
//!
//! A point of a recorded ratio is its worst value within `$__rate_interval`. A graph of a week has fewer points than a rule
//! has results, and would otherwise miss the minutes in which the alert fired. Such a ratio covers all instances, unless the alert judges each:
//! the description of the panel says so. `Pool in use` shows the value of now.
//!
//! # Links
//!
//! Every dashboard has the variables job, instance and split. Each value links to the page of its route, instance or
//! objective. Each graph marks alerts and deployments.

mod audience;
mod family;
mod limit;
mod link;
mod next;
mod page;
mod panel;
mod query;
mod render;
mod unit;
mod variable;
mod view;

pub use self::audience::Audience;
pub use self::page::{
    all, application, business, certificates, containers, gateway, host, infrastructure, meta, operational, overview,
    security, slo, stores,
};
pub use self::panel::Panel;
pub use self::query::{Promql, Series};
pub use self::unit::DisplayUnit;
pub use self::variable::Variable;
pub use self::view::View;

/// A dashboard: a page of rows of panels.
#[derive(Clone, Debug)]
pub struct Dashboard {
    uid: String,
    title: String,
    description: String,
    audience: Audience,
    variables: Vec<Variable>,
    rows: Vec<Row>,
}

/// A row: panels side by side, under a title.
#[derive(Clone, Debug)]
pub struct Row {
    title: String,
    panels: Vec<Panel>,
    collapsed: bool,
}

impl Dashboard {
    /// Creates an empty dashboard for operations. Links use `uid`, so it should never change.
    ///
    /// It has the variables `datasource`, `job`, `instance` and `split`, and `traces` and `logs` for links.
    pub fn new(uid: &str, title: &str, description: &str) -> Self {
        Self {
            uid: uid.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            audience: Audience::Operations,
            variables: Variable::service(),
            rows: Vec::new(),
        }
    }

    /// Creates an empty dashboard for an exporter. Its jobs and instances are the targets that have `metric`.
    pub fn of_exporter(uid: &str, title: &str, description: &str, metric: &str) -> Self {
        Self { variables: Variable::targets(metric), ..Self::new(uid, title, description) }
    }

    /// Sets the audience, which determines the folder of the dashboard.
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audience = audience;
        self
    }

    /// Adds a variable after the existing ones.
    pub fn variable(mut self, variable: Variable) -> Self {
        self.variables.push(variable);
        self
    }

    /// Adds a row below the others.
    pub fn row(mut self, row: Row) -> Self {
        self.rows.push(row);
        self
    }
}

impl Row {
    /// Creates a row without panels.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), panels: Vec::new(), collapsed: false }
    }

    /// Hides the panels until the user opens the row. Until then Grafana does not query them.
    pub fn collapsed(mut self) -> Self {
        self.collapsed = true;
        self
    }

    /// Adds a panel on the right. A fourth panel starts a new line.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }
}
