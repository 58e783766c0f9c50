//! Bundled files: rules, alerts, dashboards and runbooks are valid, complete and name only what exists.

mod check;
mod coverage;
mod dashboard;
mod fleet;
mod forms;
mod grafana;
mod histogram;
mod kitchen;
mod pushed;
mod replicas;
mod rules;
