//! The bundled rules, and the metrics that an expression reads through them.

use std::collections::{BTreeMap, BTreeSet};

use mme_metrics::asset::{AssetFile, AssetKind, FILES};
use promql_parser::parser::{self, Expr};
use serde_json::Value;

/// The bundled rules, in the order in which their files load.
#[derive(Debug)]
pub struct Rules {
    /// Names of the groups, recording ones first.
    pub groups: Vec<String>,
    /// Expressions of alerts, by name.
    pub alerts: BTreeMap<String, String>,
    records: BTreeMap<String, String>,
}

impl Rules {
    /// Reads them.
    ///
    /// # Panics
    ///
    /// When a bundled file is no YAML.
    pub fn read() -> Self {
        let mut rules = Self { groups: Vec::new(), alerts: BTreeMap::new(), records: BTreeMap::new() };
        for file in ["prometheus/rules/", "prometheus/alerts/"].into_iter().flat_map(files_of) {
            let document: Value = serde_saphyr::from_str(file).expect("a bundled file is YAML");
            for group in list(&document["groups"]) {
                rules.groups.push(text(&group["name"]).to_owned());
                for rule in list(&group["rules"]) {
                    let expression = text(&rule["expr"]).to_owned();
                    match rule["alert"].as_str() {
                        Some(alert) => rules.alerts.insert(alert.to_owned(), expression),
                        None => rules.records.insert(text(&rule["record"]).to_owned(), expression),
                    };
                }
            }
        }
        rules
    }

    /// Returns the metrics that an alert reads, through any recorded series.
    ///
    /// # Panics
    ///
    /// When no alert has this name.
    pub fn metrics_of(&self, alert: &str) -> BTreeSet<String> {
        self.metrics_in(&self.alerts[alert])
    }

    /// Returns the metrics that an expression reads, through any recorded series.
    ///
    /// # Panics
    ///
    /// When it is no `PromQL`.
    pub fn metrics_in(&self, expression: &str) -> BTreeSet<String> {
        let mut metrics = BTreeSet::new();
        let mut left = vec![expression];
        let mut seen = BTreeSet::new();
        while let Some(expression) = left.pop() {
            let parsed = parser::parse(expression).unwrap_or_else(|error| panic!("{error}: {expression}"));
            let mut names = BTreeSet::new();
            selected(&parsed, &mut names);
            for name in names.into_iter().filter(|name| seen.insert(name.clone())) {
                match self.records.get(&name) {
                    Some(record) => left.push(record),
                    None => _ = metrics.insert(name),
                }
            }
        }
        metrics
    }
}

fn files_of(folder: &str) -> Vec<&'static str> {
    let files = FILES.iter().filter(|file| file.kind() == AssetKind::Rules && file.path().starts_with(folder));
    files.map(AssetFile::text).collect()
}

fn selected(expression: &Expr, names: &mut BTreeSet<String>) {
    match expression {
        Expr::VectorSelector(selector) => names.extend(selector.name.clone()),
        Expr::MatrixSelector(matrix) => names.extend(matrix.vs.name.clone()),
        Expr::Aggregate(aggregate) => selected(&aggregate.expr, names),
        Expr::Binary(binary) => {
            selected(&binary.lhs, names);
            selected(&binary.rhs, names);
        }
        Expr::Unary(unary) => selected(&unary.expr, names),
        Expr::Paren(paren) => selected(&paren.expr, names),
        Expr::Subquery(subquery) => selected(&subquery.expr, names),
        Expr::Call(call) => call.args.args.iter().for_each(|argument| selected(argument, names)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
