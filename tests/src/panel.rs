//! The queries that Grafana sends to Prometheus for a bundled dashboard.

use std::collections::BTreeMap;

use mme_metrics::asset::{AssetKind, FILES};
use serde_json::Value;

/// One query of a panel.
#[derive(Debug, Clone)]
pub struct Query {
    /// The dashboard's identifier, such as `mme-host`.
    pub dashboard: String,
    /// The panel's title and the query's letter, such as `Latency B`.
    pub name: String,
    /// The expression, its variables filled in.
    pub expression: String,
    /// Whether one point is asked for instead of a line.
    pub instant: bool,
}

/// Lists the queries of all panels of all dashboards, with every job, instance and route chosen.
///
/// # Panics
///
/// When a bundled dashboard is no JSON.
pub fn queries() -> Vec<Query> {
    let mut queries = Vec::new();
    for dashboard in dashboards() {
        for panel in list(&dashboard["panels"]) {
            queries.extend(list(&panel["targets"]).iter().map(|target| Query {
                dashboard: text(&dashboard["uid"]).to_owned(),
                name: format!("{} {}", text(&panel["title"]), text(&target["refId"])),
                expression: fill(&dashboard, text(&target["expr"])),
                instant: target["instant"] == true,
            }));
        }
    }
    queries
}

/// Lists the queries of the marks on the graphs, by name, which are the same on every dashboard.
///
/// # Panics
///
/// When a bundled dashboard is no JSON.
pub fn annotations() -> BTreeMap<String, String> {
    let of = |dashboard: Value| {
        let marks = list(&dashboard["annotations"]["list"]).iter();
        marks.map(|mark| (text(&mark["name"]).to_owned(), fill(&dashboard, text(&mark["expr"])))).collect::<Vec<_>>()
    };
    dashboards().flat_map(of).collect()
}

/// Lists what each drop-down of each dashboard offers: the values of a label of the series that an expression selects.
///
/// # Panics
///
/// When a variable is asked for in any other way than by `label_values(expression, label)`.
pub fn choices() -> Vec<(String, String)> {
    let mut choices = Vec::new();
    for dashboard in dashboards() {
        for variable in list(&dashboard["templating"]["list"]).iter().filter(|variable| variable["type"] == "query") {
            let query = fill(&dashboard, text(&variable["definition"]));
            let inner = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
            let (expression, label) = inner.and_then(|inner| inner.rsplit_once(", ")).expect("label_values(…, label)");
            choices.push((expression.to_owned(), label.to_owned()));
        }
    }
    choices
}

fn dashboards() -> impl Iterator<Item = Value> {
    let files = FILES.iter().filter(|file| file.kind() == AssetKind::Dashboard);
    files.map(|file| serde_json::from_str(file.text()).expect("a bundled dashboard is JSON"))
}

/// Grafana's own variables, the longer names first, on a source that is scraped once a second.
///
/// Grafana takes at least four scrapes for a rate; a minute also spans the pauses of a busy machine.
const BUILT_IN: [(&str, &str); 5] = [
    ("$__rate_interval", "1m"),
    ("$__interval_ms", "60000"),
    ("$__interval", "1m"),
    ("$__range_s", "300"),
    ("$__range", "5m"),
];

/// Fills variables in as Grafana does when all values are chosen.
fn fill(dashboard: &Value, expression: &str) -> String {
    let built_in = |text: String, (name, value): &(&str, &str)| text.replace(name, value);
    let mut filled = BUILT_IN.iter().fold(expression.to_owned(), built_in);
    for variable in list(&dashboard["templating"]["list"]) {
        // A choice without "all" begins with its first value.
        let value = variable["allValue"].as_str().unwrap_or_else(|| text(&variable["current"]["value"]));
        filled = filled.replace(&format!("${}", text(&variable["name"])), value);
    }
    assert!(!filled.contains('$'), "an unknown variable in {filled}");
    filled
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
