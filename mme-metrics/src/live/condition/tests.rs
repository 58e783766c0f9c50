use std::collections::BTreeSet;

use super::*;

#[test]
fn each_alert_has_the_limits_that_its_condition_needs() {
    let found: BTreeSet<_> = Conditions::new().names().collect();
    let wanted: BTreeSet<_> = JUDGES.iter().map(|(name, _, _)| *name).collect();
    assert_eq!(found, wanted);
    assert_eq!(wanted.len(), JUDGES.len());
}

#[test]
fn severities_and_summaries_are_those_of_the_files() {
    for (alert, _) in &Conditions::new().judged {
        assert!(matches!(alert.severity, "critical" | "warning" | "info"), "{alert:?}");
        assert!(alert.summary.ends_with('.') && alert.summary.len() > 10, "{alert:?}");
        assert!((0.0..=900.0).contains(&alert.hold), "{alert:?}");
    }
}
