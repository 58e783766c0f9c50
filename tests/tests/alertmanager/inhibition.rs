//! Inhibition: a worse alert suppresses the notifications of those that it explains.

use mme_metrics_tests::alertmanager::{Alertmanager, BusinessHours, Deployment};
use mme_metrics_tests::prometheus::patiently;
use serde_json::Value;

use crate::push::firing;

/// Waits until exactly these alerts, given as `name of job`, are inhibited.
#[track_caller]
fn wait_for_inhibited(alertmanager: &Alertmanager, expected: &[&str]) {
    let look = || {
        let alerts = alertmanager.alerts();
        let inhibited = alerts.iter().filter(|alert| alert["status"]["inhibitedBy"] != Value::Array(Vec::new()));
        let mut found: Vec<_> = inhibited.map(title).collect();
        found.sort();
        if found == expected { Ok(()) } else { Err((found, alerts.len())) }
    };
    patiently(look).unwrap_or_else(|found| panic!("expected {expected:?}, found {found:?}"));
}

fn title(alert: &Value) -> String {
    let label = |key: &str| alert["labels"][key].as_str().unwrap_or_default();
    match label("source_alert") {
        "" => format!("{} of {}", label("alertname"), label("job")),
        source => format!("{} of {source} of {}", label("alertname"), label("job")),
    }
}

#[test]
fn a_critical_alert_inhibits_the_warning_of_its_own_service() {
    let deployment = Deployment::new(BusinessHours::Now);
    let alertmanager = deployment.start();
    let critical = [("job", "shop"), ("severity", "critical")];
    alertmanager.send(&[
        firing("MmeHttpLatencyHigh", &critical),
        firing("MmeHttpLatencyHigh", &[("job", "shop"), ("http_route", "/pay")]),
        firing("MmeHttpLatencyHigh", &[("job", "bank")]),
        firing("MmeDbLatencyHigh", &[("job", "shop")]),
    ]);
    wait_for_inhibited(&alertmanager, &["MmeHttpLatencyHigh of shop"]);
    // The warnings that are left arrive, and the inhibited one is not among them.
    let arrived = |body: &Value| text(body).contains("job `bank`");
    deployment.inbox.wait_for("/slack/platform", arrived);
    let all = deployment.inbox.at("/slack/platform");
    assert!(!all.iter().any(|delivery| text(&delivery.body).contains("/pay")), "{all:#?}");
}

#[test]
fn a_service_that_is_down_inhibits_its_errors_and_latency_only() {
    let deployment = Deployment::new(BusinessHours::Now);
    let alertmanager = deployment.start();
    let shop = [("job", "shop")];
    alertmanager.send(&[
        firing("MmeServiceDown", &shop),
        firing("MmeHttpErrorRateCritical", &shop),
        firing("MmeHttpLatencyHigh", &shop),
        firing("MmeGrpcErrorRateHigh", &shop),
        firing("MmeSloBurnFast", &shop),
        firing("MmeDbErrorRateHigh", &shop),
        firing("MmeEscalationLevel2", &[("job", "shop"), ("source_alert", "MmeServiceDown")]),
        firing("MmeEscalationLevel2", &[("job", "shop"), ("source_alert", "MmeHttpErrorRateCritical")]),
        firing("MmeEscalationLevel2", &[("job", "shop"), ("source_alert", "MmeIsolationBreach")]),
        firing("MmeIsolationBreach", &shop),
        firing("MmeAuthBruteForce", &shop),
        firing("MmeHttpErrorRateCritical", &[("job", "bank")]),
        firing("MmeHttpErrorRateCritical", &[("job", "shop"), ("cluster", "staging")]),
    ]);
    wait_for_inhibited(
        &alertmanager,
        &[
            "MmeDbErrorRateHigh of shop",
            "MmeEscalationLevel2 of MmeHttpErrorRateCritical of shop",
            "MmeGrpcErrorRateHigh of shop",
            "MmeHttpErrorRateCritical of shop",
            "MmeHttpLatencyHigh of shop",
            "MmeSloBurnFast of shop",
        ],
    );
}

#[test]
fn the_worse_of_two_thresholds_inhibits_the_other() {
    let deployment = Deployment::new(BusinessHours::Now);
    let alertmanager = deployment.start();
    let (pay, browse) = ([("job", "shop"), ("http_route", "/pay")], [("job", "shop"), ("http_route", "/browse")]);
    let (tls, mtls) = ([("job", "shop"), ("certificate", "tls")], [("job", "shop"), ("certificate", "mtls")]);
    alertmanager.send(&[
        firing("MmeHttpErrorRateCritical", &[("job", "shop")]),
        firing("MmeHttpErrorRateHigh", &pay),
        firing("MmeHttpLatencyCritical", &[("job", "shop")]),
        firing("MmeHttpLatencyHigh", &pay),
        firing("MmeHttpLatencyHigh", &browse),
        firing("MmeCertificateExpiringSoon", &tls),
        firing("MmeCertificateExpiring", &tls),
        firing("MmeCertificateExpiring", &mtls),
        firing("MmeDatabaseDown", &[("job", "desk")]),
        firing("MmeDbPoolTimeouts", &[("job", "desk")]),
    ]);
    wait_for_inhibited(
        &alertmanager,
        &[
            "MmeCertificateExpiring of shop",
            "MmeDbPoolTimeouts of desk",
            "MmeHttpErrorRateHigh of shop",
            "MmeHttpLatencyHigh of shop",
            "MmeHttpLatencyHigh of shop",
        ],
    );
}

#[test]
fn one_cause_of_a_service_is_one_page() {
    let deployment = Deployment::new(BusinessHours::Now);
    let alertmanager = deployment.start();
    let shop = [("job", "shop"), ("severity", "critical")];
    let route = |path| [("job", "shop"), ("severity", "warning"), ("http_route", path)];
    alertmanager.send(&[
        firing("MmeHttpErrorRateCritical", &shop),
        firing("MmeSloBurnFast", &shop),
        firing("MmeSloBurnHigh", &shop),
        firing("MmeGrpcErrorRateHigh", &shop),
        firing("MmeHttpErrorRateHigh", &route("/pay")),
        firing("MmeHttpErrorRateHigh", &route("/browse")),
        firing("MmeDbErrorRateHigh", &[("job", "shop"), ("severity", "warning")]),
        firing("MmeEscalationLevel2", &[("job", "shop"), ("source_alert", "MmeSloBurnFast")]),
        firing("MmeEscalationLevel2", &[("job", "shop"), ("source_alert", "MmeHttpErrorRateCritical")]),
        // Another cause, and another environment.
        firing("MmeHttpLatencyCritical", &shop),
        firing("MmeSloBurnFast", &[("job", "shop"), ("severity", "critical"), ("namespace", "staging")]),
    ]);
    wait_for_inhibited(
        &alertmanager,
        &[
            "MmeDbErrorRateHigh of shop",
            "MmeEscalationLevel2 of MmeSloBurnFast of shop",
            "MmeGrpcErrorRateHigh of shop",
            "MmeHttpErrorRateHigh of shop",
            "MmeHttpErrorRateHigh of shop",
            "MmeSloBurnFast of shop",
            "MmeSloBurnHigh of shop",
        ],
    );
}

/// What fires while the database is down, as the rule test `one_cause.yml` lists it, and its escalations.
#[test]
fn a_database_that_is_down_is_the_only_page_of_the_errors_over_it() {
    let deployment = Deployment::new(BusinessHours::Now);
    let alertmanager = deployment.start();
    let shop = [("job", "shop"), ("severity", "critical")];
    let warning = [("job", "shop"), ("severity", "warning")];
    alertmanager.send(&[
        firing("MmeDatabaseDown", &[("job", "shop"), ("severity", "critical"), ("dependency", "orders")]),
        firing("MmeHttpErrorRateCritical", &shop),
        firing("MmeSloBurnFast", &[("job", "shop"), ("severity", "critical"), ("slo", "requests")]),
        firing("MmeDbErrorRateHigh", &warning),
        firing("MmeDbPoolTimeouts", &warning),
        firing("MmeFunctionErrorRateHigh", &warning),
        firing("MmeHttpErrorRateHigh", &[("job", "shop"), ("severity", "warning"), ("http_route", "/pay")]),
        firing("MmeEscalationLevel2", &[("job", "shop"), ("source_alert", "MmeDatabaseDown")]),
        firing("MmeEscalationLevel2", &[("job", "shop"), ("source_alert", "MmeHttpErrorRateCritical")]),
        firing("MmeEscalationLevel3", &[("job", "shop"), ("source_alert", "MmeHttpErrorRateCritical")]),
        // Other causes, and services with a database of their own.
        firing("MmeIsolationBreach", &shop),
        firing("MmeAuthBruteForce", &shop),
        firing("MmeHttpErrorRateCritical", &[("job", "bank"), ("severity", "critical")]),
        firing("MmeHttpErrorRateCritical", &[("job", "shop"), ("severity", "critical"), ("namespace", "staging")]),
    ]);
    wait_for_inhibited(
        &alertmanager,
        &[
            "MmeDbErrorRateHigh of shop",
            "MmeDbPoolTimeouts of shop",
            "MmeEscalationLevel2 of MmeHttpErrorRateCritical of shop",
            "MmeEscalationLevel3 of MmeHttpErrorRateCritical of shop",
            "MmeFunctionErrorRateHigh of shop",
            "MmeHttpErrorRateCritical of shop",
            "MmeHttpErrorRateHigh of shop",
            "MmeSloBurnFast of shop",
        ],
    );
}

fn text(body: &Value) -> &str {
    body["attachments"][0]["text"].as_str().unwrap_or_default()
}
