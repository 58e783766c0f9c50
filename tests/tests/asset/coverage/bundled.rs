//! What the bundled rule tests cover.

use std::collections::BTreeSet;

use mme_metrics::asset::{AssetKind, FILES};
use serde_json::Value;

/// Returns alerts that some rule test has firing, and those that some has silent.
pub fn tested() -> [BTreeSet<String>; 2] {
    let mut tested = [BTreeSet::new(), BTreeSet::new()];
    for file in FILES.iter().filter(|file| file.kind() == AssetKind::RuleTests) {
        let document: Value = serde_saphyr::from_str(file.text()).expect("a bundled file is YAML");
        for test in list(&document["tests"]) {
            for case in list(&test["alert_rule_test"]) {
                let silent = list(&case["exp_alerts"]).is_empty();
                tested[usize::from(silent)].insert(text(&case["alertname"]).to_owned());
            }
        }
    }
    tested
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
