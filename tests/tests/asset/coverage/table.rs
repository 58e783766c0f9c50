//! Alerts against scenarios, without a hole.

use std::fmt::Write as _;

use mme_metrics_tests::rules::Rules;
use promql_parser::parser::{self, Expr};

use super::bundled::tested;
use super::{scenario, service};

/// Alerts whose silence in a scenario of three hours proves nothing, and the rule test that has a case of its own instead.
const LONGER: [(&str, &str); 16] = [
    ("MmeAuthAnomaly", "compares with a week ago: security_baseline.yml"),
    ("MmeAuthNewCountries", "compares with the week before: security_countries.yml"),
    ("MmeBackupNeverSucceeded", "waits for a day: health.yml"),
    ("MmeConsistencyCheckStale", "looks back a day: health.yml"),
    ("MmeJobNeverSucceeded", "waits for a day: job_days.yml"),
    ("MmeLatencySpike", "compares with yesterday: spike.yml"),
    ("MmeLogErrorsHigh", "compares with a week ago: log.yml"),
    ("MmeNodeDiskFilling", "needs a trend of 3 hours: node.yml"),
    ("MmeProcessingVolumeAnomaly", "compares with a week ago: business_week.yml"),
    ("MmeRevenueDrop", "compares with a week ago: business_week.yml"),
    ("MmeSlaBreach", "needs 14 days: slo_fortnight.yml"),
    ("MmeSloBurnElevated", "looks back a day: slo_days.yml"),
    ("MmeSloBurnHigh", "looks back 6 hours: slo.yml"),
    ("MmeSloBurnSlow", "waits for 3 hours: slo_days.yml"),
    ("MmeTrafficAnomaly", "compares with a week ago: http_baseline.yml"),
    ("MmeTrafficDrop", "compares with a week ago: http_baseline.yml"),
];

/// Alerts whose metrics are not looked for among those of the healthy service and its exporters, and why.
const APART: [(&str, &str); 4] = [
    ("Watchdog", "always fires"),
    ("MmeEscalationLevel2", "reads alerts: mme.yml"),
    ("MmeEscalationLevel3", "reads alerts: mme.yml"),
    ("MmeEscalationLevel4", "reads alerts: mme.yml"),
];

fn reason(list: &[(&'static str, &'static str)], alert: &str) -> Option<&'static str> {
    list.iter().find(|(name, _)| *name == alert).map(|(_, reason)| *reason)
}

#[test]
fn the_table_of_alerts_and_scenarios_has_no_hole() {
    let (rules, [firing, silent]) = (Rules::read(), tested());
    let scenarios = scenario::all();
    let mut table = String::from("| alert | fires | does not fire |");
    scenarios.iter().for_each(|scenario| _ = write!(table, " {} |", scenario.name));
    let mut holes = Vec::new();
    for alert in rules.alerts.keys().filter(|alert| alert.as_str() != "Watchdog") {
        let tests = [("fires", firing.contains(alert)), ("does not fire", silent.contains(alert))];
        holes.extend(
            tests
                .iter()
                .filter(|(_, has)| !has)
                .map(|(column, _)| format!("{alert}: no rule test in which it {column}")),
        );
        _ = write!(table, "\n| {alert} | yes | yes |");
        for scenario in &scenarios {
            let exception = reason(&LONGER, alert).or(reason(&APART, alert));
            let fires = scenario.fires.iter().any(|(name, ..)| name == alert);
            let cell = if fires { "fires" } else { exception.unwrap_or("silent") };
            _ = write!(table, " {cell} |");
        }
        if reason(&APART, alert).is_none() {
            holes.extend(rules.selectors_of(alert).iter().filter(|selector| !service::has(selector)).map(|selector| {
                format!("{alert}: nothing healthy has {selector}: add it to healthy.yml or healthy_exporters.yml")
            }));
        }
    }
    println!("{table}");
    assert!(holes.is_empty(), "{}", holes.join("\n"));
}

#[test]
fn a_label_that_nothing_healthy_has_is_a_hole() {
    let selector = |text: &str| match parser::parse(text) {
        Ok(Expr::VectorSelector(selector)) => selector,
        other => panic!("{text} is no selector: {other:?}"),
    };
    assert!(service::has(&selector(r#"mongodb_ss_globalLock_currentQueue{count_type="total"}"#)));
    assert!(!service::has(&selector(r#"mongodb_ss_globalLock_currentQueue{count_type="writers"}"#)));
    assert!(!service::has(&selector("mongodb_ss_globalLock_currentQueues")));
}

#[test]
fn each_exception_is_an_alert_with_a_rule_test_of_its_own() {
    let (rules, [firing, silent]) = (Rules::read(), tested());
    for (alert, _) in LONGER.iter().chain(&APART).filter(|(alert, _)| *alert != "Watchdog") {
        assert!(rules.alerts.contains_key(*alert), "{alert}: no alert has this name");
        assert!(firing.contains(*alert) && silent.contains(*alert), "{alert}: test it both ways");
    }
}
