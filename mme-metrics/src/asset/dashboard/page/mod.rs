//! The bundled dashboards, one file for each page or group of panels.

mod application;
mod business;
mod calls;
mod certificate;
mod connection;
mod container;
mod gateway;
mod health;
mod host;
mod infrastructure;
mod isolation;
mod job;
mod meta;
mod operational;
mod outside;
mod overview;
mod process;
mod ratio;
mod requests;
mod security;
mod slo;
mod spike;
mod state;
mod store;

pub use self::application::application;
pub use self::business::business;
pub use self::certificate::certificates;
pub use self::container::containers;
pub use self::gateway::gateway;
pub use self::host::host;
pub use self::infrastructure::infrastructure;
pub use self::meta::meta;
pub use self::operational::operational;
pub use self::overview::overview;
pub use self::security::security;
pub use self::slo::slo;
pub use self::store::stores;
use super::Dashboard;

/// Returns every bundled dashboard, with the path of its file in [`FILES`](crate::asset::FILES).
pub fn all() -> Vec<(&'static str, Dashboard)> {
    vec![
        ("grafana/dashboards/operations/overview.json", overview()),
        ("grafana/dashboards/operations/operational.json", operational()),
        ("grafana/dashboards/operations/application.json", application()),
        ("grafana/dashboards/operations/infrastructure.json", infrastructure()),
        ("grafana/dashboards/operations/gateway.json", gateway()),
        ("grafana/dashboards/operations/host.json", host()),
        ("grafana/dashboards/operations/containers.json", containers()),
        ("grafana/dashboards/operations/stores.json", stores()),
        ("grafana/dashboards/operations/meta.json", meta()),
        ("grafana/dashboards/operations/slo.json", slo()),
        ("grafana/dashboards/security/certificates.json", certificates()),
        ("grafana/dashboards/security/security.json", security()),
        ("grafana/dashboards/business/business.json", business()),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use promql_parser::parser::token::{T_DIV, T_GTE, T_GTR, T_LSS, T_LTE, T_MUL, T_SUB};
    use promql_parser::parser::{BinaryExpr, Expr};

    use super::*;
    use crate::asset::dashboard::query::SPLITS;
    use crate::asset::rule::{self, Rule};
    use crate::asset::{AssetKind, FILES, promql};

    /// Returns the bundled rules by the name of their record or alert.
    fn rules() -> BTreeMap<String, Rule> {
        let files = FILES.iter().filter(|file| file.kind() == AssetKind::Rules);
        let groups = files.flat_map(|file| rule::parse(file.text()).unwrap().groups);
        let named = |rule: Rule| (rule.alert.clone().or(rule.record.clone()).unwrap(), rule);
        groups.flat_map(|group| group.rules).map(named).collect()
    }

    /// Computes an expression that consists only of numbers.
    fn number(expression: &Expr) -> Option<f64> {
        match expression {
            Expr::NumberLiteral(literal) => Some(literal.val),
            Expr::Paren(paren) => number(&paren.expr),
            Expr::Unary(unary) => number(&unary.expr).map(|value| -value),
            Expr::Binary(BinaryExpr { op, lhs, rhs, .. }) => match (op.id(), number(lhs)?, number(rhs)?) {
                (T_MUL, left, right) => Some(left * right),
                (T_DIV, left, right) => Some(left / right),
                (T_SUB, left, right) => Some(left - right),
                _ => None,
            },
            _ => None,
        }
    }

    /// Lists the numbers of an expression, and those of the recorded series that it reads.
    fn numbers(expression: &Expr, rules: &BTreeMap<String, Rule>) -> Vec<f64> {
        let mut found = Vec::new();
        promql::walk(expression, &mut |part| {
            found.extend(number(part));
            let Expr::VectorSelector(selector) = part else { return };
            let record = selector.name.as_ref().and_then(|name| rules.get(name)).filter(|rule| rule.record.is_some());
            found.extend(record.into_iter().flat_map(|rule| numbers(&promql::parse(rule.expr()).unwrap(), rules)));
        });
        found
    }

    /// Lists the numbers with which an alert compares what it judges.
    fn limits(expression: &str, rules: &BTreeMap<String, Rule>) -> Vec<f64> {
        let mut found = Vec::new();
        promql::walk(&promql::parse(expression).unwrap(), &mut |part| {
            if let Expr::Binary(BinaryExpr { op, lhs, rhs, .. }) = part
                && [T_GTR, T_GTE, T_LSS, T_LTE].contains(&op.id())
            {
                let limit = if number(lhs).is_some() { lhs } else { rhs };
                found.extend(numbers(limit, rules));
            }
        });
        found
    }

    #[test]
    fn the_limits_of_panels_are_those_of_their_alerts() {
        let rules = rules();
        for (path, dashboard) in all() {
            for panel in dashboard.rows.iter().flat_map(|row| &row.panels) {
                for limit in &panel.limits {
                    let alert =
                        limit.alert.unwrap_or_else(|| panic!("{path}: {:?} has a limit of its own", panel.title));
                    let rule = rules.get(alert).unwrap_or_else(|| panic!("{path}: no alert {alert}"));
                    let judged = limits(rule.expr(), &rules);
                    // A panel may show the complement of the alert's value, such as availability for errors or hits for
                    // misses.
                    let same =
                        |number: &f64| (number - limit.at).abs() < 1e-9 || (1.0 - number - limit.at).abs() < 1e-9;
                    assert!(
                        judged.iter().any(same),
                        "{path}: {:?} turns at {}, {alert} at {judged:?}",
                        panel.title,
                        limit.at
                    );
                }
            }
        }
    }

    #[test]
    fn the_colours_of_panels_are_those_of_their_alerts() {
        let rules = rules();
        for (path, dashboard) in all() {
            for panel in dashboard.rows.iter().flat_map(|row| &row.panels) {
                for (alert, color) in panel.limits.iter().filter_map(|limit| Some((limit.alert?, limit.color))) {
                    let expected = match rules[alert].labels.get("severity").map(String::as_str) {
                        Some("critical") => "red",
                        Some("warning") => "yellow",
                        _ => "blue",
                    };
                    assert_eq!(color, expected, "{path}: {:?}, {alert}", panel.title);
                }
            }
        }
    }

    #[test]
    fn legends_name_labels_that_the_series_have() {
        for (path, dashboard) in all() {
            for panel in dashboard.rows.iter().flat_map(|row| &row.panels) {
                for query in panel.queries.iter().filter(|query| !query.expression.labels().is_empty()) {
                    for named in query.legend.split("{{").skip(1).filter_map(|part| part.split_once("}}")) {
                        let known = query.expression.labels().iter().any(|label| label == named.0);
                        assert!(known || SPLITS.contains(&named.0), "{path}: {:?} {}", panel.title, query.legend);
                    }
                }
            }
        }
    }
}
