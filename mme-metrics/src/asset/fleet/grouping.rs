//! Adds grouping labels to expressions.

use std::collections::{HashMap, HashSet};

use promql_parser::label::{Labels, Matcher};
use promql_parser::parser::token::{T_EQL_REGEX, T_LOR};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{
    AggregateExpr, BinModifier, BinaryExpr, Call, Expr, LabelModifier, VectorMatchCardinality, VectorSelector,
};

use super::kind::kind;
use crate::asset::{AssetFile, AssetKind, promql, rule};

/// Functions whose result has no target labels.
const BARE: [&str; 6] = ["absent", "absent_over_time", "pi", "scalar", "time", "vector"];

/// The grouping labels, with facts about the rules that they are added to.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    pub(super) labels: Vec<String>,
    /// The labels that a panel selects by. These are all grouping labels, even if the expression names some itself.
    selected: Vec<String>,
    /// Records without target labels, such as a record of `vector(1)`.
    bare: HashSet<String>,
    /// Alerts, and whether they have target labels.
    alerts: HashMap<String, bool>,
    /// Records and alerts that drop a grouping label on purpose, each with that label.
    dropped: HashSet<(String, String)>,
    /// The texts of each alert, which may already name a label.
    texts: HashMap<String, String>,
}

/// The place of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// A rule, which is evaluated for all values of the labels.
    Rule,
    /// A dashboard, on which each label is a variable.
    Panel,
}

impl Grouping {
    /// Finds out from the rules in `files` which records and alerts have target labels.
    pub(super) fn new(labels: &[String], files: &[AssetFile]) -> Self {
        let mut grouping = Self::of_labels(labels);
        let rules: Vec<_> = files
            .iter()
            .filter(|file| kind(file) == AssetKind::Rules)
            .filter_map(|file| rule::parse(file.text()).ok())
            .flat_map(|file| file.groups)
            .flat_map(|group| group.rules)
            .filter_map(|rule| promql::parse(rule.expr()).ok().map(|expression| (rule, expression)))
            .collect();
        // A record may read a record of a later file, so repeat until nothing changes.
        loop {
            let known = grouping.bare.len() + grouping.dropped.len();
            for (rule, expression) in &rules {
                let carries = grouping.rewrite(&mut expression.clone(), Reader::Rule);
                let dropped: Vec<_> = labels.iter().filter(|label| grouping.drops(expression, label)).collect();
                for label in dropped {
                    let name = rule.record.as_ref().or(rule.alert.as_ref());
                    grouping.dropped.extend(name.map(|name| (name.clone(), label.clone())));
                }
                if let Some(record) = rule.record.as_ref().filter(|_| !carries) {
                    grouping.bare.insert(record.clone());
                }
                if let Some(alert) = &rule.alert {
                    grouping.alerts.insert(alert.clone(), carries);
                    let texts = rule.annotations.values().map(|text| text.value.as_str());
                    grouping.texts.insert(alert.clone(), texts.collect());
                }
            }
            if grouping.bare.len() + grouping.dropped.len() == known {
                return grouping;
            }
        }
    }

    /// Creates a grouping without facts about rules.
    pub(super) fn of_labels(labels: &[String]) -> Self {
        Self {
            labels: labels.to_vec(),
            selected: labels.to_vec(),
            bare: HashSet::new(),
            alerts: HashMap::new(),
            dropped: HashSet::new(),
            texts: HashMap::new(),
        }
    }

    /// Returns whether an alert has the grouping labels.
    pub(super) fn alert_has_labels(&self, name: &str) -> bool {
        self.alerts.get(name).copied().unwrap_or(true)
    }

    /// Lists the grouping labels of an alert, if it has target labels.
    pub(super) fn labels_of<'g>(&'g self, alert: &str) -> Vec<&'g String> {
        let drops = |label: &String| self.dropped.contains(&(alert.to_owned(), label.clone()));
        self.labels.iter().filter(|label| !drops(label)).collect()
    }

    /// Returns whether an expression drops a label, by `without` or by reading a record that drops it.
    fn drops(&self, expression: &Expr, label: &str) -> bool {
        let mut drops = false;
        promql::walk(expression, &mut |part| {
            drops |= match part {
                Expr::Aggregate(AggregateExpr { modifier: Some(LabelModifier::Exclude(keys)), .. }) => {
                    keys.labels.iter().any(|key| key == label)
                }
                Expr::VectorSelector(selector) => {
                    let name = selector.name.clone().unwrap_or_default();
                    self.dropped.contains(&(name, label.to_owned()))
                }
                _ => false,
            };
        });
        drops
    }

    /// Returns whether a text of an alert names a label.
    pub(super) fn alert_names(&self, alert: &str, label: &str) -> bool {
        let named = format!("$labels.{label}");
        self.texts.get(alert).is_some_and(|text| text.contains(&named))
    }

    /// Adds the labels to an expression. Returns whether its series have them.
    ///
    /// A label that the expression names in `by`, `without`, `on` or `ignoring` is not added, because the expression
    /// may drop it on purpose.
    pub(super) fn rewrite(&self, expression: &mut Expr, reader: Reader) -> bool {
        let named = named(expression);
        let labels = self.labels.iter().filter(|label| !named.contains(*label)).cloned().collect();
        let pass = Self { labels, selected: self.labels.clone(), bare: self.bare.clone(), ..Self::default() };
        pass.walk(expression, reader)
    }

    fn walk(&self, expression: &mut Expr, reader: Reader) -> bool {
        match expression {
            Expr::VectorSelector(selector) => self.selector(selector, reader),
            Expr::MatrixSelector(matrix) => self.selector(&mut matrix.vs, reader),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, reader),
            Expr::Binary(binary) => self.binary(binary, reader),
            Expr::Call(call) => self.call(call, reader),
            Expr::Paren(paren) => self.walk(&mut paren.expr, reader),
            Expr::Unary(unary) => self.walk(&mut unary.expr, reader),
            Expr::Subquery(subquery) => self.walk(&mut subquery.expr, reader),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => false,
        }
    }

    fn selector(&self, selector: &mut VectorSelector, reader: Reader) -> bool {
        if selector.name.as_ref().is_some_and(|name| self.bare.contains(name)) {
            return false;
        }
        if reader == Reader::Panel {
            for label in &self.selected {
                let matchers = &mut selector.matchers.matchers;
                if matchers.iter().all(|matcher| matcher.name != *label) {
                    let matcher = Matcher::new_matcher(T_EQL_REGEX, label.clone(), format!("${label}"));
                    // Cannot fail: a dollar sign and a label name make a valid pattern.
                    matchers.extend(matcher);
                }
            }
        }
        true
    }

    fn aggregate(&self, aggregate: &mut AggregateExpr, reader: Reader) -> bool {
        if let Some(parameter) = &mut aggregate.param {
            self.walk(parameter, reader);
        }
        if !self.walk(&mut aggregate.expr, reader) {
            return false;
        }
        match &mut aggregate.modifier {
            Some(LabelModifier::Include(keys)) => self.add(keys),
            Some(LabelModifier::Exclude(keys)) => self.remove(keys),
            None if self.labels.is_empty() => {}
            none => *none = Some(LabelModifier::Include(Labels { labels: self.labels.clone() })),
        }
        true
    }

    fn call(&self, call: &mut Call, reader: Reader) -> bool {
        // The argument of `scalar` stays the sum of all clusters, because `scalar` of several series has no value.
        if call.func.name == "scalar" {
            return false;
        }
        let mut carries = false;
        for argument in &mut call.args.args {
            carries |= self.walk(argument, reader);
        }
        carries && !BARE.contains(&call.func.name)
    }

    fn binary(&self, binary: &mut BinaryExpr, reader: Reader) -> bool {
        let (left, right) = (self.walk(&mut binary.lhs, reader), self.walk(&mut binary.rhs, reader));
        let scalar = |side: &Expr| side.value_type() == ValueType::Scalar;
        if scalar(&binary.lhs) || scalar(&binary.rhs) || !(left || right) || self.labels.is_empty() {
            return left || right;
        }
        let set = binary.op.is_set_operator();
        let modifier = binary.modifier.get_or_insert_with(BinModifier::default);
        if left && right {
            self.both(modifier);
            return true;
        }
        // The other side has no such label, so the match must ignore it.
        match &mut modifier.matching {
            Some(LabelModifier::Include(_)) => {}
            Some(LabelModifier::Exclude(keys)) => self.add(keys),
            none => *none = Some(LabelModifier::Exclude(Labels { labels: self.labels.clone() })),
        }
        if set {
            return left || binary.op.id() == T_LOR;
        }
        if modifier.card == VectorMatchCardinality::OneToOne {
            let none = Labels { labels: Vec::new() };
            modifier.card =
                if left { VectorMatchCardinality::ManyToOne(none) } else { VectorMatchCardinality::OneToMany(none) };
        }
        true
    }

    /// Adds the labels to a match whose two sides both have them.
    fn both(&self, modifier: &mut BinModifier) {
        match &mut modifier.matching {
            Some(LabelModifier::Include(keys)) => {
                self.add(keys);
                if let VectorMatchCardinality::ManyToOne(extra) | VectorMatchCardinality::OneToMany(extra) =
                    &mut modifier.card
                {
                    self.remove(extra);
                }
            }
            Some(LabelModifier::Exclude(_)) | None => {}
        }
    }

    fn add(&self, keys: &mut Labels) {
        let missing: Vec<_> = self.labels.iter().filter(|label| !keys.labels.contains(label)).cloned().collect();
        keys.labels.splice(0..0, missing);
    }

    fn remove(&self, keys: &mut Labels) {
        keys.labels.retain(|key| !self.labels.contains(key));
    }
}

/// Lists the labels that an expression names to keep, drop, match by or ignore them.
pub(super) fn named(expression: &Expr) -> HashSet<String> {
    let mut named = HashSet::new();
    promql::walk(expression, &mut |part| {
        let modifier = match part {
            Expr::Aggregate(aggregate) => aggregate.modifier.as_ref(),
            Expr::Binary(binary) => binary.modifier.as_ref().and_then(|modifier| modifier.matching.as_ref()),
            _ => None,
        };
        named.extend(modifier.into_iter().flat_map(|modifier| modifier.labels().labels.iter().cloned()));
    });
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouping() -> Grouping {
        let rules = "groups: [{name: a, rules: [{record: 'a:b:one', expr: vector(1)}, {record: 'a:b:two', expr: '2 * a:b:one'}]}]";
        let files = [AssetFile::new(AssetKind::Rules, "a.yml", rules)];
        Grouping::new(&["cluster".to_owned(), "namespace".to_owned()], &files)
    }

    fn rewritten(text: &str, reader: Reader) -> String {
        let mut expression = promql::parse(text).expect("an expression");
        grouping().rewrite(&mut expression, reader);
        expression.to_string()
    }

    #[test]
    fn labels_are_added_wherever_series_are_put_together() {
        for (text, expected) in [
            ("sum by (job) (a)", "sum by (cluster, namespace, job) (a)"),
            ("sum by (namespace, job) (a)", "sum by (cluster, namespace, job) (a)"),
            ("sum(a)", "sum by (cluster, namespace) (a)"),
            ("sum without (instance) (a)", "sum without (instance) (a)"),
            ("max without (cluster) (a)", "max without (cluster) (a)"),
            ("a and on (job) b", "a and on (cluster, namespace, job) b"),
            ("a and on () b", "a and on (cluster, namespace) b"),
            ("a * on (job) group_left (cluster, version) b", "a * on (cluster, namespace, job) group_left (version) b"),
            ("a / ignoring (le, cluster) b", "a / ignoring (le, cluster) b"),
            ("a / b", "a / b"),
            (
                "max by (cluster, namespace, job) (a) unless on (job) b",
                "max by (cluster, namespace, job) (a) unless on (job) b",
            ),
            ("topk(3, a)", "topk by (cluster, namespace) (3, a)"),
            ("2 * -sum(a)", "2 * -sum by (cluster, namespace) (a)"),
            ("max_over_time(sum(a)[1h:5m])", "max_over_time(sum by (cluster, namespace) (a)[1h:5m])"),
        ] {
            assert_eq!(rewritten(text, Reader::Rule), expected);
        }
    }

    #[test]
    fn an_alert_has_the_labels_that_no_rule_on_its_way_drops() {
        let rules = "groups: [{name: a, rules: [{alert: Sealed, expr: 'a:b:max == 0'}, \
            {record: 'a:b:max', expr: max without (cluster) (b)}, {alert: Down, expr: up == 0}]}]";
        let files = [AssetFile::new(AssetKind::Rules, "a.yml", rules)];
        let grouping = Grouping::new(&["cluster".to_owned(), "namespace".to_owned()], &files);
        assert_eq!(grouping.labels_of("Sealed"), ["namespace"]);
        assert_eq!(grouping.labels_of("Down"), ["cluster", "namespace"]);
    }

    #[test]
    fn what_has_no_labels_of_a_target_still_matches() {
        for (text, expected) in [
            ("vector(1)", "vector(1)"),
            ("sum(a) or vector(0)", "sum by (cluster, namespace) (a) or ignoring (cluster, namespace) vector(0)"),
            (
                "sum(a) / vector(2)",
                "sum by (cluster, namespace) (a) / ignoring (cluster, namespace) group_left () vector(2)",
            ),
            (
                "vector(2) / sum(a)",
                "vector(2) / ignoring (cluster, namespace) group_right () sum by (cluster, namespace) (a)",
            ),
            ("absent(a) and on (job) b", "absent(a) and on (job) b"),
            ("a > scalar(sum(b))", "a > scalar(sum(b))"),
            ("sum(a:b:two)", "sum(a:b:two)"),
            ("a - time()", "a - time()"),
        ] {
            assert_eq!(rewritten(text, Reader::Rule), expected);
        }
    }

    #[test]
    fn a_panel_selects_by_its_variables() {
        assert_eq!(
            rewritten("sum by (job) (rate(a{job=~\"$job\"}[5m]))", Reader::Panel),
            "sum by (cluster, namespace, job) (rate(a{cluster=~\"$cluster\",job=~\"$job\",namespace=~\"$namespace\"}[5m]))"
        );
    }
}
