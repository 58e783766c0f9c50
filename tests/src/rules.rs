//! The bundled rules, and the metrics that an expression reads through them.

use std::collections::{BTreeMap, BTreeSet};

use mme_metrics::asset::{AssetFile, AssetKind, FILES};
use promql_parser::parser::{self, Expr, VectorSelector};
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
        self.selectors_in(expression).into_iter().filter_map(|selector| selector.name).collect()
    }

    /// Returns the selectors by which an alert reads metrics, through any recorded series.
    ///
    /// # Panics
    ///
    /// When no alert has this name.
    pub fn selectors_of(&self, alert: &str) -> Vec<VectorSelector> {
        self.selectors_in(&self.alerts[alert])
    }

    fn selectors_in(&self, expression: &str) -> Vec<VectorSelector> {
        let mut selectors = Vec::new();
        let mut left = vec![expression];
        let mut seen = BTreeSet::new();
        while let Some(expression) = left.pop() {
            let parsed = parser::parse(expression).unwrap_or_else(|error| panic!("{error}: {expression}"));
            let mut found = Vec::new();
            selected(&parsed, &mut found);
            for selector in found {
                match selector.name.as_ref().and_then(|name| self.records.get_key_value(name)) {
                    Some((name, record)) if seen.insert(name) => left.push(record),
                    Some(_) => {}
                    None => selectors.push(selector),
                }
            }
        }
        selectors
    }
}

fn files_of(folder: &str) -> Vec<&'static str> {
    let files = FILES.iter().filter(|file| file.kind() == AssetKind::Rules && file.path().starts_with(folder));
    files.map(AssetFile::text).collect()
}

fn selected(expression: &Expr, selectors: &mut Vec<VectorSelector>) {
    match expression {
        Expr::VectorSelector(selector) => selectors.push(selector.clone()),
        Expr::MatrixSelector(matrix) => selectors.push(matrix.vs.clone()),
        Expr::Aggregate(aggregate) => selected(&aggregate.expr, selectors),
        Expr::Binary(binary) => {
            selected(&binary.lhs, selectors);
            selected(&binary.rhs, selectors);
        }
        Expr::Unary(unary) => selected(&unary.expr, selectors),
        Expr::Paren(paren) => selected(&paren.expr, selectors),
        Expr::Subquery(subquery) => selected(&subquery.expr, selectors),
        Expr::Call(call) => call.args.args.iter().for_each(|argument| selected(argument, selectors)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
