//! Renders rule tests with grouping labels. Every series gets one value for each label, and so does every result that
//! can have the label.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::alert::{self, TEST_VALUE};
use super::edit::Edits;
use super::grouping::{Grouping, Reader};
use super::kind::kind;
use crate::asset::{AssetFile, AssetKind, promql};

/// The parts of a test file that depend on the grouping labels.
#[derive(Deserialize)]
struct TestFile {
    #[serde(default)]
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    #[serde(default)]
    input_series: Vec<Series>,
    #[serde(default, rename = "alert_rule_test")]
    alerts: Vec<AlertTest>,
    #[serde(default, rename = "promql_expr_test")]
    expressions: Vec<ExpressionTest>,
}

#[derive(Deserialize)]
struct Series {
    series: Spanned<String>,
}

#[derive(Deserialize)]
struct AlertTest {
    alertname: String,
    #[serde(default)]
    exp_alerts: Option<Vec<ExpectedAlert>>,
}

#[derive(Deserialize)]
struct ExpectedAlert {
    exp_labels: Option<Spanned<BTreeMap<String, String>>>,
    #[serde(default)]
    exp_annotations: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
struct ExpressionTest {
    expr: Spanned<String>,
    #[serde(default)]
    exp_samples: Option<Vec<Sample>>,
}

#[derive(Deserialize)]
struct Sample {
    labels: Option<Spanned<String>>,
}

pub(super) fn render(text: &str, grouping: &Grouping) -> Result<String, String> {
    let file: TestFile = serde_saphyr::from_str(text).map_err(|error| format!("not a file of rule tests: {error}"))?;
    let mut edits = Edits::new(text);
    for test in &file.tests {
        let added = added(test, grouping);
        for series in &test.input_series {
            edits.scalar(&series.series, &labelled(&series.series.value, &added))?;
        }
        for tested in test.alerts.iter().filter(|tested| grouping.alert_has_labels(&tested.alertname)) {
            for expected in tested.exp_alerts.iter().flatten() {
                expect(&tested.alertname, expected, &added, grouping, &mut edits)?;
            }
        }
        for tested in &test.expressions {
            let expression = promql::parse(&tested.expr.value).map_err(|problem| problem.message)?;
            let mut grouped = expression.clone();
            let carries = grouping.rewrite(&mut grouped, Reader::Rule);
            if grouped != expression {
                edits.scalar(&tested.expr, &grouped.to_string())?;
            }
            let samples = tested.exp_samples.iter().flatten().filter(|_| carries);
            for labels in samples.filter_map(|sample| sample.labels.as_ref()) {
                edits.scalar(labels, &labelled(&labels.value, &added))?;
            }
        }
    }
    Ok(edits.apply())
}

/// Leaves out the tests in `files` that load a changed rule file, because they state what the rules were `before`.
pub(super) fn retain(before: &[AssetFile], files: &mut Vec<AssetFile>) {
    let rules = |file: &&AssetFile| kind(file) == AssetKind::Rules;
    let old: HashMap<_, _> = before.iter().filter(rules).map(|file| (file.path(), file.text())).collect();
    let changed = files.iter().filter(rules).filter(|file| old.get(file.path()) != Some(&file.text()));
    let changed: Vec<_> = changed.map(|file| file.path().to_owned()).collect();
    files.retain(|file| kind(file) != AssetKind::RuleTests || !changed.iter().any(|path| loads(file, path)));
}

/// Returns whether a test names a rule file, which stands beside it or in another folder of `prometheus`.
pub(super) fn loads(test: &AssetFile, rules: &str) -> bool {
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let name = match rules.rsplit_once("prometheus/") {
        _ if folder(test.path()) == folder(rules) => rules.rsplit('/').next().unwrap_or_default().to_owned(),
        Some((_, path)) => format!("../{path}"),
        None => format!("../{rules}"),
    };
    test.text().contains(&name)
}

fn expect(
    alert: &str,
    expected: &ExpectedAlert,
    added: &[&String],
    grouping: &Grouping,
    edits: &mut Edits<'_>,
) -> Result<(), String> {
    let none = BTreeMap::new();
    let known = expected.exp_labels.as_ref().map_or(&none, |labels| &labels.value);
    if let Some(labels) = &expected.exp_labels {
        let missing = added.iter().filter(|label| !labels.value.contains_key(**label));
        let entries: Vec<_> = missing.map(|&label| (label.clone(), TEST_VALUE.to_owned())).collect();
        if !entries.is_empty() {
            edits.entries(labels, &entries)?;
        }
    }
    match expected.exp_annotations.get("description") {
        Some(description) => {
            edits.scalar(description, &alert::expected(alert, &description.value, known, added, grouping))
        }
        None => Ok(()),
    }
}

/// Lists the labels that no series of a test has. A label that some series have is part of the test, so it is not added
/// to the others.
fn added<'g>(test: &Test, grouping: &'g Grouping) -> Vec<&'g String> {
    let has =
        |series: &str, label: &str| [",", "{", " "].iter().any(|before| series.contains(&format!("{before}{label}=")));
    // A text that names the label would change with the added value.
    let used = |label: &str| {
        test.input_series.iter().any(|series| has(&series.series.value, label))
            || test.alerts.iter().any(|tested| grouping.alert_names(&tested.alertname, label))
    };
    grouping.labels.iter().filter(|label| !used(label)).collect()
}

/// Adds labels to a series in the notation `name{a="b"}`.
fn labelled(series: &str, labels: &[&String]) -> String {
    let added: Vec<_> = labels.iter().map(|label| format!("{label}=\"{TEST_VALUE}\"")).collect();
    let added = added.join(",");
    match series.split_once('{') {
        _ if added.is_empty() => series.to_owned(),
        Some((name, rest)) if rest.trim_start().starts_with('}') => format!("{name}{{{added}{rest}"),
        Some((name, rest)) => format!("{name}{{{added},{rest}"),
        None => format!("{}{{{added}}}", series.trim_end()),
    }
}
