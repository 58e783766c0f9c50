//! Renders the bundled files for services that push their metrics, which have no `up`.

mod expression;
mod phrase;
mod rule_test;

use std::collections::BTreeSet;

use serde_json::Value;

use self::expression::{UP, substitute};
use self::phrase::phrased;
use super::edit::Edits;
use super::kind::kind;
use crate::asset::{AssetFile, AssetKind, rule};

/// The rules that record which instances are alive, as the last group of a file of rules.
const RULES: &str = include_str!("rules.yml");

/// The alert on what cannot be judged, as the last group of a file of alerts.
const ALERTS: &str = include_str!("alerts.yml");

/// The files that the groups join, so that whatever lists the bundled files lists them too.
const RULES_PATH: &str = "prometheus/rules/process.yml";
const ALERTS_PATH: &str = "prometheus/alerts/process.yml";

/// The tests of both, which belong to those of the alerts beside them.
const TESTS: &str = include_str!("tests.yml");
const TESTS_PATH: &str = "prometheus/tests/pushed.yml";
const TESTS_BESIDE: &str = "prometheus/tests/process.yml";

const RUNBOOK: &str = include_str!("MmePushedSamplesLate.md");
const RUNBOOK_PATH: &str = "runbooks/MmePushedSamplesLate.md";

/// Makes every rule, panel and runbook read a record of what is alive in place of `up`, and adds that record.
///
/// # Errors
///
/// Returns the path of a file that cannot be read, and why.
pub(super) fn render(files: Vec<AssetFile>) -> Result<Vec<AssetFile>, (String, String)> {
    let mut changed = BTreeSet::new();
    let mut rendered = Vec::with_capacity(files.len() + 2);
    for file in files {
        let failed = |message| (file.path().to_owned(), message);
        let text = match kind(&file) {
            AssetKind::Rules => rules(file.text()).map_err(failed)?,
            AssetKind::Dashboard => dashboard(file.text()).map_err(failed)?,
            AssetKind::Runbook => runbook(file.text()),
            _ => {
                rendered.push(file);
                continue;
            }
        };
        let (text, reads) = (joined(file.path(), &phrased(&text)), text != file.text());
        if reads && kind(&file) == AssetKind::Rules {
            changed.insert(file.path().to_owned());
        }
        rendered.push(AssetFile::new(file.kind(), file.path().to_owned(), text));
    }
    complete(&mut rendered);
    rule_test::render(rendered, &changed, RULES_PATH, TESTS_PATH)
}

/// Adds the files that are not among others, and the tests if those beside them are there.
fn complete(files: &mut Vec<AssetFile>) {
    let has = |files: &[AssetFile], path: &str| files.iter().any(|file| file.path() == path);
    for (path, group) in [(RULES_PATH, RULES), (ALERTS_PATH, ALERTS)] {
        if !has(files, path) {
            files.push(AssetFile::new(AssetKind::Rules, path, format!("groups:\n{group}")));
        }
    }
    let mut add = |kind, path: &'static str, text: &'static str| {
        if !has(files, path) {
            files.push(AssetFile::new(kind, path, text));
        }
    };
    add(AssetKind::Runbook, RUNBOOK_PATH, RUNBOOK);
    if has(files, TESTS_BESIDE) && !has(files, TESTS_PATH) {
        files.push(AssetFile::new(AssetKind::RuleTests, TESTS_PATH, TESTS));
    }
}

/// Appends the groups to the files that they join.
fn joined(path: &str, text: &str) -> String {
    let group = match path {
        RULES_PATH => RULES,
        ALERTS_PATH => ALERTS,
        _ => return text.to_owned(),
    };
    format!("{}\n\n{group}", text.trim_end())
}

fn rules(text: &str) -> Result<String, String> {
    let file = rule::parse(text).map_err(|problem| problem.message)?;
    let mut edits = Edits::new(text);
    for rule in file.groups.iter().flat_map(|group| &group.rules) {
        if let Some(expression) = substitute(rule.expr()) {
            edits.scalar(rule.expression(), &expression)?;
        }
    }
    Ok(edits.apply())
}

/// Replaces `up` in every query of a dashboard and of its variables.
fn dashboard(text: &str) -> Result<String, String> {
    if !text.contains(UP) {
        return Ok(text.to_owned());
    }
    let mut dashboard: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    queries(&mut dashboard);
    // Cannot fail: a value that was read from JSON can be written as JSON.
    let text = serde_json::to_string_pretty(&dashboard).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

fn queries(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(queries),
        Value::Object(fields) => {
            for (key, field) in fields {
                let query = field.as_str().filter(|_| matches!(key.as_str(), "expr" | "query" | "definition"));
                match query.and_then(substitute) {
                    Some(query) => *field = query.into(),
                    None => queries(field),
                }
            }
        }
        _ => {}
    }
}

/// Replaces `up` in the code blocks that are marked as `promql`.
fn runbook(text: &str) -> String {
    let mut is_query = false;
    let lines = text.split_inclusive('\n').map(|line| {
        match line.trim() {
            "```promql" => is_query = true,
            "```" => is_query = false,
            _ if is_query => return substitute(line).unwrap_or_else(|| line.to_owned()),
            _ => {}
        }
        line.to_owned()
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::FILES;

    #[test]
    fn nothing_but_the_record_of_what_is_alive_reads_up() {
        let files = render(FILES.to_vec()).unwrap();
        let kinds = [AssetKind::Rules, AssetKind::Dashboard];
        for file in files.iter().filter(|file| kinds.contains(&kind(file))) {
            let without = file.text().replace(RULES, "");
            for expression in without.split(['"', '\n']) {
                assert_eq!(
                    substitute(expression.split('#').next().unwrap_or_default()).filter(|_| {
                        expression.contains("up offset") || expression.contains("(up") || expression.contains("up{")
                    }),
                    None,
                    "{}: {expression}",
                    file.path()
                );
            }
        }
    }
}
