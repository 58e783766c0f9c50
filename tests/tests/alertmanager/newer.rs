//! The configuration for newer servers. An older one refuses it, which is all that can be tested there; `tests/newest` runs these
//! tests on a newer one.

use mme_metrics_tests::alertmanager::{
    Alertmanager, BusinessHours, Deployment, amtool_refuses, readable_configurations,
};
use serde_json::{Value, json};

use crate::push::{firing, resolved};

const NEWER: &str = "alertmanager-0.34.yml";

/// Starts a server with the newer configuration; nothing if this one is older, and then says why.
fn deployed() -> Option<(Deployment, Alertmanager)> {
    let deployment = Deployment::new(BusinessHours::Now);
    let configuration = deployment.configuration(NEWER);
    if readable_configurations().contains(&NEWER) {
        let alertmanager = Alertmanager::start(&configuration);
        return Some((deployment, alertmanager));
    }
    let said = amtool_refuses(&["check-config", &configuration.display().to_string()]);
    assert!(said.contains("msteamsv2_configs not found") && said.contains("payload not found"), "{said}");
    None
}

/// Returns an alert with texts that YAML reads as something else.
fn confusing(name: &str) -> Value {
    let mut alert = firing(name, &[("job", "7"), ("instance", "10.0.0.7:8080")]);
    alert["annotations"]["description"] = json!("- {a: 1}: [it] fails # often");
    alert
}

#[test]
fn teams_reads_what_fails_and_who_responds() {
    let Some((deployment, alertmanager)) = deployed() else { return };
    alertmanager.send(&[confusing("MmeIsolationBreach")]);
    let card = deployment.inbox.wait_for("/teams/security", |_| true);
    let texts = &card["attachments"][0]["content"]["body"];
    let [title, text] = [0, 1].map(|at| texts[at]["text"].as_str().expect("a card has a title and a text"));
    assert!(title.starts_with("[CRITICAL] 7: ") && title.ends_with("(MmeIsolationBreach)"), "{title}");
    for part in [
        "**- {a: 1}: \\[it\\] fails # often**",
        "- instance: 10.0.0.7:8080",
        "- since 20",
        "[Dashboard](https://grafana.example.com/d/mme-application?",
        "/MmeIsolationBreach.md)",
        "[Silence](https://alertmanager.example.com/#/silences/new?filter=",
        "security: respond within 5 minutes.",
    ] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[test]
fn payloads_are_what_each_system_takes() {
    let Some((deployment, alertmanager)) = deployed() else { return };
    let alerts = ["MmeIsolationBreach", "MmeServiceDown"].map(confusing);
    alertmanager.send(&alerts);

    let mut event = deployment.inbox.wait_for("/siem", |_| true);
    let event = event.as_object_mut().expect("an event is an object");
    assert!(event.remove("starts_at").is_some_and(|time| time.as_str().is_some_and(|time| time.starts_with("20"))));
    assert_eq!(event.remove("labels").expect("labels"), alerts[0]["labels"]);
    let expected = json!({
        "alert": "MmeIsolationBreach", "severity": "critical", "status": "firing", "service": "7",
        "description": "- {a: 1}: [it] fails # often", "runbook_url": alerts[0]["annotations"]["runbook_url"],
    });
    assert_eq!(Value::Object(event.clone()), expected);

    let incident = deployment.inbox.wait_for("/incidents", |_| true);
    assert_eq!(
        ["key", "status", "team", "respond_within"].map(|key| incident[key].clone()),
        ["alertname=MmeServiceDown;job=7;", "firing", "platform", "5 minutes"]
    );
    let links = ["runbook", "dashboard", "silence"].map(|link| incident["links"][link].as_str().unwrap_or_default());
    assert!(links.iter().all(|link| link.starts_with("https://")), "{links:?}");
    let body = incident["body"].as_str().expect("a text");
    assert!(body.starts_with("[CRITICAL] 7: ") && body.contains("fails # often\n"), "{body}");

    alertmanager.send(&[resolved(&alertmanager, &alerts[1])]);
    let ticket = deployment.inbox.wait_for("/tickets", |ticket| ticket["status"] == "resolved");
    assert_eq!([&ticket["key"], &ticket["priority"]], ["alertname=MmeServiceDown;job=7;", "high"]);
}
