//! Renders the variables at the top of a dashboard.

use serde_json::{Value, json};

use super::datasource;
use crate::asset::dashboard::Variable;
use crate::asset::dashboard::query::SPLITS;

/// Returns the variables: the data source, the dashboard's own variables, the split, and the data sources for links.
pub(super) fn all(own: &[Variable]) -> Vec<Value> {
    let first = std::iter::once(source("datasource", "Data source", "prometheus"));
    let last = [split(), source("traces", "Traces", "tempo"), source("logs", "Logs", "loki")];
    first.chain(own.iter().map(query)).chain(last).collect()
}

fn source(name: &str, label: &str, plugin: &str) -> Value {
    json!({"type": "datasource", "name": name, "label": label, "query": plugin, "current": {}})
}

fn query(variable: &Variable) -> Value {
    json!({
        "type": "query",
        "name": variable.name,
        "label": variable.title,
        "datasource": datasource(),
        "query": {"query": variable.query, "refId": variable.name},
        "definition": variable.query,
        // Refresh when the page loads and when its time range changes.
        "refresh": 2,
        "sort": 1,
        "multi": true,
        "includeAll": true,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    })
}

/// Returns the variable with the label that splits the panels. The first label is the default.
fn split() -> Value {
    let option = |(index, value): (usize, &&str)| json!({"text": value, "value": value, "selected": index == 0});
    let options: Vec<_> = SPLITS.iter().enumerate().map(option).collect();
    json!({
        "type": "custom",
        "name": "split",
        "label": "Split by",
        "query": SPLITS.join(","),
        "multi": false,
        "includeAll": false,
        "current": options[0],
        "options": options,
    })
}
