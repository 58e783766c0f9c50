//! Which data source a query goes to.

use std::collections::HashMap;

use serde_json::Value;

use super::query::Language;

/// Types that name no data source: the panel or its queries say which.
const NO_TYPE: [&str; 3] = ["", "datasource", "mixed"];

/// The types of the data sources that a dashboard offers as variables.
#[derive(Debug)]
pub(super) struct Sources(HashMap<String, String>);

impl Sources {
    pub(super) fn new<'v>(variables: impl Iterator<Item = (&'v str, &'v str)>) -> Self {
        Self(variables.map(|(name, source)| (name.to_owned(), source.to_owned())).collect())
    }

    /// Returns the language of a query by the first of `given` that names a data source; by default it is `prometheus`.
    pub(super) fn language(&self, given: &[&Value], prometheus: Language) -> Language {
        let named = given.iter().find_map(|source| self.type_of(source));
        match named {
            Some(source) if !speaks_promql(&source) => Language::Other(source),
            _ => prometheus,
        }
    }

    /// Returns the type of a data source: an object with `type` and `uid`, or a name as before Grafana 8.
    fn type_of(&self, source: &Value) -> Option<String> {
        let (kind, id) = match source {
            Value::String(name) => ("", name.as_str()),
            other => (other["type"].as_str().unwrap_or_default(), other["uid"].as_str().unwrap_or_default()),
        };
        if !NO_TYPE.contains(&kind) {
            return Some(kind.to_owned());
        }
        let variable = id.trim_start_matches(['$', '{']).trim_end_matches('}');
        let offered = self.0.get(variable).filter(|_| id.starts_with('$'));
        // A name of a data source often says its type.
        let named = ["loki", "tempo", "elasticsearch", "influxdb", "graphite", "jaeger"].into_iter();
        offered.cloned().or_else(|| named.clone().find(|kind| id.to_lowercase().contains(kind)).map(str::to_owned))
    }
}

/// Says whether a data source reads `PromQL`: Prometheus, its managed variants, and `VictoriaMetrics`.
pub(super) fn speaks_promql(kind: &str) -> bool {
    let kind = kind.to_lowercase();
    kind.contains("prometheus") || kind.contains("victoriametrics-metrics") || kind.contains("mimir")
}
