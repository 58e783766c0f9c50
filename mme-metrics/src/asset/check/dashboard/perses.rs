//! Reads dashboards of Perses: `spec.panels` and `spec.variables`, each with a plugin.

use serde_json::Value;

use super::json::{entries, list, name};
use super::query::{Language, Query, push};

pub(super) fn read(spec: &Value, queries: &mut Vec<Query>) {
    for (key, panel) in entries(&spec["panels"]) {
        let title = panel["spec"]["display"]["name"].as_str().unwrap_or(key);
        for query in list(&panel["spec"]["queries"]) {
            plugin(format!("panel {title:?}"), &query["spec"]["plugin"], queries);
        }
    }
    for variable in list(&spec["variables"]) {
        plugin(format!("variable {}", name(&variable["spec"]["name"])), &variable["spec"]["plugin"], queries);
    }
}

fn plugin(place: String, plugin: &Value, queries: &mut Vec<Query>) {
    let (kind, spec) = (plugin["kind"].as_str().unwrap_or_default(), &plugin["spec"]);
    match kind {
        "PrometheusTimeSeriesQuery" => push(queries, place, &spec["query"], Language::Promql),
        "PrometheusPromQLVariable" => push(queries, place, &spec["expr"], Language::Promql),
        "PrometheusLabelValuesVariable" | "PrometheusLabelNamesVariable" => {
            let label = spec["labelName"].as_str();
            for matcher in list(&spec["matchers"]).filter_map(Value::as_str) {
                let query =
                    label.map_or_else(|| matcher.to_owned(), |label| format!("label_values({matcher}, {label})"));
                push(queries, place.clone(), &query.into(), Language::Variable);
            }
        }
        other => push(queries, place, &spec["query"], Language::Other(other.to_owned())),
    }
}
