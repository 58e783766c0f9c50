//! Alerts as Prometheus sends them.

use mme_metrics::asset::{AssetKind, FILES};
use mme_metrics_tests::alertmanager::Alertmanager;
use serde_json::{Map, Value, json};

/// Returns a firing alert of the bundled rules, with the labels and annotations that it has there, and these labels.
#[track_caller]
pub fn firing(name: &str, labels: &[(&str, &str)]) -> Value {
    let rule = rule(name);
    let mut all = rule["labels"].as_object().cloned().unwrap_or_default();
    all.insert("alertname".to_owned(), json!(name));
    all.extend(labels.iter().map(|(key, value)| ((*key).to_owned(), json!(value))));
    // What Prometheus' templates fill in is not needed here.
    let description = format!("{name} says 0.07 here.");
    let mut annotations = rule["annotations"].clone();
    annotations["description"] = json!(description);
    json!({ "labels": all, "annotations": annotations, "generatorURL": "http://prometheus.example.com/graph" })
}

/// Returns the same alert as ended.
#[track_caller]
pub fn resolved(alertmanager: &Alertmanager, alert: &Value) -> Value {
    let known = alertmanager.alerts().into_iter().find(|known| known["labels"] == alert["labels"]);
    let known = known.unwrap_or_else(|| panic!("Alertmanager does not have {alert:#}"));
    let mut alert = alert.clone();
    alert["startsAt"] = known["startsAt"].clone();
    // The time at which it was last heard of, which is past.
    alert["endsAt"] = known["updatedAt"].clone();
    alert
}

/// Returns every bundled alert's rule, by name.
pub fn rules() -> Map<String, Value> {
    let files = FILES.iter().filter(|file| file.kind() == AssetKind::Rules);
    let documents = files.map(|file| serde_saphyr::from_str::<Value>(file.text()).expect("a bundled file is YAML"));
    let mut rules = Map::new();
    for document in documents {
        for group in document["groups"].as_array().into_iter().flatten() {
            for rule in group["rules"].as_array().into_iter().flatten() {
                if let Some(name) = rule["alert"].as_str() {
                    rules.insert(name.to_owned(), rule.clone());
                }
            }
        }
    }
    rules
}

fn rule(name: &str) -> Value {
    rules().remove(name).unwrap_or_else(|| panic!("no bundled alert is called {name}"))
}
