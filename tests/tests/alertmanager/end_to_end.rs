//! From a fault of the example service, through a real Prometheus with the bundled rules, to notifications.

use mme_metrics::asset::{AssetKind, FILES};
use mme_metrics_tests::alertmanager::{Alertmanager, BusinessHours, Deployment};
use mme_metrics_tests::prometheus::{Prometheus, patiently};
use mme_metrics_tests::service::Service;
use serde_json::Value;

const JOB: &str = "trust-service";

/// How much faster than in production an alert fires: a quarter of an hour is four seconds.
const HURRY: u32 = 225;

/// Starts a Prometheus with the bundled rules that scrapes the service and sends its alerts.
fn watching(service: &Service, alertmanager: &Alertmanager) -> Prometheus {
    let setup = Prometheus::setup().scrape(JOB, &service.address().to_string(), "/metrics");
    let rules = FILES.iter().filter(|file| file.kind() == AssetKind::Rules);
    let setup = rules.fold(setup, |setup, file| setup.rules(hurried(file.text())));
    setup.alertmanager(&alertmanager.address()).start()
}

/// Shortens how long an alert waits and outlasts its condition, to a second at least, and evaluates every group each second.
pub fn hurried(rules: &str) -> String {
    let hurry = |line: &str| match line.split_once(": ") {
        Some((key, wait)) if matches!(key.trim_start(), "for" | "keep_firing_for") => {
            format!("{key}: {}s\n", (seconds(wait) / HURRY).max(1))
        }
        Some((key, _)) if key.trim_start() == "interval" => format!("{key}: 1s\n"),
        _ => format!("{line}\n"),
    };
    rules.lines().map(hurry).collect()
}

fn seconds(wait: &str) -> u32 {
    let (number, unit) = wait.split_at(wait.len() - 1);
    let number: u32 = number.parse().unwrap_or_else(|_| panic!("a duration of one unit is expected, not {wait}"));
    match unit {
        "s" => number,
        "m" => number * 60,
        "h" => number * 3600,
        "d" => number * 86_400,
        _ => panic!("a duration in s, m, h or d is expected, not {wait}"),
    }
}

/// Returns the names of the alerts that something worse inhibits.
fn inhibited(alertmanager: &Alertmanager) -> Vec<String> {
    let alerts = alertmanager.alerts().into_iter();
    let inhibited = alerts.filter(|alert| alert["status"]["inhibitedBy"] != Value::Array(Vec::new()));
    inhibited.map(|alert| alert["labels"]["alertname"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_fault_is_notified_inhibited_escalated_and_resolved() {
    let deployment = Deployment::new(BusinessHours::Now);
    let alertmanager = deployment.start();
    // Each failure would be a line of the log.
    let service = Service::start_with(&[], &[("RUST_LOG", "off")]);
    let prometheus = watching(&service, &alertmanager);
    prometheus.wait_until_up(JOB);

    service.inject("errors=1");
    for _ in 0..60 {
        assert_eq!(service.send("GET", "/documents", None, None).status, 500);
    }
    let title = "[CRITICAL] trust-service: A service fails more than 5 % of its requests (MmeHttpErrorRateCritical)";
    let page = deployment.inbox.wait_for("/pagerduty", |page| page["payload"]["summary"] == title);
    assert_eq!([&page["routing_key"], &page["event_action"]], ["the contents of pagerduty_platform_key", "trigger"]);
    let mail = deployment.mailbox.wait_for("platform@example.com", |mail| mail.subject == title);
    let says = "of all requests to trust-service have failed over 5 minutes.";
    assert!(mail.text.contains(says) && mail.html.contains(says), "{}", mail.text);
    assert!(mail.link("Runbook").ends_with("/MmeHttpErrorRateCritical.md"), "{}", mail.link("Runbook"));
    let dashboard = mail.link("Dashboard");
    let chosen = dashboard.starts_with("https://grafana.example.com/d/mme-application?")
        && dashboard.ends_with("&var-job=trust-service");
    assert!(chosen, "{dashboard}");
    let message = deployment.inbox.wait_for("/slack/platform", |body| body["attachments"][0]["title"] == title);
    assert!(message["attachments"][0]["text"].as_str().is_some_and(|text| text.contains(says)), "{message:#}");
    deployment.inbox.wait_for("/incidents", |body| body["commonLabels"]["alertname"] == "MmeHttpErrorRateCritical");

    // The alert of the service explains that of the route.
    let look =
        || Some(inhibited(&alertmanager)).filter(|names| names.iter().any(|name| name == "MmeHttpErrorRateHigh"));
    patiently(|| look().ok_or_else(|| alertmanager.alerts())).expect("the alert of the route is inhibited");

    // A quarter of an hour, half an hour and an hour later.
    let level = |level: u32| format!("(MmeEscalationLevel{level}: MmeHttpErrorRateCritical)");
    for (step, person) in ["team-lead", "engineering-manager", "executives"].into_iter().enumerate() {
        let level = level(2 + step as u32);
        let mail = deployment.mailbox.wait_for(&format!("{person}@example.com"), |mail| mail.subject.contains(&level));
        assert!(mail.text.contains("MmeHttpErrorRateCritical of trust-service has fired for"), "{}", mail.text);
    }
    let escalated = |page: &Value| page["routing_key"] == "the contents of pagerduty_escalation_key";
    deployment.inbox.wait_for("/pagerduty", escalated);

    let address = service.address().to_string();
    assert!(service.stop().status.success());
    let down =
        |page: &Value, action: &str| page["payload"]["class"] == "MmeServiceDown" && page["event_action"] == action;
    deployment.inbox.wait_for("/pagerduty", |page| down(page, "trigger"));

    let _again = Service::start_with(&[], &[("TRUST_HTTP_ADDR", &address)]);
    deployment.inbox.wait_for("/pagerduty", |page| down(page, "resolve"));
    let mail = deployment.mailbox.wait_for("platform@example.com", |mail| {
        mail.subject.starts_with("[RESOLVED] trust-service: ") && mail.subject.contains("MmeServiceDown")
    });
    assert!(mail.text.contains("Resolved:\n* "), "{}", mail.text);
}
