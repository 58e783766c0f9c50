//! Renders rule tests: a target that is scraped becomes an instance that pushes.

use std::collections::BTreeSet;
use std::time::Duration;

use promql_parser::util::parse_duration;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::expression::{ALIVE, UP, substitute};
use super::phrase::phrased;
use crate::asset::fleet::edit::Edits;
use crate::asset::fleet::kind::kind;
use crate::asset::fleet::rule_test::loads;
use crate::asset::{AssetFile, AssetKind, rule};
use crate::process::PROCESS;

/// A start that is long ago for every test, which begins at 0.
const LONG_AGO: &str = "-9999999";

/// How old the newest sample of a living instance may be, in seconds.
const LATEST: u64 = 180;

/// The group that has to be evaluated first.
const FIRST: &str = "mme_pushed";

#[derive(Deserialize)]
struct TestFile {
    #[serde(default)]
    evaluation_interval: Option<String>,
    #[serde(default)]
    rule_files: Vec<Spanned<String>>,
    #[serde(default)]
    group_eval_order: Vec<Spanned<String>>,
    #[serde(default)]
    tests: Vec<Spanned<Test>>,
}

#[derive(Deserialize)]
struct Test {
    #[serde(default)]
    interval: Option<String>,
    #[serde(default)]
    input_series: Vec<Series>,
    #[serde(default, rename = "alert_rule_test")]
    alerts: Vec<Tested>,
    #[serde(default, rename = "promql_expr_test")]
    expressions: Vec<Tested>,
}

#[derive(Deserialize)]
struct Series {
    series: Spanned<String>,
    values: Spanned<String>,
}

#[derive(Deserialize)]
struct Tested {
    #[serde(default)]
    expr: Option<Spanned<String>>,
    #[serde(default)]
    eval_time: String,
}

/// Renders the tests that load a rule of `changed`, or the rules that record what is alive, which are at `rules_path`. Those of
/// that record are at `own_tests`.
pub(super) fn render(
    files: Vec<AssetFile>,
    changed: &BTreeSet<String>,
    rules_path: &str,
    own_tests: &str,
) -> Result<Vec<AssetFile>, (String, String)> {
    let rules: Vec<_> = files.iter().filter(|file| kind(file) == AssetKind::Rules).cloned().collect();
    let mut rendered = Vec::with_capacity(files.len());
    for file in files {
        let is_test = kind(&file) == AssetKind::RuleTests && file.path() != own_tests;
        let loaded: Vec<_> = rules.iter().filter(|rules| is_test && loads(&file, rules.path())).collect();
        if !loaded.iter().any(|rules| changed.contains(rules.path()) || rules.path() == rules_path) {
            rendered.push(file);
            continue;
        }
        let failed = |message| (file.path().to_owned(), message);
        if let Some(text) = test(&file, &loaded, &rules, rules_path).map_err(failed)? {
            rendered.push(AssetFile::new(file.kind(), file.path().to_owned(), phrased(&text)));
        }
    }
    Ok(rendered)
}

/// Renders a file of tests, or returns nothing if none of its tests can be rendered.
fn test(
    file: &AssetFile,
    loaded: &[&AssetFile],
    rules: &[AssetFile],
    rules_path: &str,
) -> Result<Option<String>, String> {
    let parsed: TestFile =
        serde_saphyr::from_str(file.text()).map_err(|error| format!("not a file of rule tests: {error}"))?;
    let mut edits = Edits::new(file.text());
    let mut kept = 0;
    let judges = loaded.iter().any(|rules| judges(rules.text()));
    let evaluated = seconds(parsed.evaluation_interval.as_deref().unwrap_or("1m"));
    for test in &parsed.tests {
        let interval = seconds(test.value.interval.as_deref().unwrap_or("1m"));
        // What pushes more rarely is not alive in between.
        let is_rare = interval > evaluated.max(LATEST);
        let inputs: Vec<_> = test.value.input_series.iter().filter(|series| is_up(&series.series.value)).collect();
        let fails = inputs.iter().any(|input| !lives_on(&input.values.value, &test.value));
        if judges && fails || is_rare && !inputs.is_empty() {
            edits.remove_item(&test.defined)?;
            continue;
        }
        kept += 1;
        for input in inputs {
            // The metric of a service that shows that it is alive.
            let other = format!("{}{}", PROCESS.start_time.spec().name, &input.series.value[UP.len()..]);
            if test.value.input_series.iter().any(|series| series.series.value == other) {
                edits.remove_item(&input.series.defined)?;
            } else {
                edits.scalar(&input.series, &other)?;
                edits.scalar(&input.values, &started(&input.values.value))?;
            }
        }
        for expression in test.value.expressions.iter().filter_map(|tested| tested.expr.as_ref()) {
            if let Some(other) = substitute(&expression.value) {
                edits.scalar(expression, &other)?;
            }
        }
    }
    let alive = rules.iter().find(|rules| rules.path() == rules_path);
    load(&parsed, file, loaded, alive, &mut edits)?;
    Ok((kept > 0).then(|| edits.apply()))
}

/// Makes a file of tests load the rules that record what is alive, and evaluate them first.
fn load(
    parsed: &TestFile,
    file: &AssetFile,
    loaded: &[&AssetFile],
    alive: Option<&AssetFile>,
    edits: &mut Edits<'_>,
) -> Result<(), String> {
    let mut all = loaded.to_vec();
    if let Some(alive) = alive.filter(|alive| loaded.iter().all(|rules| rules.path() != alive.path())) {
        all.push(alive);
        let path = match file.path().rsplit_once("prometheus/") {
            Some(_) => alive.path().replace("prometheus/", "../"),
            None => alive.path().to_owned(),
        };
        edits.before(parsed.rule_files.first(), &[path])?;
    }
    let mut groups = vec![FIRST.to_owned()];
    for rules in all {
        let file = rule::parse(rules.text()).map_err(|problem| problem.message)?;
        groups.extend(file.groups.into_iter().map(|group| group.name).filter(|name| name != FIRST));
    }
    match parsed.group_eval_order.first() {
        Some(first) => {
            groups.retain(|group| parsed.group_eval_order.iter().all(|listed| listed.value != *group));
            edits.before(Some(first), &groups)
        }
        None => edits.line_before("tests:", &format!("group_eval_order: [{}]", groups.join(", "))),
    }
}

fn is_up(series: &str) -> bool {
    series.strip_prefix(UP).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
}

/// Returns whether rules judge targets that do not answer. What pushes is missed later than what is scraped, so such alerts have
/// tests of their own.
fn judges(rules: &str) -> bool {
    rules.contains(&format!("{ALIVE}) == 0"))
}

/// Returns whether a target that answers once does so until the end of a test.
fn lives_on(values: &str, test: &Test) -> bool {
    let (mut lives, mut samples) = (false, 0_u32);
    for token in values.split_whitespace() {
        let (first, times) = token.rsplit_once('x').unwrap_or((token, "0"));
        let Ok(times) = times.parse::<u32>() else { return false };
        let missing = first == "_" || first.starts_with('0');
        if first == "stale" || missing && lives {
            return false;
        }
        lives |= !missing;
        // `1x9` are ten samples, but `_x9` are nine.
        samples += if first == "_" && times > 0 { times } else { times + 1 };
    }
    let evaluated = test.alerts.iter().chain(&test.expressions).map(|tested| seconds(&tested.eval_time)).max();
    // The default of promtool.
    let interval = seconds(test.interval.as_deref().unwrap_or("1m"));
    u64::from(samples.saturating_sub(1)) * interval >= evaluated.unwrap_or_default()
}

fn seconds(duration: &str) -> u64 {
    parse_duration(duration).unwrap_or(Duration::ZERO).as_secs()
}

/// Returns when the process has started, as long as a target answers. A target that does not answer has no samples.
fn started(values: &str) -> String {
    let tokens = values.split_whitespace().map(|token| match token.split_at(1) {
        ("1", rest) => format!("{LONG_AGO}{rest}"),
        ("0", rest) => match rest.strip_prefix('x').and_then(|times| times.parse::<u32>().ok()) {
            // `0x8` are nine samples.
            Some(times) => format!("_x{}", times + 1),
            None => "_".to_owned(),
        },
        _ => token.to_owned(),
    });
    tokens.collect::<Vec<_>>().join(" ")
}
