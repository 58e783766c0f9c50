//! Checks that every rule has a test: an alert for firing and for not firing, a recording rule for a value.

use std::collections::{HashMap, HashSet};

use promql_parser::parser::Expr;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::alert::WATCHDOG;
use super::{AssetFinding, FindingKind, finding, order, promql};
use crate::asset::{AssetFile, AssetKind};

/// The parts of a promtool test file that show which rules it tests.
#[derive(Deserialize)]
struct TestFile {
    #[serde(default)]
    rule_files: Vec<String>,
    #[serde(default)]
    group_eval_order: Vec<String>,
    #[serde(default)]
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    #[serde(default)]
    alert_rule_test: Vec<AlertTest>,
    #[serde(default)]
    promql_expr_test: Vec<ExpressionTest>,
}

#[derive(Deserialize)]
struct AlertTest {
    alertname: String,
    #[serde(default)]
    exp_alerts: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct ExpressionTest {
    expr: String,
    #[serde(default)]
    exp_samples: Option<Vec<IgnoredAny>>,
}

/// The rules that the tests cover.
#[derive(Default)]
struct Coverage {
    firing: HashSet<String>,
    silent: HashSet<String>,
    values: HashSet<String>,
}

/// Checks that the tests in `files` cover every rule, if there are any tests.
pub(super) fn check(
    files: &[AssetFile],
    groups: &[(String, &AssetFile)],
    alerts: &HashMap<String, &AssetFile>,
    records: &[(String, &AssetFile)],
    findings: &mut Vec<AssetFinding>,
) {
    let mut tests = files.iter().filter(|file| file.kind() == AssetKind::RuleTests).peekable();
    if tests.peek().is_none() {
        return;
    }
    let mut coverage = Coverage::default();
    for file in tests {
        match serde_saphyr::from_str::<TestFile>(file.text()) {
            Ok(parsed) => {
                order::check(file, &parsed.rule_files, &parsed.group_eval_order, files, groups, findings);
                parsed.tests.into_iter().for_each(|test| coverage.add(test));
            }
            Err(error) => {
                let message = format!("not a file of rule tests: {error}");
                findings.push(finding(file, String::new(), FindingKind::UnreadableFile, message));
            }
        }
    }
    for (name, file) in alerts {
        let mut find =
            |message: &str| findings.push(finding(file, format!("alert {name}"), FindingKind::MissingTest, message));
        if !coverage.firing.contains(name) {
            find("no test in which it fires: write one with `exp_alerts`");
        }
        // The watchdog always fires, so there is no case in which it does not.
        if name != WATCHDOG && !coverage.silent.contains(name) {
            find("no test in which it does not fire: write one with `exp_alerts: []`");
        }
    }
    for (name, file) in records.iter().filter(|(name, _)| !coverage.values.contains(name)) {
        let message = "no test of its value: name it in a `promql_expr_test` with `exp_samples`";
        findings.push(finding(file, format!("record {name}"), FindingKind::MissingTest, message));
    }
}

impl Coverage {
    fn add(&mut self, test: Test) {
        for alert in test.alert_rule_test {
            let fires = alert.exp_alerts.is_some_and(|alerts| !alerts.is_empty());
            if fires { &mut self.firing } else { &mut self.silent }.insert(alert.alertname);
        }
        for tested in test.promql_expr_test {
            let has_value = tested.exp_samples.is_some_and(|samples| !samples.is_empty());
            if let (true, Ok(expression)) = (has_value, promql::parse(&tested.expr)) {
                promql::walk(&expression, &mut |part| {
                    if let Expr::VectorSelector(selector) = part {
                        self.values.extend(selector.name.clone());
                    }
                });
            }
        }
    }
}
