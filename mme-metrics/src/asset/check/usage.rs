//! Lists the series that the expressions of files read.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::label::METRIC_NAME;
use promql_parser::parser::VectorSelector;

use super::vocabulary::Vocabulary;
use super::{emitted, selector};
use crate::asset::promql::holds_variable;
use crate::asset::rule::Rule;
use crate::asset::{AssetFile, promql};

/// A series name that files read, as it is scraped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssetUse {
    /// The name, such as `http_server_request_duration_seconds_bucket`.
    pub series: String,
    /// The labels that the series can have besides those of its target, or `None` if they are unknown.
    pub labels: Option<Vec<String>>,
    /// The files that read it.
    pub files: Vec<String>,
}

/// Lists what `files` read, without what their rules record and what Prometheus creates itself.
pub(super) fn list(files: &[AssetFile], rules: &[(&AssetFile, Rule)], vocabulary: &Vocabulary) -> Vec<AssetUse> {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (site, _, expression) in emitted::expressions(files, rules) {
        for name in promql::selectors(&expression).into_iter().flat_map(|selector| names(selector, vocabulary)) {
            uses.entry(name).or_default().insert(site.file.path().to_owned());
        }
    }
    let scraped = uses.into_iter().filter(|(name, _)| vocabulary.is_scraped(name));
    let with_labels = scraped.map(|(series, files)| AssetUse {
        labels: vocabulary.own_labels(&series),
        series,
        files: files.into_iter().collect(),
    });
    with_labels.collect()
}

/// Lists the names that a selector selects: its own, or all that its pattern matches.
pub(super) fn names(selector: &VectorSelector, vocabulary: &Vocabulary) -> Vec<String> {
    if let Some(name) = selector::name(selector) {
        return if holds_variable(&name) { Vec::new() } else { vec![name] };
    }
    let matchers = selector.matchers.matchers.iter().chain(selector.matchers.or_matchers.iter().flatten());
    let patterns: Vec<_> = matchers.filter(|matcher| matcher.name == METRIC_NAME).collect();
    if patterns.is_empty() || patterns.iter().any(|pattern| holds_variable(&pattern.value)) {
        return Vec::new();
    }
    let matching = vocabulary.all().filter(|(name, _)| patterns.iter().all(|pattern| pattern.is_match(name)));
    matching.map(|(name, _)| name.to_owned()).collect()
}
