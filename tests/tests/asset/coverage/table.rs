//! Alerts against scenarios, without a hole.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mme_metrics::catalog;
use mme_metrics_tests::rules::Rules;

use super::bundled::tested;
use super::{scenario, service};

/// Alerts whose silence in a scenario of three hours proves nothing, and the rule test that has a case of its own instead.
const LONGER: [(&str, &str); 12] = [
    ("MmeAuthAnomaly", "compares with a week ago: security_baseline.yml"),
    ("MmeAuthNewCountries", "compares with the week before: security_countries.yml"),
    ("MmeBackupNeverSucceeded", "waits for a day: health.yml"),
    ("MmeConsistencyCheckStale", "looks back a day: health.yml"),
    ("MmeLatencySpike", "compares with yesterday: spike.yml"),
    ("MmeLogErrorsHigh", "compares with a week ago: log.yml"),
    ("MmeProcessingVolumeAnomaly", "compares with a week ago: business_week.yml"),
    ("MmeRevenueDrop", "compares with a week ago: business_week.yml"),
    ("MmeSlaBreach", "needs 14 days: slo_fortnight.yml"),
    ("MmeSloBurnSlow", "waits for 3 hours: slo_days.yml"),
    ("MmeTrafficAnomaly", "compares with a week ago: http_baseline.yml"),
    ("MmeTrafficDrop", "compares with a week ago: http_baseline.yml"),
];

/// Alerts that are not of a service, and why they have no scenario.
const APART: [(&str, &str); 4] = [
    ("Watchdog", "always fires"),
    ("MmeEscalationLevel2", "reads alerts: mme.yml"),
    ("MmeEscalationLevel3", "reads alerts: mme.yml"),
    ("MmeEscalationLevel4", "reads alerts: mme.yml"),
];

fn reason(list: &[(&'static str, &'static str)], alert: &str) -> Option<&'static str> {
    list.iter().find(|(name, _)| *name == alert).map(|(_, reason)| *reason)
}

/// Says whether an alert reads a metric of an exporter that the healthy service does not have. Such alerts have tests of their own.
fn is_foreign(metrics: &BTreeSet<String>, known: &BTreeSet<String>) -> bool {
    let ours = |metric: &str| {
        let mut specs = catalog::FAMILIES.iter().flat_map(|family| family.specs());
        specs.any(|spec| metric.strip_prefix(spec.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_')))
    };
    metrics.iter().any(|metric| !known.contains(metric) && !ours(metric))
}

#[test]
fn the_table_of_alerts_and_scenarios_has_no_hole() {
    let (rules, known, [firing, silent]) = (Rules::read(), service::metrics(), tested());
    let scenarios = scenario::all();
    let mut table = String::from("| alert | fires | does not fire |");
    scenarios.iter().for_each(|scenario| _ = write!(table, " {} |", scenario.name));
    let mut holes = Vec::new();
    for alert in rules.alerts.keys().filter(|alert| alert.as_str() != "Watchdog") {
        let metrics = rules.metrics_of(alert);
        if is_foreign(&metrics, &known) && reason(&APART, alert).is_none() {
            continue;
        }
        let tests = [("fires", firing.contains(alert)), ("does not fire", silent.contains(alert))];
        holes.extend(
            tests
                .iter()
                .filter(|(_, has)| !has)
                .map(|(column, _)| format!("{alert}: no rule test in which it {column}")),
        );
        _ = write!(table, "\n| {alert} | yes | yes |");
        let missing: Vec<_> = metrics.difference(&known).cloned().collect();
        for scenario in &scenarios {
            let exception = reason(&LONGER, alert).or(reason(&APART, alert));
            let fires = scenario.fires.iter().any(|(name, _)| name == alert);
            let cell = match exception {
                Some(exception) => exception,
                None if fires => "fires",
                None => "silent",
            };
            _ = write!(table, " {cell} |");
        }
        if !missing.is_empty() && reason(&APART, alert).is_none() {
            holes.push(format!("{alert}: the healthy service has no {}: add it to healthy.yml", missing.join(", ")));
        }
    }
    println!("{table}");
    assert!(holes.is_empty(), "{}", holes.join("\n"));
}

#[test]
fn each_exception_is_an_alert_with_a_rule_test_of_its_own() {
    let (rules, [firing, silent]) = (Rules::read(), tested());
    for (alert, _) in LONGER.iter().chain(&APART).filter(|(alert, _)| *alert != "Watchdog") {
        assert!(rules.alerts.contains_key(*alert), "{alert}: no alert has this name");
        assert!(firing.contains(*alert) && silent.contains(*alert), "{alert}: test it both ways");
    }
}
