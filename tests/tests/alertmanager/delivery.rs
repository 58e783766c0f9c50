//! Notifications of pushed alerts: where they arrive and what a person reads.

use mme_metrics_tests::alertmanager::{Alertmanager, BusinessHours, Deployment};
use mme_metrics_tests::prometheus::patiently;
use serde_json::{Value, json};

use crate::page::{matchers, silence};
use crate::push::{firing, resolved};

const RUNBOOKS: &str = "https://github.com/mme-metrics/mme-metrics/blob/main/mme-metrics/assets/runbooks";

pub fn deployed() -> (Deployment, Alertmanager) {
    let deployment = Deployment::new(BusinessHours::Now);
    let alertmanager = deployment.start();
    (deployment, alertmanager)
}

/// Returns an alert of the service `shop` on which a dashboard is written.
pub fn of_shop(name: &str, dashboard: &str) -> Value {
    let mut alert = firing(name, &[("job", "shop"), ("instance", "10.0.0.7:8080")]);
    alert["annotations"]["dashboard_url"] = json!(dashboard);
    alert
}

/// Returns the text of a message in Slack.
fn slack(body: &Value) -> &str {
    body["attachments"][0]["text"].as_str().expect("a message in Slack has a text")
}

#[track_caller]
fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[test]
fn a_breach_reaches_pager_chat_mail_siem_and_tickets() {
    let (deployment, alertmanager) = deployed();
    alertmanager.send(&[of_shop("MmeIsolationBreach", "/d/mme-security")]);
    let inbox = &deployment.inbox;
    let summary = firing("MmeIsolationBreach", &[])["annotations"]["summary"].clone();
    let summary = summary.as_str().expect("an alert has a summary").trim_end_matches('.');
    let title = format!("[CRITICAL] shop: {summary} (MmeIsolationBreach)");

    let page = inbox.wait_for("/pagerduty", |_| true);
    assert_eq!(page["routing_key"], "the contents of pagerduty_security_key");
    assert_eq!([&page["event_action"], &page["payload"]["severity"]], ["trigger", "critical"]);
    assert_eq!(page["payload"]["summary"], title);
    assert_eq!([&page["payload"]["source"], &page["payload"]["component"]], ["10.0.0.7:8080", "shop"]);
    let links: Vec<_> = page["links"].as_array().expect("links").iter().map(|link| link["text"].clone()).collect();
    assert_eq!(links, ["Runbook", "Dashboard", "Silence"]);
    assert_contains(
        page["payload"]["custom_details"]["firing"].as_str().expect("a text"),
        &["0.07", "instance 10.0.0.7:8080"],
    );

    let message = inbox.wait_for("/slack/security", |_| true);
    assert_eq!(
        [&message["attachments"][0]["title"], &message["attachments"][0]["color"]],
        [&json!(title), &json!("#d63232")]
    );
    let runbook = format!("<{RUNBOOKS}/MmeIsolationBreach.md|Runbook>");
    let dashboard = "<https://grafana.example.com/d/mme-security?from=";
    assert_contains(
        slack(&message),
        &["*MmeIsolationBreach says 0.07 here.*", "job `shop`", "since <!date^", &runbook, dashboard],
    );

    let mail = deployment.mailbox.wait_for("security@example.com", |_| true);
    assert_eq!(mail.subject, title);
    let dashboard = mail.link("Dashboard");
    assert_contains(
        &dashboard,
        &["https://grafana.example.com/d/mme-security?", "var-job=shop", "var-instance=10.0.0.7%3A8080"],
    );
    assert_eq!(mail.link("Runbook"), format!("{RUNBOOKS}/MmeIsolationBreach.md"));
    assert_contains(
        &mail.text,
        &[&title, "0.07", "job shop", "since 20", &dashboard, &mail.link("Runbook"), &mail.link("Silence")],
    );
    assert_contains(&mail.html, &["width=device-width", "max-width:600px", "0.07"]);

    let event = inbox.wait_for("/siem", |_| true);
    assert_eq!(event["alerts"][0]["labels"]["alertname"], "MmeIsolationBreach");
    assert_eq!(inbox.at("/siem")[0].authorization, "Bearer the contents of siem_token");
    let ticket = inbox.wait_for("/tickets", |_| true);
    assert_eq!(ticket["commonAnnotations"]["runbook_url"], mail.link("Runbook"));
    assert_eq!(inbox.at("/tickets")[0].authorization, "Bearer the contents of ticketing_token");
    // The platform team is not notified.
    assert_eq!([inbox.at("/slack/platform").len(), inbox.at("/incidents").len()], [0, 0]);
    assert_eq!(deployment.mailbox.to("platform@example.com"), []);
}

#[test]
fn a_critical_alert_is_repeated_until_it_is_resolved() {
    let (deployment, alertmanager) = deployed();
    let alert = of_shop("MmeIsolationBreach", "/d/mme-security");
    alertmanager.send(std::slice::from_ref(&alert));
    let pages = || deployment.inbox.at("/pagerduty");
    // Five minutes in production.
    let repeated = || if pages().len() >= 2 { Ok(()) } else { Err(pages()) };
    patiently(repeated).expect("it is sent again");
    let [first, second] = [0, 1].map(|at| pages()[at].body["dedup_key"].clone());
    assert_eq!(first, second, "a repetition is no second incident");

    alertmanager.send(&[resolved(&alertmanager, &alert)]);
    deployment.inbox.wait_for("/pagerduty", |page| page["event_action"] == "resolve" && page["dedup_key"] == first);
    let message = deployment.inbox.wait_for("/slack/security", |body| body["attachments"][0]["color"] == "#2e9e5b");
    assert_contains(slack(&message), &["MmeIsolationBreach says 0.07 here.", "from <!date^", " to <!date^"]);
    let mail =
        deployment.mailbox.wait_for("security@example.com", |mail| mail.subject.starts_with("[RESOLVED] shop: "));
    assert_contains(&mail.text, &["Resolved:", "from 20"]);
    deployment.inbox.wait_for("/siem", |event| event["status"] == "resolved");
    deployment.inbox.wait_for("/tickets", |ticket| ticket["status"] == "resolved");
}

#[test]
fn a_critical_alert_of_the_system_reaches_the_platform_and_its_incidents() {
    let (deployment, alertmanager) = deployed();
    alertmanager.send(&[of_shop("MmeServiceDown", "/d/mme-application")]);
    let page = deployment.inbox.wait_for("/pagerduty", |_| true);
    assert_eq!(page["routing_key"], "the contents of pagerduty_platform_key");
    deployment.inbox.wait_for("/slack/platform", |_| true);
    deployment.mailbox.wait_for("platform@example.com", |mail| mail.subject.contains("MmeServiceDown"));
    let incident = deployment.inbox.wait_for("/incidents", |_| true);
    assert_eq!(incident["alerts"][0]["annotations"]["dashboard_url"], "/d/mme-application");
    assert_eq!(deployment.inbox.at("/incidents")[0].authorization, "Bearer the contents of incident_token");
    assert_eq!(deployment.inbox.at("/siem").len(), 0);
}

#[test]
fn many_routes_of_one_service_are_one_notification() {
    let (deployment, alertmanager) = deployed();
    let routes: Vec<_> = (0..13).map(|route| format!("/route/{route}")).collect();
    let of = |route: &String| {
        firing("MmeHttpErrorRateHigh", &[("job", "shop"), ("http_route", route), ("severity", "critical")])
    };
    alertmanager.send(&routes.iter().map(of).collect::<Vec<_>>());
    let message = deployment.inbox.wait_for("/slack/platform", |_| true);
    let title = message["attachments"][0]["title"].as_str().expect("a title");
    assert!(title.starts_with("[CRITICAL x13] shop: "), "{title}");
    assert_contains(slack(&message), &["/route/0", "10 of 13 are shown."]);
    assert_eq!(slack(&message).matches("http_route").count(), 10);
    // The pager is notified beside Slack, in no order.
    deployment.inbox.wait_for("/pagerduty", |_| true);
    assert_eq!(deployment.inbox.at("/pagerduty").len(), 1);
}

#[test]
fn what_strangers_put_into_labels_stays_text() {
    let (deployment, alertmanager) = deployed();
    let route = r#"/<!channel><script>&"\ {[x](http://evil.example)}"#;
    let mut alert = firing("MmeIsolationBreach", &[("job", r#"a "shop", b\c+d=é&f#g"#), ("http_route", route)]);
    alert["annotations"]["description"] = json!(format!("{route} of it"));
    alertmanager.send(std::slice::from_ref(&alert));
    let message = deployment.inbox.wait_for("/slack/security", |_| true);
    assert_contains(slack(&message), &["/&lt;!channel&gt;&lt;script&gt;&amp;"]);
    assert!(!slack(&message).contains("<!channel>"), "{}", slack(&message));
    let mail = deployment.mailbox.wait_for("security@example.com", |_| true);
    assert_contains(&mail.text, &[route]);
    assert_contains(&mail.html, &["&lt;script&gt;"]);
    assert!(!mail.html.contains("<script>"), "{}", mail.html);
    assert_eq!(matchers(&mail.link("Alertmanager"))[1], r#"job="a \"shop\", b\\c+d=é&f#g""#);
    silence(&alertmanager, &mail.link("Silence"));
    let state = || alertmanager.alerts()[0]["status"]["state"].clone();
    patiently(|| if state() == "suppressed" { Ok(()) } else { Err(state()) }).expect("it is silenced");
}

#[test]
fn warnings_reach_the_team_that_handles_them() {
    let (deployment, alertmanager) = deployed();
    alertmanager.send(&[
        of_shop("MmeSigningFailures", "/d/mme-certificates"),
        of_shop("MmeDbLatencyHigh", "/d/mme-infrastructure"),
        of_shop("MmeDependencyDown", "/d/mme-application"),
    ]);
    let named = |name: &'static str| {
        move |body: &Value| body["attachments"][0]["title"].as_str().is_some_and(|title| title.contains(name))
    };
    let message = deployment.inbox.wait_for("/slack/security", named("MmeSigningFailures"));
    assert_eq!(message["attachments"][0]["color"], "#e8a317");
    deployment.mailbox.wait_for("security@example.com", |mail| mail.subject.contains("MmeSigningFailures"));
    deployment.inbox.wait_for("/slack/platform", named("MmeDbLatencyHigh"));
    deployment.inbox.wait_for("/slack/platform", named("MmeDependencyDown"));
    deployment.mailbox.wait_for("platform@example.com", |mail| mail.subject.contains("MmeDependencyDown"));
    // Latency goes to Slack only, and no warning goes to the pager.
    let mails = deployment.mailbox.to("platform@example.com");
    assert!(!mails.iter().any(|mail| mail.subject.contains("MmeDbLatencyHigh")), "{mails:#?}");
    assert_eq!(deployment.inbox.at("/pagerduty").len(), 0);
}

#[test]
fn business_and_compliance_are_notified_with_dashboard_links() {
    let (deployment, alertmanager) = deployed();
    alertmanager.send(&[
        of_shop("MmeRevenueDrop", "/d/mme-business?orgId=1"),
        of_shop("MmeComplianceViolation", "https://dashboards.example.com/compliance"),
    ]);
    let message = deployment.inbox.wait_for("/slack/business", |_| true);
    assert_contains(slack(&message), &["<https://grafana.example.com/d/mme-business?orgId=1&from=", "|Dashboard>"]);
    let mail = deployment.mailbox.wait_for("business@example.com", |_| true);
    assert_contains(
        &mail.link("Dashboard"),
        &["https://grafana.example.com/d/mme-business?orgId=1&from=", "&var-job=shop"],
    );
    let mail = deployment.mailbox.wait_for("compliance@example.com", |_| true);
    assert_contains(&mail.link("Dashboard"), &["https://dashboards.example.com/compliance?from="]);
    deployment.inbox.wait_for("/pagerduty", |page| page["payload"]["class"] == "MmeComplianceViolation");
}

#[test]
fn medium_alerts_are_mailed_in_business_hours() {
    let (deployment, alertmanager) = deployed();
    let later = Deployment::new(BusinessHours::Later);
    let asleep = later.start();
    for alertmanager in [&alertmanager, &asleep] {
        alertmanager.send(&[
            of_shop("MmeSlowQueries", "/d/mme-infrastructure"),
            of_shop("MmeAuthSourcesAbsent", "/d/mme-security"),
            of_shop("MmeTierFallbackHigh", "/d/mme-business"),
        ]);
    }
    let in_time =
        [("platform", "MmeSlowQueries"), ("security", "MmeAuthSourcesAbsent"), ("business", "MmeTierFallbackHigh")];
    for (team, name) in in_time {
        deployment.mailbox.wait_for(&format!("{team}@example.com"), |mail| mail.subject.contains(name));
    }
    assert_eq!(deployment.inbox.at("/pagerduty").len() + deployment.inbox.at("/slack/platform").len(), 0);
    // The medium groups are due by now. A warning that is sent after them arrives, and they do not.
    asleep.send(&[of_shop("MmeDependencyDown", "/d/mme-application")]);
    later.mailbox.wait_for("platform@example.com", |mail| mail.subject.contains("MmeDependencyDown"));
    for (team, name) in in_time {
        let mails = later.mailbox.to(&format!("{team}@example.com"));
        assert!(!mails.iter().any(|mail| mail.subject.contains(name)), "{mails:#?}");
    }
}

#[test]
fn the_watchdog_pings_again_and_again() {
    let (deployment, alertmanager) = deployed();
    alertmanager.send(&[firing("Watchdog", &[])]);
    let pings = || deployment.inbox.at("/watchdog");
    let look = || if pings().len() >= 2 { Ok(()) } else { Err(pings()) };
    patiently(look).expect("it pings twice");
    assert_eq!(pings()[0].authorization, "Bearer the contents of watchdog_token");
}
