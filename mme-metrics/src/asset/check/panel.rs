//! The expressions of a Grafana dashboard.

use serde_json::Value;

use super::expression::Reader;
use super::vocabulary::Vocabulary;
use super::{AssetFinding, finding};
use crate::asset::{AssetFile, promql};

/// Checks every query of every panel and variable.
pub(super) fn check(file: &AssetFile, vocabulary: &Vocabulary, findings: &mut Vec<AssetFinding>) {
    let dashboard: Value = match serde_json::from_str(file.text()) {
        Ok(dashboard) => dashboard,
        Err(error) => {
            findings.push(finding(file, String::new(), "", format!("no JSON: {error}")));
            return;
        }
    };
    for (place, query) in queries(&dashboard) {
        let (expression, label) = split_label_values(&query);
        let mut find = |message| findings.push(finding(file, place.clone(), &query, message));
        match promql::parse(expression) {
            Err(message) => find(message),
            Ok(parsed) => {
                let mut reader = Reader::new(vocabulary);
                let shape = reader.shape(&parsed);
                reader.need(&shape, label.map(str::to_owned).as_ref());
                reader.into_messages().into_iter().for_each(find);
            }
        }
    }
}

/// Lists each query with the place it stands in.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let mut queries = Vec::new();
    collect(&dashboard["panels"], &mut queries);
    for variable in list(&dashboard["templating"]["list"]).filter(|variable| variable["type"] == "query") {
        let query = variable["query"].as_str().or_else(|| variable["query"]["query"].as_str());
        push(&mut queries, format!("variable {}", name(&variable["name"])), query);
    }
    queries
}

/// Panels may lie in rows, to any depth.
fn collect(panels: &Value, queries: &mut Vec<(String, String)>) {
    for panel in list(panels) {
        for target in list(&panel["targets"]) {
            push(queries, format!("panel {:?}", name(&panel["title"])), target["expr"].as_str());
        }
        collect(&panel["panels"], queries);
    }
}

fn push(queries: &mut Vec<(String, String)>, place: String, query: Option<&str>) {
    queries.extend(query.map(|query| (place, query.to_owned())));
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn name(value: &Value) -> &str {
    value.as_str().unwrap_or("without a name")
}

/// Takes Grafana's `label_values(expression, label)` apart; any other query is an expression alone.
fn split_label_values(query: &str) -> (&str, Option<&str>) {
    let inner = query.trim().strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
    match inner.and_then(|inner| inner.rsplit_once(',')) {
        Some((expression, label)) => (expression, Some(label.trim())),
        None => (query, None),
    }
}
