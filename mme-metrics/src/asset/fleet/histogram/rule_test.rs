//! Renders rule tests: classic buckets become a native histogram with the same bounds.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::Expr;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::expression::Histograms;
use super::form::AssetHistograms;
use super::values::{Parts, parse};
use crate::asset::fleet::edit::Edits;
use crate::asset::{AssetFile, promql};

#[derive(Deserialize)]
struct TestFile {
    #[serde(default)]
    tests: Vec<Spanned<Test>>,
}

#[derive(Deserialize)]
struct Test {
    #[serde(default)]
    name: String,
    #[serde(default)]
    input_series: Vec<Series>,
    #[serde(default, rename = "promql_expr_test")]
    expressions: Vec<ExpressionTest>,
}

#[derive(Deserialize)]
struct Series {
    series: Spanned<String>,
    values: Spanned<String>,
}

#[derive(Deserialize)]
struct ExpressionTest {
    expr: Spanned<String>,
    #[serde(default)]
    exp_samples: Option<Vec<ExpectedSample>>,
}

#[derive(Deserialize)]
struct ExpectedSample {
    labels: Option<Spanned<String>>,
}

/// The bound of observations of which no test says how long they took.
const QUICK: f64 = 0.001;

/// How the name of a test ends that holds for classic buckets only.
const CLASSIC: &str = "of classic buckets";

/// The series of one histogram: their places among the inputs, and what they make together.
#[derive(Default)]
struct Group {
    series: Vec<usize>,
    parts: Parts,
}

/// The name of a histogram, and its labels without the bound.
type Key = (String, BTreeSet<(String, String)>);

/// Returns the files that a file of tests becomes: one of native histograms, beside that of classic ones if rules read both.
///
/// A test whose series make no native histograms is left out.
pub(super) fn render(
    file: &AssetFile,
    histograms: &Histograms,
    form: AssetHistograms,
) -> Result<Vec<AssetFile>, String> {
    let native = native(file.text(), histograms)?;
    if form == AssetHistograms::Native {
        let rendered = native.map(|text| AssetFile::new(file.kind(), file.path().to_owned(), text));
        return Ok(rendered.into_iter().collect());
    }
    let beside = native.filter(|text| text != file.text()).map(|text| {
        let path = file.path().trim_end_matches(".yml").trim_end_matches("_test");
        let end = &file.path()[path.len()..];
        AssetFile::new(file.kind(), format!("{path}_native{end}"), text)
    });
    Ok([file.clone()].into_iter().chain(beside).collect())
}

/// Returns the tests in native form, or nothing if none has one.
fn native(text: &str, histograms: &Histograms) -> Result<Option<String>, String> {
    let file: TestFile = serde_saphyr::from_str(text).map_err(|error| format!("not a file of rule tests: {error}"))?;
    let mut edits = Edits::new(text);
    let mut kept = 0;
    for test in &file.tests {
        let native =
            if test.value.name.ends_with(CLASSIC) { None } else { groups(&test.value.input_series, histograms) };
        let Some(groups) = native else {
            edits.remove_item(&test.defined)?;
            continue;
        };
        kept += 1;
        for ((name, _), (group, values)) in &groups {
            let (first, others) = group.series.split_first().ok_or("a histogram has no series")?;
            let first = &test.value.input_series[*first];
            let labels = first.series.value.find('{').map_or("", |at| &first.series.value[at..]);
            edits.scalar(&first.series, &format!("{name}{}", without_bound(labels)))?;
            edits.scalar(&first.values, values)?;
            for other in others {
                edits.remove_item(&test.value.input_series[*other].series.defined)?;
            }
        }
        for tested in &test.value.expressions {
            expression(tested, histograms, &mut edits)?;
        }
    }
    Ok((kept > 0).then(|| edits.apply()))
}

/// Rewrites an expression and the labels of its samples. One that reads all bounds is left out.
fn expression(tested: &ExpressionTest, histograms: &Histograms, edits: &mut Edits<'_>) -> Result<(), String> {
    let parsed = promql::parse(&tested.expr.value).map_err(|problem| problem.message)?;
    let mut rewritten = parsed.clone();
    if histograms.rewrite(&mut rewritten, AssetHistograms::Native).is_err() {
        return edits.remove_item(&tested.expr.defined);
    }
    if rewritten == parsed {
        return Ok(());
    }
    edits.scalar(&tested.expr, &rewritten.to_string())?;
    if matches!(parsed, Expr::VectorSelector(_)) {
        // What is computed has no name, and no bound.
        for labels in tested.exp_samples.iter().flatten().filter_map(|sample| sample.labels.as_ref()) {
            let own = labels.value.find('{').map_or("", |at| &labels.value[at..]);
            edits.scalar(labels, &without_bound(own))?;
        }
    }
    Ok(())
}

/// Returns the histograms of a test with their values, or nothing if some series make none.
fn groups(series: &[Series], histograms: &Histograms) -> Option<BTreeMap<Key, (Group, String)>> {
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    for (at, series) in series.iter().enumerate() {
        let Ok(Expr::VectorSelector(selector)) = promql::parse(&series.series.value) else { continue };
        let name = selector.name.clone().unwrap_or_default();
        let part =
            ["_bucket", "_count", "_sum"].into_iter().find_map(|suffix| Some((name.strip_suffix(suffix)?, suffix)));
        let Some((stem, suffix)) = part.filter(|(stem, _)| histograms.metrics.contains(*stem)) else { continue };
        let labels = selector.matchers.matchers.iter().map(|matcher| (matcher.name.clone(), matcher.value.clone()));
        let (bound, labels): (Vec<_>, BTreeSet<_>) = {
            let (bound, labels): (Vec<_>, Vec<_>) = labels.partition(|(key, _)| key == "le");
            (bound, labels.into_iter().collect())
        };
        let samples = parse(&series.values.value)?;
        let group = groups.entry((stem.to_owned(), labels)).or_default();
        group.series.push(at);
        match suffix {
            "_bucket" => group.parts.buckets.push((bound.first()?.1.parse().ok()?, samples)),
            "_count" => group.parts.count = Some(samples),
            _ => group.parts.sum = Some(samples),
        }
    }
    join(&mut groups)?;
    let names: BTreeSet<_> = groups.keys().map(|(name, _)| name.clone()).collect();
    let mut bounds = BTreeMap::new();
    for name in names {
        let own = groups.iter().filter(|((other, _), _)| *other == name).map(|(_, group)| &group.parts);
        let of_buckets = |parts: &Parts| parts.buckets.iter().map(|(bound, _)| *bound).collect::<Vec<_>>();
        let of_shape = |parts: &Parts| parts.shape.iter().map(|(bound, _)| *bound).collect::<Vec<_>>();
        let mut all: Vec<_> = own.flat_map(|parts| [of_buckets(parts), of_shape(parts)].concat()).collect();
        all.retain(|bound| bound.is_finite());
        all.sort_by(f64::total_cmp);
        all.dedup();
        // promtool wants at least one.
        if all.is_empty() {
            all.push(1.0);
        }
        bounds.insert(name, all);
    }
    let filled = groups.into_iter().map(|(key, group)| {
        let values = group.parts.native(&bounds[&key.0])?;
        Some((key, (group, values)))
    });
    filled.collect()
}

/// Gives buckets to the counts that they belong to: those with their labels and more. A part of other counts gets the shares
/// of the whole, so that it leaves their quantiles as they are.
fn join(groups: &mut BTreeMap<Key, Group>) -> Option<()> {
    let is_bare = |group: &Group| group.parts.buckets.is_empty() && group.parts.shape.is_empty();
    let last = |group: &Group| {
        let found = group.parts.buckets.iter().find(|(bound, _)| bound.is_infinite());
        found.map(|(_, samples)| samples.clone())
    };
    // Buckets of all observations, while counts are of those with each outcome.
    let is_divided = |group: &Group| match (&group.parts.count, last(group)) {
        (Some(count), Some(all)) => *count != all,
        (count, _) => count.is_none(),
    };
    let divided = groups.iter().filter(|(_, group)| !group.parts.buckets.is_empty() && is_divided(group));
    for key in divided.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
        let belongs = |name: &str, labels: &BTreeSet<_>| name == key.0 && labels.is_superset(&key.1);
        let owners = groups.iter().filter(|((name, labels), group)| is_bare(group) && belongs(name, labels));
        let owners: Vec<_> = owners.map(|(key, _)| key.clone()).collect();
        let group = groups.get_mut(&key)?;
        let (total, shares) = (last(group), group.parts.shares());
        if group.parts.count.is_some() {
            group.parts.shape = shares.clone()?;
            group.parts.buckets.clear();
        } else if let Some(first) = owners.first() {
            let group = groups.remove(&key)?;
            let owner = groups.get_mut(first)?;
            owner.series.extend(group.series);
            if owners.len() == 1 && owner.parts.count == total {
                owner.parts.buckets = group.parts.buckets;
                continue;
            }
        }
        for owner in &owners {
            groups.get_mut(owner)?.parts.shape = shares.clone()?;
        }
    }
    let shapes: Vec<_> = groups.iter().filter_map(|(key, group)| Some((key.clone(), group.parts.shares()?))).collect();
    for (key, group) in groups.iter_mut().filter(|(_, group)| is_bare(group)) {
        let own = || shapes.iter().filter(|((name, _), _)| *name == key.0);
        // The labels that a part of the observations has beside those of all.
        let whole =
            own().filter(|((_, labels), _)| key.1.is_superset(labels)).max_by_key(|((_, labels), _)| labels.len());
        let lowest = own().flat_map(|(_, shares)| shares).map(|(bound, _)| *bound).min_by(f64::total_cmp);
        match (whole, lowest) {
            (Some((_, all)), _) => group.parts.shape.clone_from(all),
            // Quick ones.
            (None, lowest) => group.parts.shape = vec![(lowest.unwrap_or(QUICK), 1.0)],
        }
    }
    Some(())
}

/// Removes the bound from labels in braces.
fn without_bound(labels: &str) -> String {
    let Some(start) = ["{le=\"", ",le=\"", ", le=\""].iter().find_map(|bound| labels.find(bound)) else {
        return labels.to_owned();
    };
    let value = start + labels[start..].find('"').map_or(0, |at| at + 1);
    let end = labels[value..].find('"').map_or(labels.len(), |at| value + at + 1);
    let (before, after) = (&labels[..start], &labels[end..]);
    match after.strip_prefix(',') {
        Some(after) if before.is_empty() => format!("{{{}", after.trim_start()),
        _ if before.is_empty() => format!("{{{after}"),
        _ => format!("{before}{after}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_removed_wherever_it_stands() {
        for (labels, expected) in [
            ("{le=\"1\"}", "{}"),
            ("{le=\"1\",a=\"b\"}", "{a=\"b\"}"),
            ("{a=\"b\",le=\"+Inf\"}", "{a=\"b\"}"),
            ("{a=\"b\", le=\"1\", c=\"d\"}", "{a=\"b\", c=\"d\"}"),
            ("{scale=\"1\"}", "{scale=\"1\"}"),
            ("", ""),
        ] {
            assert_eq!(without_bound(labels), expected);
        }
    }
}
