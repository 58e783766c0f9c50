//! Renders the bundled files for histograms with native buckets.

mod expression;
mod form;
mod rule_test;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::expression::Histograms;
pub use self::form::{AssetHistograms, UnknownHistograms};
use super::edit::Edits;
use super::kind::kind;
use super::rule_test::loads;
use super::rules::commented;
use crate::asset::check::exporter_histograms;
use crate::asset::rule::Rule;
use crate::asset::{AssetFile, AssetKind, FILES, promql, rule};
use crate::catalog::FAMILIES;
use crate::metric::Kind;

/// Renders rules, tests, dashboards and runbooks for a choice.
///
/// # Errors
///
/// Returns the path of a file that cannot be rendered, and why.
pub(super) fn render(files: Vec<AssetFile>, form: AssetHistograms) -> Result<Vec<AssetFile>, (String, String)> {
    if form == AssetHistograms::Classic {
        return Ok(files);
    }
    let histograms = histograms(&files);
    let all: Vec<_> = files.iter().filter(|file| kind(file) == AssetKind::Rules).cloned().collect();
    let gateways: Vec<_> = all.iter().filter(|file| !foreign(file.text(), &histograms).is_empty()).cloned().collect();
    let mut rendered = Vec::with_capacity(files.len());
    for file in files {
        let failed = |message| (file.path().to_owned(), message);
        let text = match kind(&file) {
            AssetKind::Rules => {
                let text = rules(file.text(), &of_file(file.text(), &histograms), form).map_err(failed)?;
                let is_gateway = form == AssetHistograms::Native && gateways.contains(&file);
                if is_gateway { text + &gateway(file.text(), &all, &histograms) } else { text }
            }
            AssetKind::Dashboard => dashboard(file.text(), &histograms, form).map_err(failed)?,
            AssetKind::Runbook => runbook(file.text(), &histograms, form).map_err(failed)?,
            AssetKind::RuleTests => {
                let loaded = gateways.iter().filter(|rules| loads(&file, rules.path()));
                let of_test = loaded.fold(histograms.clone(), |all, rules| of_file(rules.text(), &all));
                rendered.extend(rule_test::render(&file, &of_test, form).map_err(failed)?);
                continue;
            }
            _ => {
                rendered.push(file);
                continue;
            }
        };
        rendered.push(AssetFile::new(file.kind(), file.path().to_owned(), text));
    }
    Ok(rendered)
}

/// Finds the histograms that can be native, and the records of their buckets.
fn histograms(files: &[AssetFile]) -> Histograms {
    let rules: Vec<_> = files.iter().filter(|file| kind(file) == AssetKind::Rules).collect();
    let specs = FAMILIES.iter().flat_map(|family| family.specs()).filter(|spec| spec.kind == Kind::Histogram);
    let mut metrics: BTreeSet<_> = specs.map(|spec| spec.name.to_owned()).collect();
    for expression in rules.iter().flat_map(|file| parsed(file.text())).map(|(_, expression)| expression) {
        let names = promql::selectors(&expression).into_iter().filter_map(|selector| selector.name.as_deref());
        metrics.extend(names.filter_map(|name| name.strip_suffix("_bucket").map(str::to_owned)));
    }
    let foreign = exporter_histograms(FILES.iter().chain(files));
    metrics.retain(|metric| !foreign.contains(metric));
    let mut histograms = Histograms { metrics, ..Histograms::default() };
    for file in &rules {
        let own = records(file.text(), &histograms);
        histograms.records.extend(own);
    }
    histograms
}

/// Returns what a file reads: a record of its own that has no native form stays as it is, such as that of a gateway.
fn of_file(text: &str, all: &Histograms) -> Histograms {
    let mut own = all.clone();
    own.records.retain(|record, _| !foreign(text, all).contains(record));
    own
}

/// Lists the records of buckets that a file makes of buckets without a native form.
fn foreign(text: &str, all: &Histograms) -> BTreeSet<String> {
    let own = records(text, all);
    let records = parsed(text).into_iter().filter_map(|(rule, _)| rule.record);
    records.filter(|record| all.records.contains_key(record) && !own.contains_key(record)).collect()
}

/// Returns the rules by which a file gets its figures from its own records of buckets. Elsewhere these rules read native histograms.
fn gateway(text: &str, files: &[AssetFile], histograms: &Histograms) -> String {
    let foreign = foreign(text, histograms);
    let reads = |expression: &promql_parser::parser::Expr| {
        let names = promql::selectors(expression).into_iter().filter_map(|selector| selector.name.as_ref());
        names.into_iter().any(|name| foreign.contains(name))
    };
    let item = text.lines().rev().find(|line| line.trim_start().starts_with("- record: ")).unwrap_or_default();
    let indent = &item[..item.len() - item.trim_start().len()];
    let mut added = String::new();
    for (rule, expression) in files.iter().filter(|file| file.text() != text).flat_map(|file| parsed(file.text())) {
        if let Some(record) = rule.record.as_ref().filter(|_| reads(&expression)) {
            let lines: Vec<_> = rule.expr().trim_end().lines().map(|line| format!("{indent}    {line}\n")).collect();
            added.extend([format!("{indent}- record: {record}\n{indent}  expr: |\n"), lines.concat()]);
        }
    }
    added
}

/// Lists the records of buckets in a file, each with the name of its twin.
fn records(text: &str, histograms: &Histograms) -> BTreeMap<String, String> {
    let records = parsed(text).into_iter().filter_map(|(rule, expression)| {
        let record = rule.record?;
        let twin = twin(&record);
        histograms.has_buckets(&expression).is_ok_and(|has| has && !is_quantile(&expression)).then_some((record, twin))
    });
    records.collect()
}

fn parsed(text: &str) -> Vec<(Rule, promql_parser::parser::Expr)> {
    let groups = rule::parse(text).map(|file| file.groups).unwrap_or_default();
    let rules = groups.into_iter().flat_map(|group| group.rules);
    rules.filter_map(|rule| promql::parse(rule.expr()).ok().map(|expression| (rule, expression))).collect()
}

/// Returns whether an expression takes a quantile of the buckets that it reads.
fn is_quantile(expression: &promql_parser::parser::Expr) -> bool {
    let mut found = false;
    promql::walk(expression, &mut |part| {
        if let promql_parser::parser::Expr::Call(call) = part {
            found |= call.func.name == "histogram_quantile";
        }
    });
    found
}

/// Returns the name of a record of native histograms: that of their classic buckets, without the bound.
fn twin(record: &str) -> String {
    let twin = record.replacen("_le:", ":", 1).replacen("_bucket", "", 1);
    if twin == record { format!("{record}_native") } else { twin }
}

fn rules(text: &str, histograms: &Histograms, form: AssetHistograms) -> Result<String, String> {
    let file = rule::parse(text).map_err(|problem| problem.message)?;
    let mut edits = Edits::new(text);
    for rule in file.groups.iter().flat_map(|group| &group.rules) {
        let place = |message: String| format!("{}: {message}", rule.place());
        let expression = promql::parse(rule.expr()).map_err(|problem| place(problem.message))?;
        let twin = rule.record.as_ref().and_then(|record| Some((record, histograms.records.get(record)?)));
        let written = |new: &promql_parser::parser::Expr| commented(rule.expr(), &new.prettify());
        if let Some((record, twin)) = twin {
            let native = written(&histograms.native(&expression).map_err(place)?);
            if form == AssetHistograms::Both {
                edits.rule_before(rule.expression(), twin, &native).map_err(place)?;
            } else {
                edits.scalar(rule.expression(), &native).map_err(place)?;
                edits
                    .text_before(rule.expression(), &format!("record: {record}"), &format!("record: {twin}"))
                    .map_err(place)?;
            }
            continue;
        }
        let mut rewritten = expression.clone();
        histograms.rewrite(&mut rewritten, form).map_err(place)?;
        if rewritten != expression {
            edits.scalar(rule.expression(), &written(&rewritten)).map_err(place)?;
        }
    }
    Ok(edits.apply())
}

fn dashboard(text: &str, histograms: &Histograms, form: AssetHistograms) -> Result<String, String> {
    let mut dashboard: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let before = dashboard.clone();
    queries(&mut dashboard, histograms, form)?;
    if dashboard == before {
        return Ok(text.to_owned());
    }
    // Cannot fail: a value that was read from JSON can be written as JSON.
    let text = serde_json::to_string_pretty(&dashboard).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

/// Rewrites every query of panels and annotations, and the series by which variables find their values.
fn queries(value: &mut Value, histograms: &Histograms, form: AssetHistograms) -> Result<(), String> {
    let reads = |text: &str| {
        let names = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':')));
        let stem = |name: &str, suffix| name.strip_suffix(suffix).is_some_and(|stem| histograms.metrics.contains(stem));
        let is_part = |name: &str| ["_bucket", "_count", "_sum"].iter().any(|suffix| stem(name, suffix));
        names.into_iter().any(|name| is_part(name) || histograms.records.contains_key(name))
    };
    match value {
        Value::Array(list) => list.iter_mut().try_for_each(|value| queries(value, histograms, form)),
        Value::Object(fields) => {
            for (key, field) in fields {
                let text = field.as_str().filter(|text| reads(text)).map(str::to_owned);
                match (key.as_str(), text) {
                    ("expr", Some(text)) => *field = query(&text, histograms, form)?.into(),
                    ("query" | "definition", Some(text)) => *field = variable(&text, histograms, form).into(),
                    _ => queries(field, histograms, form)?,
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn query(text: &str, histograms: &Histograms, form: AssetHistograms) -> Result<String, String> {
    let parsed = promql::parse_query(text).map_err(|problem| format!("{text}: {}", problem.message))?;
    let mut rewritten = parsed.expression.clone();
    shown(&mut rewritten, histograms, form).map_err(|message| format!("{text}: {message}"))?;
    Ok(parsed.restore(&rewritten))
}

/// Rewrites an expression that is shown to people: numbers, or the buckets of a heat map.
fn shown(
    expression: &mut promql_parser::parser::Expr,
    histograms: &Histograms,
    form: AssetHistograms,
) -> Result<(), String> {
    if histograms.has_buckets(expression)? && !is_quantile(expression) {
        histograms.heat(expression, form)
    } else {
        histograms.rewrite(expression, form)
    }
}

/// Rewrites `label_values(metric{…}, label)`: a native histogram has the labels at its own name.
fn variable(text: &str, histograms: &Histograms, form: AssetHistograms) -> String {
    let Some(inner) = text.strip_prefix("label_values(") else { return text.to_owned() };
    let end = inner.find(['{', ',']).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let stem = ["_bucket", "_count", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix));
    match stem.filter(|stem| histograms.metrics.contains(*stem)) {
        None => text.to_owned(),
        Some(stem) if form == AssetHistograms::Native => format!("label_values({stem}{rest}"),
        Some(stem) => {
            let matchers = rest.strip_prefix('{').map_or_else(|| format!("}}{rest}"), |rest| format!(", {rest}"));
            format!("label_values({{__name__=~\"{stem}|{name}\"{matchers}")
        }
    }
}

/// Rewrites the code blocks that are marked as `promql`.
fn runbook(text: &str, histograms: &Histograms, form: AssetHistograms) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("```promql\n") {
        let Some((block, after)) = after.split_once("\n```") else { break };
        let expression = promql::parse(block).map_err(|problem| problem.message)?;
        let mut rewritten = expression.clone();
        shown(&mut rewritten, histograms, form)?;
        let block = if rewritten == expression { block.to_owned() } else { commented(block, &rewritten.prettify()) };
        result.extend([before, "```promql\n", &block, "\n```"]);
        rest = after;
    }
    Ok(result + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_finds_values_in_either_form() {
        let histograms = Histograms { metrics: ["a_seconds".to_owned()].into(), ..Histograms::default() };
        for (text, native, both) in [
            (
                "label_values(a_seconds_count{job=~\"$job\"}, route)",
                "label_values(a_seconds{job=~\"$job\"}, route)",
                "label_values({__name__=~\"a_seconds|a_seconds_count\", job=~\"$job\"}, route)",
            ),
            (
                "label_values(a_seconds_count, route)",
                "label_values(a_seconds, route)",
                "label_values({__name__=~\"a_seconds|a_seconds_count\"}, route)",
            ),
            ("label_values(b_count, route)", "label_values(b_count, route)", "label_values(b_count, route)"),
        ] {
            assert_eq!(variable(text, &histograms, AssetHistograms::Native), native);
            assert_eq!(variable(text, &histograms, AssetHistograms::Both), both);
        }
    }

    #[test]
    fn a_twin_has_the_name_without_the_bound() {
        assert_eq!(twin("job_route_le:a_seconds_bucket:rate5m"), "job_route:a_seconds:rate5m");
        assert_eq!(twin("buckets"), "buckets_native");
    }
}
