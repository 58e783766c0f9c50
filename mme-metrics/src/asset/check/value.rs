//! Checks the label values that matchers select.

use promql_parser::label::{MatchOp, Matcher};

use super::shape::{Labels, Values};
use crate::asset::finding::{FindingKind, Problem};
use crate::asset::promql::holds_variable;

/// Checks that each matcher selects a possible value of its label, and that all matchers of a label together do.
pub(super) fn check(matchers: &[&Matcher], metric: &str, labels: &Labels, find: &mut impl FnMut(Problem)) {
    let known = |matcher: &&&Matcher| labels.has(&matcher.name) && !holds_variable(&matcher.value);
    let mut together: Vec<&Matcher> = Vec::new();
    for matcher in matchers.iter().filter(known) {
        let Some(candidates) = candidates(labels.values(&matcher.name)) else { continue };
        let asked = positive(matcher);
        // A matcher for the empty value selects series without the label.
        if asked.is_match("") || candidates.iter().any(|value| asks_for(&asked, value)) {
            together.push(matcher);
        } else {
            find(impossible(matcher, metric, labels));
        }
    }
    for (at, matcher) in together.iter().enumerate() {
        let same: Vec<_> = together.iter().filter(|other| other.name == matcher.name).collect();
        let first = together[..at].iter().all(|other| other.name != matcher.name);
        if first && same.len() > 1 {
            let values = candidates(labels.values(&matcher.name)).unwrap_or_default();
            let mut values = values.iter().map(String::as_str).chain([""]);
            if !values.any(|value| same.iter().all(|matcher| asks_for(matcher, value))) {
                let list: Vec<_> = same.iter().map(ToString::to_string).collect();
                let message =
                    format!("no value of `{}` matches {} at once: remove one", matcher.name, list.join(" and "));
                find(FindingKind::ImpossibleValue.says(message));
            }
        }
    }
}

/// Returns whether series with these labels can match.
pub(super) fn possible(matcher: &Matcher, labels: &Labels) -> bool {
    if matcher.is_match("") {
        return true;
    }
    labels.has(&matcher.name)
        && candidates(labels.values(&matcher.name)).is_none_or(|values| values.iter().any(|v| asks_for(matcher, v)))
}

/// Lists the possible values of a label, if they are known.
fn candidates(values: &Values) -> Option<Vec<String>> {
    match values {
        Values::Any => None,
        Values::Closed(values) => Some(values.clone()),
        Values::Bounds(bounds) => Some(bounds.iter().map(ToString::to_string).chain(["+Inf".to_owned()]).collect()),
    }
}

/// Returns whether a matcher matches a value. Bucket bounds are compared as numbers, in any notation.
fn asks_for(matcher: &Matcher, value: &str) -> bool {
    let bound =
        || (matcher.name == "le").then(|| value.parse::<f64>().ok()).flatten().filter(|bound| bound.is_finite());
    matcher.is_match(value)
        || bound().is_some_and(|bound| match matcher.op {
            // Exact comparison is right, because equal decimals are parsed to equal numbers.
            MatchOp::Equal => matcher.value.parse() == Ok(bound),
            // Prometheus 3 writes whole bounds as `1.0`.
            MatchOp::Re(_) => matcher.is_match(&format!("{bound:?}")),
            MatchOp::NotEqual | MatchOp::NotRe(_) => false,
        })
}

/// Converts `!=` to `=` and `!~` to `=~`, because an excluded value has to exist, too.
fn positive(matcher: &Matcher) -> Matcher {
    let op = match &matcher.op {
        MatchOp::NotEqual => MatchOp::Equal,
        MatchOp::NotRe(pattern) => MatchOp::Re(pattern.clone()),
        other => other.clone(),
    };
    Matcher { op, ..matcher.clone() }
}

fn impossible(matcher: &Matcher, metric: &str, labels: &Labels) -> Problem {
    match labels.values(&matcher.name) {
        Values::Bounds(bounds) => {
            let bounds: Vec<_> = bounds.iter().map(ToString::to_string).collect();
            FindingKind::UnknownBucket.says(format!(
                "`{metric}` has no bucket with the bound {}: it has {}",
                matcher.value,
                bounds.join(" ")
            ))
        }
        values => {
            let values: Vec<_> = candidates(values).unwrap_or_default().iter().map(|v| format!("{v:?}")).collect();
            FindingKind::ImpossibleValue.says(format!(
                "`{}` of `{metric}` is never {:?}: it is one of {}",
                matcher.name,
                matcher.value,
                values.join(", ")
            ))
        }
    }
}
