//! Checks that alerts reach Alertmanager, and that its notifications are delivered.

use std::collections::BTreeMap;

use serde_json::Value;

use super::check::State;
use crate::address::without_secrets;
use crate::exposition::Exposition;
use crate::fetch::Client;
use crate::prometheus::Prometheus;

/// The alert that always fires.
const WATCHDOG: &str = "Watchdog";

/// Largest share of failed notifications since Alertmanager started. The alert `MmeNotificationsFailing` has the same limit
/// for the last 5 minutes, and needs 3 failures.
const FAILED: f64 = 0.01;

/// An Alertmanager.
#[derive(Debug)]
pub(super) struct Alertmanager {
    client: Client,
    url: String,
}

impl Alertmanager {
    pub(super) fn new(client: Client, url: &str) -> Self {
        Self { client, url: url.trim_end_matches('/').to_owned() }
    }

    fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<String, String> {
        self.client.text(&format!("{}{path}", self.url), query)
    }
}

/// Checks the way of an alert from Prometheus to Alertmanager.
pub(super) fn check(prometheus: &Prometheus, alertmanager: Option<&Alertmanager>) -> Result<State, String> {
    let data = prometheus.data("/api/v1/alertmanagers", &[])?;
    let known: Vec<_> = data["activeAlertmanagers"].as_array().into_iter().flatten().collect();
    if known.is_empty() {
        return Err(
            "Prometheus sends alerts to no Alertmanager: name one in `alerting` of its configuration".to_owned()
        );
    }
    let firing = prometheus.query(&format!("ALERTS{{alertname=\"{WATCHDOG}\",alertstate=\"firing\"}}"), None)?;
    if firing.is_empty() {
        return Err(format!("the alert {WATCHDOG} does not fire, though it always should: load the bundled alerts"));
    }
    let Some(alertmanager) = alertmanager else {
        let urls: Vec<_> =
            known.iter().map(|known| without_secrets(known["url"].as_str().unwrap_or_default())).collect();
        return Ok(State::passed(format!("Prometheus sends alerts to {}", urls.join(", "))));
    };
    alertmanager.get("/-/ready", &[])?;
    let filter = format!("alertname=\"{WATCHDOG}\"");
    let alerts = alertmanager.get("/api/v2/alerts", &[("filter", &filter)])?;
    let alerts: Value = serde_json::from_str(&alerts).map_err(|_| {
        format!("{} does not answer as Alertmanager does: correct the address", without_secrets(&alertmanager.url))
    })?;
    if alerts.as_array().is_none_or(Vec::is_empty) {
        return Err(format!(
            "the alert {WATCHDOG} fires and has not reached {}: compare with the addresses in `alerting`",
            without_secrets(&alertmanager.url)
        ));
    }
    Ok(State::passed(format!("the alert {WATCHDOG} has arrived")))
}

/// Checks the way of a notification from Alertmanager to people.
pub(super) fn notifications(alertmanager: Option<&Alertmanager>) -> Result<State, String> {
    let Some(alertmanager) = alertmanager else {
        return Ok(State::Skipped("name an Alertmanager by --alertmanager".to_owned()));
    };
    let page = alertmanager.get("/metrics", &[])?;
    let page = Exposition::parse(&page);
    let mut totals: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for (at, name) in ["alertmanager_notifications_total", "alertmanager_notifications_failed_total"].iter().enumerate()
    {
        let samples = page.families.get(name).map(|family| family.samples.as_slice()).unwrap_or_default();
        for (_, sample) in samples {
            totals.entry(sample.label("integration").unwrap_or_default()).or_default()[at] += sample.value;
        }
    }
    let failing = totals.iter().filter(|(_, [all, failed])| *failed > FAILED * all.max(1.0));
    let problems = failing.map(|(integration, [all, failed])| {
        format!("{failed} of {all} notifications by {integration} failed: see the log of Alertmanager")
    });
    let problems: Vec<_> = problems.collect();
    // Alertmanager counts a notification that failed among all.
    let delivered: f64 = totals.values().map(|[all, failed]| (all - failed).max(0.0)).sum();
    Ok(State::of(problems, format!("{delivered} notifications were delivered")))
}
