//! Dashboards described in Rust and rendered for Grafana.
//!
//! A query is built from a metric's declaration, so its name stands nowhere else and its labels are checked:
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
//! [`Row::of`] describes a whole family without further words: the rate of each counter, the value of each gauge, the
//! quantiles of each histogram.
//!
//! Every dashboard has the choices job, instance and split. Each value links to the page of its route, instance or
//! objective, and each graph marks alerts and deployments.

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

/// A page of panels.
#[derive(Clone, Debug)]
pub struct Dashboard {
    uid: String,
    title: String,
    description: String,
    audience: Audience,
    variables: Vec<Variable>,
    rows: Vec<Row>,
}

/// Panels side by side, under a title.
#[derive(Clone, Debug)]
pub struct Row {
    title: String,
    panels: Vec<Panel>,
}

impl Dashboard {
    /// Begins a dashboard for operations; `uid` is its name in links, so it stays for good.
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

    /// Begins a dashboard whose jobs and instances are the targets that have a metric of an exporter.
    pub fn of_exporter(uid: &str, title: &str, description: &str, metric: &str) -> Self {
        Self { variables: Variable::targets(metric), ..Self::new(uid, title, description) }
    }

    /// Replaces the audience, in whose folder the dashboard stands.
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audience = audience;
        self
    }

    /// Adds a variable after those that are there.
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
    /// Begins a row without panels.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), panels: Vec::new() }
    }

    /// Adds a panel to the right; the fourth begins a new line.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }
}
