//! Parses rule files as Prometheus 2.42 does, and the same rules in objects of the Prometheus operator.

mod valid;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::{Options, Spanned};

use super::finding::{FindingKind, Problem, Site};
use super::{AssetFile, promql};

/// The rules of a file.
#[derive(Debug, Default)]
pub(super) struct RuleFile {
    pub(super) groups: Vec<Group>,
    /// Reasons why Prometheus 2.42 rejects the file as a whole.
    problems: Vec<Problem>,
}

/// A document of a rule file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    groups: Option<Vec<PlainGroup>>,
}

/// A group of a rule file. An unknown field is an error, as in Prometheus.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainGroup {
    name: Spanned<String>,
    interval: Option<String>,
    #[serde(rename = "limit")]
    _limit: Option<u64>,
    rules: Option<Vec<Rule>>,
}

/// A Kubernetes object: a `PrometheusRule`, a list of objects, or another object, which is ignored.
#[derive(Debug, Deserialize)]
struct Object {
    #[serde(default)]
    kind: String,
    spec: Option<ObjectSpec>,
    #[serde(default)]
    items: Vec<Object>,
}

#[derive(Debug, Deserialize)]
struct ObjectSpec {
    groups: Option<Vec<OperatorGroup>>,
}

/// A group of a `PrometheusRule`. Besides the fields of Prometheus, the operator has some for Thanos.
#[derive(Debug, Deserialize)]
struct OperatorGroup {
    name: Spanned<String>,
    interval: Option<String>,
    rules: Option<Vec<Rule>>,
}

/// The fields that show which kind of document it is.
#[derive(Debug, Deserialize)]
struct Probe {
    kind: Option<IgnoredAny>,
}

/// A group of rules that are evaluated one after the other.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) line: usize,
    /// The index of the file's document or object that contains the group.
    document: usize,
    interval: Option<String>,
    pub(super) rules: Vec<Rule>,
}

/// A recording rule or an alert.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) record: Option<String>,
    pub(super) alert: Option<String>,
    #[serde(rename = "expr")]
    expression: Spanned<String>,
    #[serde(rename = "for")]
    hold: Option<Spanned<String>>,
    keep_firing_for: Option<String>,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, Spanned<String>>,
}

impl Group {
    fn new(document: usize, name: Spanned<String>, interval: Option<String>, rules: Option<Vec<Rule>>) -> Self {
        Self { document, line: line(&name), name: name.value, interval, rules: rules.unwrap_or_default() }
    }
}

impl Rule {
    /// Returns the expression as written.
    pub(super) fn expr(&self) -> &str {
        &self.expression.value
    }

    /// Returns the expression with its position in the text.
    pub(super) fn expression(&self) -> &Spanned<String> {
        &self.expression
    }

    /// Returns how long an alert waits, with its position in the text.
    pub(super) fn hold(&self) -> Option<&Spanned<String>> {
        self.hold.as_ref()
    }

    /// Returns the text of an annotation, or an empty text if there is none.
    pub(super) fn annotation(&self, key: &str) -> &str {
        self.annotations.get(key).map_or("", |text| &text.value)
    }

    /// Returns the name of the rule in findings.
    pub(super) fn place(&self) -> String {
        match (&self.alert, &self.record) {
            (Some(alert), _) => format!("alert {alert}"),
            (None, Some(record)) => format!("record {record}"),
            (None, None) => "a rule without a name".to_owned(),
        }
    }

    /// Returns the location of the rule.
    pub(super) fn site<'f>(&self, file: &'f AssetFile) -> Site<'f> {
        Site { file, line: Some(line(&self.expression)), place: self.place() }
    }
}

impl RuleFile {
    /// Lists the problems for which Prometheus 2.42 rejects the file, apart from those that make parsing fail.
    pub(super) fn refused<'f>(&self, file: &'f AssetFile) -> Vec<(Site<'f>, Problem)> {
        let mut found: Vec<_> = self.problems.iter().map(|problem| (Site::file(file), problem.clone())).collect();
        valid::check(file, &self.groups, &mut found);
        found
    }
}

fn line<T>(value: &Spanned<T>) -> usize {
    usize::try_from(value.referenced.line()).unwrap_or_default()
}

/// Parses a rule file or a file of Kubernetes objects. Either may contain several YAML documents.
pub(super) fn parse(text: &str) -> Result<RuleFile, Problem> {
    let refused = |error| {
        FindingKind::UnreadableFile.says(format!(
            "Prometheus 2.42 would not load this file: {error}; remove what is unknown or correct the YAML"
        ))
    };
    let options = Options::default;
    let probes: Vec<Option<Probe>> =
        serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| refused(error.to_string()))?;
    if probes.iter().flatten().any(|probe| probe.kind.is_some()) {
        let objects: Vec<Option<Object>> =
            serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| refused(error.to_string()))?;
        return Ok(operator(objects.into_iter().flatten().collect()));
    }
    let documents: Vec<Option<Document>> =
        serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| refused(error.to_string()))?;
    let mut file = RuleFile::default();
    let mut with_groups = 0;
    for groups in documents.into_iter().flatten().filter_map(|document| document.groups) {
        with_groups += 1;
        file.groups
            .extend(groups.into_iter().map(|group| Group::new(with_groups, group.name, group.interval, group.rules)));
    }
    if with_groups > 1 {
        file.problems.push(FindingKind::InvalidRule.says(
            "Prometheus reads the first YAML document of a rule file and ignores the others: put all groups under one `groups:`, or each document into a file of its own",
        ));
    }
    Ok(file)
}

/// Collects the groups of the `PrometheusRule` objects, including those in lists.
fn operator(objects: Vec<Object>) -> RuleFile {
    let mut file = RuleFile::default();
    let mut rest = objects;
    let mut number = 0;
    while !rest.is_empty() {
        let mut inner = Vec::new();
        for object in rest {
            inner.extend(object.items);
            number += 1;
            let groups = object.spec.filter(|_| object.kind == "PrometheusRule").and_then(|spec| spec.groups);
            let groups = groups.into_iter().flatten();
            file.groups.extend(groups.map(|group| Group::new(number, group.name, group.interval, group.rules)));
        }
        rest = inner;
    }
    file
}

/// Lists the dashboard variables in the matchers of a rule.
pub(super) fn variables(expression: &promql_parser::parser::Expr) -> Vec<Problem> {
    let matchers = promql::selectors(expression).into_iter().flat_map(|selector| &selector.matchers.matchers);
    let variables = matchers.filter_map(|matcher| promql::first_variable(&matcher.value));
    variables.map(|name| FindingKind::DashboardVariable.says(promql::not_filled_in(&name))).collect()
}
