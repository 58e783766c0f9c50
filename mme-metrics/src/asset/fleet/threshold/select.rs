//! Thresholds of some series of an alert only, such as one route.

use std::collections::HashSet;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{BinaryExpr, Expr, ParenExpr, VectorSelector};

use crate::asset::fleet::pattern;
use crate::asset::promql;

/// Longest selector.
const LONGEST: usize = 1024;

/// The labels that every record keeps.
const KEPT: [&str; 3] = ["cluster", "job", "namespace"];

/// A threshold of an alert that has others for some series.
#[derive(Debug)]
pub(super) struct Selected<'v> {
    /// The name of a series that stands for the threshold in the expression.
    pub(super) mark: String,
    /// The threshold of all other series.
    pub(super) default: String,
    /// The selected series and their thresholds. The first that selects a series counts.
    pub(super) others: Vec<(Vec<Matcher>, &'v str)>,
}

/// Reads a selector such as `{http_route="/export"}`.
pub(super) fn matchers(text: &str) -> Result<Vec<Matcher>, String> {
    if text.len() > LONGEST || text.chars().any(char::is_control) || text.contains("{{") || text.contains("}}") {
        return Err(format!("a selector has at most {LONGEST} bytes, and no `{{{{`, `}}}}` or control characters"));
    }
    let invalid = || format!("{text} selects no series: write it as in {{http_route=\"/export\"}}");
    let parsed = if text.ends_with('}') { promql::parse(&format!("a{text}")).ok() } else { None };
    let Some(Expr::VectorSelector(selector)) = parsed else { return Err(invalid()) };
    let matchers = selector.matchers.matchers;
    if matchers.is_empty() || !selector.matchers.or_matchers.is_empty() {
        return Err(invalid());
    }
    for matcher in &matchers {
        if matcher.name.starts_with("__") {
            return Err(format!("{} is not a label to select by: use those of the alert", matcher.name));
        }
        if matches!(matcher.op, MatchOp::Re(_) | MatchOp::NotRe(_)) {
            pattern::matcher(&matcher.name, &matcher.value)?;
        }
    }
    Ok(matchers)
}

/// Gives the selected series their thresholds. `labels` are those that the rules group by.
pub(super) fn apply(expression: &mut Expr, selected: &Selected<'_>, labels: &HashSet<String>) -> Result<(), String> {
    let mut done = Ok(());
    promql::walk_mut(expression, &mut |part| {
        if let Expr::Binary(binary) = part
            && is_series(&binary.rhs, &selected.mark)
        {
            match split(binary, selected, labels) {
                Ok(all) => *part = all,
                Err(message) => done = Err(message),
            }
        }
    });
    done
}

fn is_series(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::VectorSelector(selector) if selector.name.as_deref() == Some(name))
}

/// Returns the comparison once for each threshold, for the series that have it.
fn split(comparison: &BinaryExpr, selected: &Selected<'_>, labels: &HashSet<String>) -> Result<Expr, String> {
    let Expr::VectorSelector(series) = &*comparison.lhs else {
        let message = "the alert calculates what it compares, so this threshold is one for all series: copy the rule";
        return Err(message.to_owned());
    };
    let mut before = String::new();
    let mut parts = Vec::new();
    for (matchers, value) in &selected.others {
        let chosen = narrowed(series, matchers, labels)?;
        parts.push(format!("({chosen}{before}) {} {value}", comparison.op));
        before = format!("{before} unless {chosen}");
    }
    let parse = |text: &str| promql::parse(text).map_err(|problem| problem.message);
    let mut others = comparison.clone();
    *others.lhs = parse(&format!("({series}{before})"))?;
    *others.rhs = parse(&selected.default)?;
    parts.push(others.to_string());
    Ok(Expr::Paren(ParenExpr { expr: Box::new(parse(&parts.join(" or "))?) }))
}

fn narrowed(series: &VectorSelector, matchers: &[Matcher], labels: &HashSet<String>) -> Result<VectorSelector, String> {
    let name = series.name.as_deref().unwrap_or_default();
    let unknown = matchers.iter().find(|matcher| !has(name, &matcher.name, labels));
    if let Some(Matcher { name: label, .. }) = unknown {
        return Err(format!("`{name}` has no label `{label}`: select by one of those that its name begins with"));
    }
    let mut narrowed = series.clone();
    narrowed.matchers.matchers.extend_from_slice(matchers);
    Ok(narrowed)
}

/// Returns whether a series has a label, by the level of its name. Of a series that no rule records, it is not known.
fn has(series: &str, label: &str, labels: &HashSet<String>) -> bool {
    let Some((level, _)) = series.split_once(':') else { return true };
    let in_level = labels.contains(label) && format!("_{level}_").contains(&format!("_{label}_"));
    in_level || KEPT.contains(&label)
}
