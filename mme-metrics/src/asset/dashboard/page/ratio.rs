//! Shares of a whole, which the panels of many pages show.

use crate::asset::dashboard::panel::legend;
use crate::asset::dashboard::{Panel, Promql, Series};

/// Matches errors. A request whose client left does not count, because it is not the fault of the service.
const FAILED: [&str; 2] = ["error_type!=\"\"", "error_type!=\"cancelled\""];

impl Panel {
    /// Adds a ratio that an alert judges, by the labels `by`, from the series that a rule records for the alert.
    pub(super) fn judged(self, record: &Series, by: &[&str]) -> Self {
        self.describe_window(record).max(&record.largest(), by)
    }

    /// Adds a ratio whose alert fires below its limit.
    pub(super) fn judged_below(self, record: &Series, by: &[&str]) -> Self {
        self.describe_window(record).query(record.smallest().min_by(by), &legend(by))
    }

    /// Adds what a ratio that an alert judges leaves of 1, such as the hits for the misses.
    pub(super) fn judged_rest(self, record: &Series, by: &[&str]) -> Self {
        self.describe_window(record).query(record.largest().max_by(by).complement(), &legend(by))
    }

    /// Adds a recorded ratio that no alert judges over this window alone.
    pub(super) fn recorded(mut self, record: &Series, by: &[&str]) -> Self {
        self.description = format!("{} {}.", self.description, window(record));
        self.max(&record.largest(), by)
    }

    /// Says in the description what the alert judges.
    fn describe_window(mut self, record: &Series) -> Self {
        self.description = format!("{} {}, as the alert judges it.", self.description, window(record));
        self
    }
}

/// Says what a record covers.
fn window(record: &Series) -> String {
    let (level, operation) = record.name().split_once(':').unwrap_or_default();
    let window = if operation.ends_with("1h") { "an hour" } else { "five minutes" };
    let instances = if level.contains("instance") { "" } else { " and all instances" };
    format!("Over {window}{instances}")
}

/// Narrows a selection to errors.
pub(super) fn failed(series: &Series) -> Series {
    FAILED.into_iter().fold(series.clone(), Series::matching)
}

/// Returns the share of `all` that a matcher selects, or 0 where it selects nothing.
pub(super) fn share(all: &Series, matcher: &str, by: &[&str]) -> Promql {
    share_of(&all.clone().matching(matcher), all, by)
}

/// Returns `part` as a share of `all`, or 0 where `part` has no series.
pub(super) fn share_of(part: &Series, all: &Series, by: &[&str]) -> Promql {
    let whole = all.events().sum_by(by);
    part.events().sum_by(by).or_zero_of(&whole).share_of(&whole)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use promql_parser::parser::token::{T_DIV, T_LOR, T_LUNLESS};
    use promql_parser::parser::{BinaryExpr, Expr};

    use crate::asset::dashboard::{View, all};
    use crate::asset::{AssetKind, FILES, promql, rule};
    use crate::catalog::FAMILIES;

    fn operators(expression: &Expr) -> Vec<&BinaryExpr> {
        let mut found = Vec::new();
        promql::walk(expression, &mut |part| found.extend(if let Expr::Binary(it) = part { Some(it) } else { None }));
        found
    }

    /// Lists the series that an expression selects.
    fn selected(expression: &Expr) -> Vec<String> {
        promql::selectors(expression).into_iter().filter_map(|selector| selector.name.clone()).collect()
    }

    /// Returns whether a part of an expression takes the increase of a counter.
    fn is_increase(part: &Expr) -> bool {
        matches!(part, Expr::Call(call) if ["rate", "increase", "irate"].contains(&call.func.name))
    }

    /// Returns whether an operator divides increases by increases. A division by a gauge only changes the unit.
    fn is_ratio(both: &BinaryExpr) -> bool {
        let increases = |side| {
            let mut found = false;
            promql::walk(side, &mut |part| found |= is_increase(part));
            found
        };
        both.op.id() == T_DIV && increases(&both.lhs) && increases(&both.rhs)
    }

    /// Lists the counters of which an expression takes the increase without the first value of a series.
    fn plainly_counted(expression: &Expr) -> Vec<String> {
        // What follows the first values: `(a unless a offset 5m) and … or increase(a[5m])`.
        let after_births: Vec<*const Expr> = operators(expression)
            .into_iter()
            .filter(|both| both.op.id() == T_LOR)
            .filter(|both| operators(&both.lhs).iter().any(|inner| inner.op.id() == T_LUNLESS))
            .map(|both| &raw const *both.rhs)
            .collect();
        let mut found = Vec::new();
        promql::walk(expression, &mut |part| {
            if is_increase(part) && !after_births.contains(&&raw const *part) {
                found.extend(selected(part));
            }
        });
        found
    }

    /// Lists the series that the bundled alerts read, through any recorded series.
    fn judged_by_alerts() -> BTreeSet<String> {
        let files = FILES.iter().filter(|file| file.kind() == AssetKind::Rules);
        let rules: Vec<_> =
            files.flat_map(|file| rule::parse(file.text()).unwrap().groups).flat_map(|group| group.rules).collect();
        let read = |rule: &rule::Rule| selected(&promql::parse(rule.expr()).unwrap());
        let records: BTreeMap<_, _> =
            rules.iter().filter_map(|rule| Some((rule.record.clone()?, read(rule)))).collect();
        let mut left: Vec<_> = rules.iter().filter(|rule| rule.alert.is_some()).flat_map(read).collect();
        let mut judged = BTreeSet::new();
        while let Some(series) = left.pop() {
            if judged.insert(series.clone()) {
                left.extend(records.get(&series).into_iter().flatten().cloned());
            }
        }
        judged
    }

    /// Returns whether a family declares the series. The first value of another may be old.
    fn is_declared(series: &str) -> bool {
        let parts = ["", "_count", "_sum", "_bucket"];
        let of = |spec: &crate::metric::Spec| parts.iter().any(|part| series == format!("{}{part}", spec.name));
        FAMILIES.iter().flat_map(|family| family.specs()).any(of)
    }

    #[test]
    fn a_ratio_of_what_an_alert_judges_counts_first_values_too() {
        let judged = judged_by_alerts();
        assert!(judged.contains("http_server_request_duration_seconds_count"), "{judged:?}");
        let mut ratios = 0;
        for (path, dashboard) in all() {
            for panel in dashboard.rows.iter().flat_map(|row| &row.panels) {
                for query in panel.queries.iter().filter(|_| panel.view != View::Logs) {
                    let parsed = promql::parse_query(&query.expression.to_string()).unwrap();
                    for ratio in operators(&parsed.expression).into_iter().filter(|both| is_ratio(both)) {
                        let parts = [&ratio.lhs, &ratio.rhs].map(|part| plainly_counted(part)).concat();
                        let plain: Vec<_> =
                            parts.iter().filter(|part| is_declared(part) && judged.contains(*part)).collect();
                        assert!(plain.is_empty(), "{path}: {:?} takes the plain rate of {plain:?}", panel.title);
                        ratios += 1;
                    }
                }
            }
        }
        assert!(ratios > 5, "{ratios}");
    }

    #[test]
    fn a_plain_rate_is_found_beside_one_with_first_values() {
        let counted = |text| plainly_counted(&promql::parse(text).unwrap());
        assert_eq!(counted("sum(rate(a[5m]))"), ["a"]);
        assert_eq!(counted("sum((a unless a offset 5m) and up or increase(a[5m]))"), <[&str; 0]>::default());
        assert_eq!(counted("sum((a unless a offset 5m) or increase(a[5m])) or 0 * sum(rate(a[5m]))"), ["a"]);
    }
}
