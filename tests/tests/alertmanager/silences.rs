//! Silences: one of a critical alert also covers its escalations.

use std::fs;
use std::path::Path;
use std::process::Command;

use mme_metrics_tests::alertmanager::{Alertmanager, Deployment, Mail, amtool};
use mme_metrics_tests::prometheus::patiently;
use serde_json::Value;

use crate::delivery::{deployed, of_shop};
use crate::page::silence;
use crate::push::firing;

/// An alert of two services, two of its escalations, and another alert with an escalation.
fn breached() -> (Deployment, Alertmanager) {
    let (deployment, alertmanager) = deployed();
    let escalation = |level: &str, source: &str| {
        firing(
            &format!("MmeEscalationLevel{level}"),
            &[("job", "shop"), ("source_alert", source), ("category", "security")],
        )
    };
    alertmanager.send(&[
        of_shop("MmeIsolationBreach", "/d/mme-security"),
        escalation("2", "MmeIsolationBreach"),
        escalation("4", "MmeIsolationBreach"),
        escalation("2", "MmeAuthBruteForce"),
        firing("MmeIsolationBreach", &[("job", "bank")]),
        firing("MmeAuthBruteForce", &[("job", "shop")]),
    ]);
    (deployment, alertmanager)
}

/// What a silence of the breach of `shop` has to cover.
const COVERED: [&str; 3] = ["MmeEscalationLevel2 shop", "MmeEscalationLevel4 shop", "MmeIsolationBreach shop"];

/// Waits until exactly these alerts are silenced, given as `name job`.
#[track_caller]
fn wait_for_silenced(alertmanager: &Alertmanager, expected: &[&str]) {
    let look = || {
        let alerts = alertmanager.alerts().into_iter();
        let silenced = alerts.filter(|alert| alert["status"]["state"] == "suppressed");
        let name = |alert: Value| {
            ["alertname", "job"].map(|key| alert["labels"][key].as_str().unwrap_or_default().to_owned()).join(" ")
        };
        let mut names: Vec<_> = silenced.map(name).collect();
        names.sort();
        if names == expected { Ok(()) } else { Err(names) }
    };
    patiently(look).unwrap_or_else(|names| assert_eq!(names, expected));
}

#[test]
fn the_silence_link_covers_the_alert_and_its_escalations_and_nothing_else() {
    let (deployment, alertmanager) = breached();
    let of_shop = |mail: &Mail| mail.text.contains("job shop") && mail.subject.contains("MmeIsolationBreach");
    silence(&alertmanager, &deployment.mailbox.wait_for("security@example.com", of_shop).link("Silence"));
    wait_for_silenced(&alertmanager, &COVERED);
}

#[test]
fn the_silence_link_of_an_escalation_covers_the_alert_too() {
    let (deployment, alertmanager) = breached();
    let of_breach = |mail: &Mail| mail.subject.contains("MmeEscalationLevel4: MmeIsolationBreach");
    silence(&alertmanager, &deployment.mailbox.wait_for("executives@example.com", of_breach).link("Silence"));
    wait_for_silenced(&alertmanager, &COVERED);
}

#[test]
fn a_silence_by_name_alone_leaves_the_escalations() {
    let (_deployment, alertmanager) = breached();
    let url = format!("--alertmanager.url={}", alertmanager.url(""));
    amtool(&[
        "silence",
        "add",
        &url,
        "--author=a test",
        "--comment=a test",
        "alertname=MmeIsolationBreach",
        "job=shop",
    ]);
    wait_for_silenced(&alertmanager, &["MmeIsolationBreach shop"]);
}

/// Returns the arguments of the command of a page that adds a silence.
fn recipe(page: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests have a workspace");
    let text = fs::read_to_string(root.join("docs/src").join(page)).expect("a page can be read");
    let (_, command) = text.split_once("\namtool silence add ").expect("the page has the command");
    let command = command.split("\n```").next().unwrap_or_default();
    // A shell knows its own quotes.
    let words = Command::new("sh").args(["-c", &format!("printf '%s\\n' silence add {command}")]).output();
    let words = words.expect("a POSIX shell is needed: apt-get install dash").stdout;
    String::from_utf8_lossy(&words).lines().map(str::to_owned).collect()
}

#[test]
fn the_commands_of_the_guide_cover_what_the_link_covers() {
    for (page, alert, job) in
        [("alerting.md", "MmeBackupStale", "shop"), ("first-page.md", "MmeServiceDown", "trust-service")]
    {
        let (_deployment, alertmanager) = breached();
        let url = format!("--alertmanager.url={}", alertmanager.url(""));
        let of_breach = |word: String| {
            let word = word.replace(alert, "MmeIsolationBreach").replace(&format!("job={job}"), "job=shop");
            if word.starts_with("--alertmanager.url=") { url.clone() } else { word }
        };
        let words: Vec<_> = recipe(page).into_iter().map(of_breach).collect();
        assert!(words.contains(&"job=shop".to_owned()) && words.contains(&url), "{words:?}");
        amtool(&words.iter().map(String::as_str).collect::<Vec<_>>());
        wait_for_silenced(&alertmanager, &COVERED);
    }
}
