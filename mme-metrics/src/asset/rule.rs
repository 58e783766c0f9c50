//! Rule files as Prometheus 2.42 reads them: a field it does not know is an error here too.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A rule file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub(super) groups: Vec<Group>,
}

/// A group of rules that are evaluated one after the other.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) name: String,
    #[serde(default, rename = "interval")]
    _interval: Option<String>,
    #[serde(default, rename = "limit")]
    _limit: Option<u64>,
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
}

/// A recording rule or an alert.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) record: Option<String>,
    pub(super) alert: Option<String>,
    pub(super) expr: String,
    #[serde(default, rename = "for")]
    _for: Option<String>,
    #[serde(default, rename = "keep_firing_for")]
    _keep_firing_for: Option<String>,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
}

impl Rule {
    /// Returns what a finding calls the rule.
    pub(super) fn place(&self) -> String {
        match (&self.alert, &self.record) {
            (Some(alert), _) => format!("alert {alert}"),
            (None, Some(record)) => format!("record {record}"),
            (None, None) => "a rule without a name".to_owned(),
        }
    }
}

/// Reads a rule file.
pub(super) fn parse(text: &str) -> Result<RuleFile, String> {
    serde_saphyr::from_str(text).map_err(|error| {
        format!("Prometheus 2.42 would not load this file: {error}; remove what is unknown or correct the YAML")
    })
}
