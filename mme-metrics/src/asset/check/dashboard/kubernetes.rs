//! Reads Grafana's schema 2, which are Kubernetes objects: `spec.elements` and `spec.variables`.

use serde_json::Value;

use super::json::{entries, list, name};
use super::query::{Language, Query, push};
use super::source::speaks_promql;

pub(super) fn read(spec: &Value, queries: &mut Vec<Query>) {
    for (key, element) in entries(&spec["elements"]) {
        let panel = &element["spec"];
        let title = panel["title"].as_str().unwrap_or(key);
        for query in list(&panel["data"]["spec"]["queries"]) {
            data_query(format!("panel {title:?}"), &query["spec"]["query"], Language::Promql, queries);
        }
    }
    for variable in list(&spec["variables"]).filter(|variable| variable["kind"] == "QueryVariable") {
        let place = format!("variable {}", name(&variable["spec"]["name"]));
        data_query(place, &variable["spec"]["query"], Language::Variable, queries);
    }
    for annotation in list(&spec["annotations"]) {
        let place = format!("annotation {:?}", name(&annotation["spec"]["name"]));
        data_query(place, &annotation["spec"]["query"], Language::Promql, queries);
    }
}

/// Reads a query. Its data source is in `group`, or in the first versions in `kind`.
fn data_query(place: String, query: &Value, prometheus: Language, queries: &mut Vec<Query>) {
    let source = query["group"].as_str().or_else(|| query["kind"].as_str()).unwrap_or_default();
    let spec = &query["spec"];
    let text =
        ["expr", "query", "__legacyStringValue"].into_iter().map(|field| &spec[field]).find(|text| text.is_string());
    let language = if matches!(source, "" | "DataQuery") || speaks_promql(source) {
        prometheus
    } else {
        Language::Other(source.to_owned())
    };
    push(queries, place, text.unwrap_or(&Value::Null), language);
}
