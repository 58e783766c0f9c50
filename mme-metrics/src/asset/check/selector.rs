//! A selector: a name and its matchers.

use promql_parser::label::{METRIC_NAME, MatchOp, Matcher};
use promql_parser::parser::VectorSelector;

use super::shape::{Labels, Shape};
use super::vocabulary::{Metric, Vocabulary, closest};
use crate::asset::promql::FILLED;
use crate::label::Cardinality;
use crate::metric::Spec;

/// Returns what `selector` selects; what is wrong with it goes to `find`.
pub(super) fn shape(selector: &VectorSelector, vocabulary: &Vocabulary, find: &mut impl FnMut(String)) -> Shape {
    let Some(name) = name(selector) else {
        return Shape::anything();
    };
    let metric = match vocabulary.find(&name) {
        Ok(metric) => metric,
        Err(message) => {
            find(message);
            return Shape::anything();
        }
    };
    let mut shape = metric.shape.clone();
    let alternatives = selector.matchers.or_matchers.iter().flatten();
    for matcher in selector.matchers.matchers.iter().chain(alternatives).filter(|matcher| matcher.name != METRIC_NAME) {
        check(matcher, &name, metric, find);
        // A label that has to be empty is one the series do not have.
        if matches!(matcher.op, MatchOp::Equal) && matcher.value.is_empty() {
            shape.labels.remove(&matcher.name);
        }
    }
    shape
}

/// Returns the name, wherever it stands; nothing if the selector takes several metrics or a variable names it.
fn name(selector: &VectorSelector) -> Option<String> {
    let written = selector.name.clone().or_else(|| {
        let named = selector.matchers.matchers.iter().find(|matcher| matcher.name == METRIC_NAME)?;
        matches!(named.op, MatchOp::Equal).then(|| named.value.clone())
    });
    written.filter(|name| !name.contains(FILLED))
}

fn check(matcher: &Matcher, name: &str, metric: &Metric, find: &mut impl FnMut(String)) {
    let labels = &metric.shape.labels;
    if !labels.has(&matcher.name) {
        find(unknown_label(&matcher.name, name, labels));
        return;
    }
    if matcher.value.contains(FILLED) {
        return;
    }
    let Some(spec) = metric.spec else { return };
    if matcher.name == "le" {
        check_bound(matcher, spec, find);
    }
    let Some(Cardinality::Closed(values)) = spec.label(&matcher.name).map(|label| label.values) else { return };
    let affirmative = positive(matcher);
    if !affirmative.value.is_empty() && !values.iter().any(|value| affirmative.is_match(value)) {
        let values: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
        find(format!(
            "`{}` of `{name}` is never {:?}: it is one of {}",
            matcher.name,
            matcher.value,
            values.join(", ")
        ));
    }
}

/// Turns `!=` into `=` and `!~` into `=~`: what is excluded has to exist, too.
fn positive(matcher: &Matcher) -> Matcher {
    let op = match &matcher.op {
        MatchOp::NotEqual => MatchOp::Equal,
        MatchOp::NotRe(pattern) => MatchOp::Re(pattern.clone()),
        other => other.clone(),
    };
    Matcher { op, ..matcher.clone() }
}

fn check_bound(matcher: &Matcher, spec: &Spec, find: &mut impl FnMut(String)) {
    if !matches!(matcher.op, MatchOp::Equal) || matcher.value == "+Inf" {
        return;
    }
    let bound = matcher.value.parse::<f64>().ok();
    // Both are read from the same decimal, so they are the same number.
    let exists = bound.is_some_and(|bound| spec.buckets.contains(&bound));
    if !exists {
        let bounds: Vec<_> = spec.buckets.iter().map(ToString::to_string).collect();
        find(format!("`{}` has no bucket with the bound {}: it has {}", spec.name, matcher.value, bounds.join(" ")));
    }
}

/// Says that a label does not exist, and which one was probably meant.
pub(super) fn unknown_label(key: &str, of: &str, labels: &Labels) -> String {
    let of = if of.is_empty() { "what is selected here".to_owned() } else { format!("`{of}`") };
    let meant = match labels {
        Labels::Any => None,
        Labels::Known(keys) => closest(key, keys.iter().map(String::as_str)),
    };
    match meant {
        Some(meant) => format!("{of} has no label `{key}`: did you mean `{meant}`?"),
        None => format!("{of} has no label `{key}`: its labels are {}", labels.list()),
    }
}
