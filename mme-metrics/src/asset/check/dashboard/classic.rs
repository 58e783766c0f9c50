//! Reads Grafana's classic model: `panels`, which may be nested in rows, and the `rows` of versions before 5.

use serde_json::Value;

use super::json::{list, name};
use super::query::{Language, Query, push};
use super::source::Sources;

pub(super) fn read(dashboard: &Value, queries: &mut Vec<Query>) {
    let variables = &dashboard["templating"]["list"];
    let sources = Sources::new(
        list(variables)
            .filter(|variable| variable["type"] == "datasource")
            .filter_map(|variable| Some((variable["name"].as_str()?, variable["query"].as_str()?))),
    );
    panels(&dashboard["panels"], &sources, queries);
    for row in list(&dashboard["rows"]) {
        panels(&row["panels"], &sources, queries);
    }
    for variable in list(variables).filter(|variable| variable["type"] == "query") {
        let query = if variable["query"].is_object() { &variable["query"]["query"] } else { &variable["query"] };
        let language = sources.language(&[&variable["datasource"]], Language::Variable);
        push(queries, format!("variable {}", name(&variable["name"])), query, language);
    }
    for annotation in list(&dashboard["annotations"]["list"]) {
        let language = sources.language(&[&annotation["datasource"]], Language::Promql);
        push(queries, format!("annotation {:?}", name(&annotation["name"])), &annotation["expr"], language);
    }
}

/// Reads panels, which may be nested in rows to any depth.
fn panels(list_of: &Value, sources: &Sources, queries: &mut Vec<Query>) {
    for panel in list(list_of) {
        for target in list(&panel["targets"]) {
            let language = sources.language(&[&target["datasource"], &panel["datasource"]], Language::Promql);
            // Tempo and others name the field `query`. PromQL is always in `expr`.
            let text = if matches!(language, Language::Other(_)) && target["expr"].is_null() {
                &target["query"]
            } else {
                &target["expr"]
            };
            push(queries, format!("panel {:?}", name(&panel["title"])), text, language);
        }
        panels(&panel["panels"], sources, queries);
    }
}
