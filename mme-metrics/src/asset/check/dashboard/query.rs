//! A query of a dashboard: its text, its language, and where it stands.

use serde_json::Value;

use super::variable_query;
use crate::asset::AssetFile;
use crate::asset::finding::Site;

/// A query with the place it stands in.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) place: String,
    pub(super) text: String,
    pub(super) language: Language,
}

/// How a query is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// `PromQL`.
    Promql,
    /// One of Grafana's functions for variables, such as `label_values(…)`, or `PromQL`.
    Variable,
    /// That of another data source, by its type.
    Other(String),
}

impl Query {
    /// Returns the `PromQL` of a query, with the label that a variable needs; nothing if there is none.
    pub(super) fn expression(&self) -> Option<(&str, Option<&str>)> {
        match self.language {
            Language::Promql => Some((&self.text, None)),
            Language::Variable => variable_query::expression(&self.text),
            Language::Other(_) => None,
        }
    }

    pub(super) fn site<'f>(&self, file: &'f AssetFile) -> Site<'f> {
        // JSON has one way to write most texts; where a file uses another, the finding has no line.
        let quoted = Value::from(self.text.as_str()).to_string();
        let at = file.text().find(&quoted).or_else(|| file.text().find(&self.text));
        let line = at.map(|at| file.text()[..at].matches('\n').count() + 1);
        Site { file, line, place: self.place.clone() }
    }
}

/// Adds a query, unless its text is missing or blank.
pub(super) fn push(queries: &mut Vec<Query>, place: String, text: &Value, language: Language) {
    if let Some(text) = text.as_str().filter(|text| !text.trim().is_empty()) {
        queries.push(Query { place, text: text.to_owned(), language });
    }
}
