//! Finds the data source of a query.

use std::collections::HashMap;

use serde_json::Value;

use super::query::Language;

/// Types that name no data source. The panel or its queries name it instead.
const NO_TYPE: [&str; 3] = ["", "datasource", "mixed"];

/// The types of the data sources that a dashboard offers as variables.
#[derive(Debug)]
pub(super) struct Sources(HashMap<String, String>);

impl Sources {
    pub(super) fn new<'v>(variables: impl Iterator<Item = (&'v str, &'v str)>) -> Self {
        Self(variables.map(|(name, source)| (name.to_owned(), source.to_owned())).collect())
    }

    /// Returns the language of a query, from the first of `given` that names a data source. The default is
    /// `prometheus`.
    pub(super) fn language(&self, given: &[&Value], prometheus: Language) -> Language {
        let named = given.iter().find_map(|source| self.type_of(source));
        match named {
            Some(source) if !speaks_promql(&source) => Language::Other(source),
            _ => prometheus,
        }
    }

    /// Returns the type of a data source, which is an object with `type` and `uid`, or before Grafana 8 a name.
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
        // The name of a data source often contains its type.
        let named = ["loki", "tempo", "elasticsearch", "influxdb", "graphite", "jaeger"].into_iter();
        offered.cloned().or_else(|| named.clone().find(|kind| id.to_lowercase().contains(kind)).map(str::to_owned))
    }
}

/// Returns whether a data source uses `PromQL`: Prometheus, its managed variants, and `VictoriaMetrics`.
pub(super) fn speaks_promql(kind: &str) -> bool {
    let kind = kind.to_lowercase();
    kind.contains("prometheus") || kind.contains("victoriametrics-metrics") || kind.contains("mimir")
}
