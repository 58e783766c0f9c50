//! A query of a dashboard: its text, its language and its location.

use serde_json::Value;

use super::variable_query;
use crate::asset::AssetFile;
use crate::asset::finding::Site;

/// A query with its location.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) place: String,
    pub(super) text: String,
    pub(super) language: Language,
}

/// The language of a query.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// `PromQL`.
    Promql,
    /// A function of Grafana for variables, such as `label_values(…)`, or `PromQL`.
    Variable,
    /// The language of another data source, by the type of that source.
    Other(String),
}

impl Query {
    /// Returns the `PromQL` of a query, with the label that a variable reads. Returns `None` if the query has no
    /// `PromQL`.
    pub(super) fn expression(&self) -> Option<(&str, Option<&str>)> {
        match self.language {
            Language::Promql => Some((&self.text, None)),
            Language::Variable => variable_query::expression(&self.text),
            Language::Other(_) => None,
        }
    }

    pub(super) fn site<'f>(&self, file: &'f AssetFile) -> Site<'f> {
        // Most texts have one form in JSON. If the file uses another form, the finding has no line.
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
