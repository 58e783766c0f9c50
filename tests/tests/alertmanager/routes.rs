//! The routing tree: labels of an alert and its receivers.

use std::path::Path;

use mme_metrics_tests::alertmanager::{amtool, readable_configurations};

use crate::push::rules;

/// Labels of an alert, and its receivers in order.
const ROUTES: &[(&str, &str)] = &[
    // Other labels, or none.
    ("", "default"),
    ("alertname=Foreign", "default"),
    ("alertname=Foreign severity=page", "default"),
    ("alertname=Foreign severity=critical", "ticketing,platform-critical"),
    ("alertname=Foreign severity=warning", "ticketing,platform-warning"),
    ("alertname=Foreign severity=info", "platform-medium"),
    ("category=security", "siem,default"),
    ("category=business", "business"),
    ("priority=medium", "platform-medium"),
    ("alertname=Watchdog severity=none category=availability", "watchdog"),
    // Critical, security.
    ("severity=critical category=security", "siem,ticketing,security-critical"),
    ("alertname=MmeIsolationBreach severity=critical category=security", "siem,ticketing,security-critical"),
    ("alertname=MmeIsolationCheckStale severity=critical category=security", "siem,ticketing,security-critical"),
    ("alertname=MmeAuthBruteForce severity=critical category=security", "siem,ticketing,security-critical"),
    ("alertname=MmeAuthAnomaly severity=critical category=security", "siem,ticketing,security-critical"),
    ("alertname=MmeFailedLoginsHigh severity=critical category=security", "siem,ticketing,security-critical"),
    ("alertname=MmeJwtValidationFailures severity=critical category=security", "siem,ticketing,security-critical"),
    ("alertname=MmeCertificateExpired severity=critical category=security", "siem,ticketing,security-critical"),
    ("alertname=MmeVaultUnavailable severity=critical category=security", "siem,ticketing,security-critical"),
    ("severity=critical category=security priority=medium", "siem,ticketing,security-critical"),
    // Compliance, in addition.
    (
        "alertname=MmeComplianceViolation severity=critical category=security",
        "siem,ticketing,compliance,security-critical",
    ),
    (
        "alertname=MmeAuditWriteFailures severity=critical category=security",
        "siem,ticketing,compliance,security-critical",
    ),
    ("alertname=MmeComplianceViolation severity=warning", "ticketing,compliance,platform-warning"),
    // Critical, any other.
    ("severity=critical category=availability", "ticketing,platform-critical"),
    ("severity=critical category=infrastructure", "ticketing,platform-critical"),
    ("severity=critical category=performance", "ticketing,platform-critical"),
    ("severity=critical category=data", "ticketing,platform-critical"),
    ("severity=critical category=availability priority=medium", "ticketing,platform-critical"),
    ("alertname=MmeServiceDown severity=critical category=availability", "ticketing,platform-critical"),
    ("alertname=MmeDatabaseDown severity=critical category=availability", "ticketing,platform-critical"),
    ("alertname=MmeSloBurnFast severity=critical category=availability", "ticketing,platform-critical"),
    ("alertname=MmeHttpErrorRateCritical severity=critical category=availability", "ticketing,platform-critical"),
    ("alertname=MmeHttpLatencyCritical severity=critical category=performance", "ticketing,platform-critical"),
    ("alertname=MmeMemoryPressure severity=critical category=infrastructure", "ticketing,platform-critical"),
    ("alertname=MmeBackupStale severity=critical category=data", "ticketing,platform-critical"),
    ("alertname=MmeNotificationsFailing severity=critical category=infrastructure", "ticketing,platform-critical"),
    ("severity=critical category=business", "ticketing,business,platform-critical"),
    // Escalation, whatever it is about.
    ("severity=critical category=availability escalation_level=2", "escalation-team-lead"),
    ("severity=critical category=availability escalation_level=3", "escalation-engineering-manager"),
    ("severity=critical category=availability escalation_level=4", "escalation-executives"),
    ("severity=critical category=data escalation_level=2", "escalation-team-lead"),
    ("severity=critical category=business escalation_level=3", "escalation-engineering-manager"),
    ("severity=critical category=security escalation_level=2", "siem,escalation-team-lead"),
    ("severity=critical category=security escalation_level=3", "siem,escalation-engineering-manager"),
    ("severity=critical category=security escalation_level=4", "siem,escalation-executives"),
    ("severity=critical escalation_level=4", "escalation-executives"),
    ("severity=critical category=availability escalation_level=5", "platform-critical"),
    // Warnings of a high priority.
    ("severity=warning priority=high category=security", "siem,ticketing,security-warning"),
    ("severity=warning category=security", "siem,ticketing,security-warning"),
    (
        "alertname=MmeCertificateExpiring severity=warning priority=high category=security",
        "siem,ticketing,security-warning",
    ),
    (
        "alertname=MmeAuthNewCountries severity=warning priority=high category=security",
        "siem,ticketing,security-warning",
    ),
    (
        "alertname=MmeSigningFailures severity=warning priority=high category=security",
        "siem,ticketing,security-warning",
    ),
    ("severity=warning priority=high category=performance", "ticketing,performance-warning"),
    ("severity=warning category=performance", "ticketing,performance-warning"),
    (
        "alertname=MmeHttpLatencyHigh severity=warning priority=high category=performance",
        "ticketing,performance-warning",
    ),
    ("alertname=MmeDbLatencyHigh severity=warning priority=high category=performance", "ticketing,performance-warning"),
    ("severity=warning priority=high category=availability", "ticketing,platform-warning"),
    ("severity=warning priority=high category=infrastructure", "ticketing,platform-warning"),
    ("severity=warning priority=high category=data", "ticketing,platform-warning"),
    ("alertname=MmeDependencyDown severity=warning priority=high category=availability", "ticketing,platform-warning"),
    ("alertname=MmeReplicationLag severity=warning priority=high category=data", "ticketing,platform-warning"),
    // Medium, by mail and in business hours, which this table cannot show.
    ("severity=warning priority=medium category=security", "siem,ticketing,security-medium"),
    ("severity=info priority=medium category=security", "siem,security-medium"),
    ("severity=info category=security", "siem,security-medium"),
    ("severity=warning priority=medium category=performance", "ticketing,platform-medium"),
    ("severity=warning priority=medium category=data", "ticketing,platform-medium"),
    ("severity=warning priority=medium category=availability", "ticketing,platform-medium"),
    ("severity=info priority=medium category=availability", "platform-medium"),
    ("severity=info category=performance", "platform-medium"),
    ("alertname=MmeSlowQueries severity=warning priority=medium category=performance", "ticketing,platform-medium"),
    // Business.
    ("severity=warning priority=high category=business", "ticketing,business"),
    ("severity=warning priority=medium category=business", "ticketing,business"),
    ("severity=info priority=medium category=business", "business"),
    ("alertname=MmeRevenueDrop severity=warning priority=high category=business", "ticketing,business"),
    ("alertname=MmeSlaBreach severity=warning priority=high category=business", "ticketing,business"),
];

#[test]
fn each_alert_goes_to_its_receivers_in_order() {
    for configuration in readable_configurations() {
        for (labels, receivers) in ROUTES {
            let labels: Vec<_> = labels.split(' ').filter(|label| !label.is_empty()).collect();
            assert_eq!(route(configuration, &labels), *receivers, "{configuration}: {labels:?}");
        }
    }
}

#[test]
fn no_alert_of_ours_is_left_to_the_default() {
    for (name, rule) in rules() {
        let labels = rule["labels"].as_object().expect("an alert of ours has labels");
        let labels = labels.iter().map(|(key, value)| format!("{key}={}", value.as_str().expect("a text")));
        let labels: Vec<_> = labels.chain([format!("alertname={name}")]).collect();
        let labels: Vec<_> = labels.iter().map(String::as_str).collect();
        let receivers = route(readable_configurations()[0], &labels);
        assert!(!receivers.split(',').any(|receiver| receiver == "default"), "{name} goes to {receivers}");
    }
}

/// Returns the names of the receivers of an alert, with commas between.
#[track_caller]
fn route(configuration: &str, labels: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mme-metrics/assets/alertmanager");
    let file = format!("--config.file={}", folder.join(configuration).display());
    let arguments = [&["config", "routes", "test", &file][..], labels].concat();
    amtool(&arguments).trim().to_owned()
}
