//! Checks the queries of a dashboard, in each model of Grafana and Perses.

mod classic;
mod json;
mod kubernetes;
mod perses;
mod query;
mod source;
mod variable_query;

use promql_parser::parser::Expr;
use serde_json::Value;

use self::query::{Language, Query};
pub(in crate::asset) use self::variable_query::expression as variable_expression;
use super::expression::Reader;
use super::vocabulary::Vocabulary;
use super::{AssetFinding, Problem, Site};
use crate::asset::finding::FindingKind;
use crate::asset::{AssetFile, promql};

/// Checks every query of every panel, variable and annotation.
pub(super) fn check(file: &AssetFile, vocabulary: &Vocabulary, findings: &mut Vec<AssetFinding>) {
    let queries = match queries(file.text()) {
        Ok(queries) => queries,
        Err(problem) => {
            findings.push(Site::file(file).finding("", problem));
            return;
        }
    };
    for query in &queries {
        let Some((expression, label)) = query.expression() else { continue };
        let site = query.site(file);
        let find = |problem| findings.push(site.finding(&query.text, problem));
        match promql::parse_query(expression) {
            Err(problem) => std::iter::once(problem).for_each(find),
            Ok(parsed) => {
                let mut reader = Reader::new(vocabulary);
                // The labels of a native histogram are those of its name.
                reader.takes_histograms = label.is_some();
                let shape = reader.shape(&parsed.expression);
                reader.need(&shape, label.map(str::to_owned).as_ref());
                reader.into_problems().into_iter().for_each(find);
            }
        }
    }
}

/// Lists the expressions that can be parsed.
pub(super) fn expressions(file: &AssetFile) -> Vec<(Site<'_>, String, Expr)> {
    let queries = queries(file.text()).unwrap_or_default();
    let parsed = queries.into_iter().filter_map(|query| {
        let parsed = promql::parse_query(query.expression()?.0).ok()?;
        Some((query.site(file), query.text, parsed.expression))
    });
    parsed.collect()
}

/// Lists the queries of other data sources, which [`check`] ignores.
pub(super) fn skipped(file: &AssetFile, findings: &mut Vec<AssetFinding>) {
    for query in queries(file.text()).unwrap_or_default() {
        if let Language::Other(source) = &query.language {
            let message = format!("a query for {source}, which is not checked: only PromQL is");
            findings.push(query.site(file).finding(&query.text, FindingKind::SkippedQuery.says(message)));
        }
    }
}

/// Reads a dashboard of any model, as JSON or YAML.
fn queries(text: &str) -> Result<Vec<Query>, Problem> {
    let unreadable = |message: String| FindingKind::UnreadableFile.says(message);
    let document: Value = match serde_json::from_str(text) {
        Ok(document) => document,
        // A file that begins like JSON is JSON. Other files may be YAML, which Perses also writes.
        Err(error) if text.trim_start().starts_with(['{', '[']) => {
            return Err(unreadable(format!("not JSON: {error}; correct the syntax")));
        }
        Err(_) => {
            serde_saphyr::from_str(text).map_err(|error| unreadable(format!("neither JSON nor YAML: {error}")))?
        }
    };
    let mut queries = Vec::new();
    if read(&document, &mut queries) {
        return Ok(queries);
    }
    Err(unreadable(
        "not a dashboard of a known model: Grafana's has `panels`, `rows` or `spec.elements`, Perses' has `kind: Dashboard` and `spec.panels`; export it as one of these"
            .to_owned(),
    ))
}

/// Reads a document. Returns false if its model is unknown.
fn read(document: &Value, queries: &mut Vec<Query>) -> bool {
    let spec = &document["spec"];
    if document["dashboard"].is_object() {
        // The envelope of Grafana's HTTP API.
        return read(&document["dashboard"], queries);
    }
    if spec["elements"].is_object() || document["elements"].is_object() {
        kubernetes::read(if spec.is_object() { spec } else { document }, queries);
    } else if spec["panels"].is_object() {
        perses::read(spec, queries);
    } else if spec.is_object() && (spec["panels"].is_array() || spec["rows"].is_array()) {
        classic::read(spec, queries);
    } else if document["panels"].is_array() || document["rows"].is_array() {
        classic::read(document, queries);
    } else if let Some(items) = document.as_array().filter(|items| !items.is_empty()) {
        let unread = items.iter().filter(|item| !read(item, queries)).count();
        return unread == 0;
    } else {
        return false;
    }
    true
}
