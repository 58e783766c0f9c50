//! Dashboards described in Rust and rendered for Grafana.
//!
//! A query is built from a metric's declaration, so its name stands nowhere else and its labels are checked:
//!
//! ```
//! use mme_metrics::asset::dashboard::{Dashboard, DisplayUnit, Panel, Row, Series};
//! use mme_metrics::process::PROCESS;
//!
//! let cpu = Series::of(PROCESS.cpu.spec()).rate().sum_by(&["instance"]);
//! let dashboard = Dashboard::new("my-service", "My service", "What my service does.")
//!     .row(Row::new("Process").panel(
//!         Panel::new("CPU", DisplayUnit::Short, "Cores in use.").query(cpu, "{{instance}}"),
//!     ))
//!     .row(Row::of(&PROCESS));
//! assert!(dashboard.render().contains("process_cpu_seconds_total"));
//! ```
//!
//! [`Row::of`] describes a whole family without further words: the rate of each counter, the value of each gauge, the
//! quantiles of each histogram.

mod application;
mod business;
mod calls;
mod certificate;
mod family;
mod health;
mod infrastructure;
mod isolation;
mod meta;
mod panel;
mod query;
mod render;
mod security;
mod slo;
mod variable;

pub use self::application::application;
pub use self::business::business;
pub use self::certificate::certificates;
pub use self::infrastructure::infrastructure;
pub use self::meta::meta;
pub use self::panel::{DisplayUnit, Panel, View};
pub use self::query::{Promql, Series};
pub use self::security::security;
pub use self::slo::slo;
pub use self::variable::Variable;

/// A page of panels.
#[derive(Clone, Debug)]
pub struct Dashboard {
    uid: String,
    title: String,
    description: String,
    variables: Vec<Variable>,
    rows: Vec<Row>,
}

/// Panels side by side, under a title.
#[derive(Clone, Debug)]
pub struct Row {
    title: String,
    panels: Vec<Panel>,
}

/// Every dashboard of this crate, with the path of its file among [`FILES`](super::FILES).
pub fn all() -> Vec<(&'static str, Dashboard)> {
    vec![
        ("grafana/application.json", application()),
        ("grafana/business.json", business()),
        ("grafana/certificates.json", certificates()),
        ("grafana/infrastructure.json", infrastructure()),
        ("grafana/meta.json", meta()),
        ("grafana/security.json", security()),
        ("grafana/slo.json", slo()),
    ]
}

impl Dashboard {
    /// Begins a dashboard; `uid` is what links name it by, so it stays for good.
    ///
    /// It has the variables `datasource`, `job` and `instance`.
    pub fn new(uid: &str, title: &str, description: &str) -> Self {
        Self {
            uid: uid.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            variables: Variable::target(),
            rows: Vec::new(),
        }
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

    /// Adds a panel to the right; the third begins a new line.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }
}
