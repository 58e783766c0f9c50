//! Checks a selector: its metric name and its matchers.

use promql_parser::label::{METRIC_NAME, MatchOp, Matcher};
use promql_parser::parser::VectorSelector;

use super::shape::{Labels, Sample, Shape};
use super::value;
use super::vocabulary::Vocabulary;
use crate::asset::finding::{FindingKind, Problem};
use crate::asset::promql::holds_variable;
use crate::suggestion::closest;

/// Returns the shape of the series that `selector` selects, and reports problems to `find`. It may select native histograms only
/// if these are of use there.
pub(super) fn shape(
    selector: &VectorSelector,
    vocabulary: &Vocabulary,
    takes_histograms: bool,
    find: &mut impl FnMut(Problem),
) -> Shape {
    let matchers = &selector.matchers;
    let all: Vec<_> = matchers.matchers.iter().chain(matchers.or_matchers.iter().flatten()).collect();
    let Some(name) = name(selector) else {
        return several(&all, vocabulary, find);
    };
    if holds_variable(&name) {
        return Shape::anything();
    }
    let native = vocabulary.find_native(&name).filter(|_| takes_histograms);
    let mut shape = match native.map_or_else(|| vocabulary.find(&name), Ok) {
        Ok(metric) => metric.clone(),
        Err(message) => {
            find(FindingKind::UnknownMetric.says(message));
            return Shape::anything();
        }
    };
    let labels = all.iter().filter(|matcher| matcher.name != METRIC_NAME && !holds_variable(&matcher.name));
    for matcher in labels.clone() {
        if !shape.labels.has(&matcher.name) {
            find(FindingKind::UnknownLabel.says(unknown_label(&matcher.name, &name, &shape.labels)));
        }
    }
    let labels: Vec<_> = labels.copied().collect();
    value::check(&labels, &name, &shape.labels, find);
    for matcher in labels {
        // A matcher for the empty value selects series without the label.
        if matches!(matcher.op, MatchOp::Equal) && matcher.value.is_empty() {
            shape.labels.remove(&matcher.name);
        }
    }
    shape
}

/// Returns the metric name of a selector, which may also be a matcher.
pub(super) fn name(selector: &VectorSelector) -> Option<String> {
    selector.name.clone().or_else(|| {
        let named = selector.matchers.matchers.iter().find(|matcher| matcher.name == METRIC_NAME)?;
        matches!(named.op, MatchOp::Equal).then(|| named.value.clone())
    })
}

/// Returns the shape of a selector that has no name, or a pattern for it.
fn several(matchers: &[&Matcher], vocabulary: &Vocabulary, find: &mut impl FnMut(Problem)) -> Shape {
    if matchers.iter().any(|matcher| holds_variable(&matcher.name) || holds_variable(&matcher.value)) {
        return Shape::anything();
    }
    let (names, labels): (Vec<_>, Vec<_>) = matchers.iter().copied().partition(|matcher| matcher.name == METRIC_NAME);
    let mut candidates =
        vocabulary.all().filter(|(name, _)| names.iter().all(|matcher| matcher.is_match(name))).peekable();
    if candidates.peek().is_none() {
        let pattern = names.first().map_or("", |matcher| &matcher.value);
        find(FindingKind::UnknownMetric.says(format!("no metric has a name like {pattern:?}: correct the pattern")));
        return Shape::anything();
    }
    // A metric with unknown labels tells nothing about a selector that does not name it.
    let told = |shape: &Shape| !names.is_empty() || shape.labels != Labels::Any;
    let possible = candidates
        .filter(|(_, shape)| told(shape) && labels.iter().all(|matcher| value::possible(matcher, &shape.labels)));
    if let Some(labels) = possible.map(|(_, shape)| shape.labels.clone()).reduce(Labels::union) {
        Shape { labels, sample: Sample::Any, metric: String::new() }
    } else {
        let matchers: Vec<_> = labels.iter().map(ToString::to_string).collect();
        find(
            FindingKind::UnknownMetric.says(format!(
                "no metric has labels like {{{}}}: correct them, or name the metric",
                matchers.join(",")
            )),
        );
        Shape::anything()
    }
}

/// Returns the message that a label does not exist, with a suggestion.
pub(super) fn unknown_label(key: &str, of: &str, labels: &Labels) -> String {
    let of = if of.is_empty() { "what is selected here".to_owned() } else { format!("`{of}`") };
    let meant = match labels {
        Labels::Any => None,
        Labels::Known(keys) => closest(key, keys.keys().map(String::as_str)),
    };
    match meant {
        Some(meant) => format!("{of} has no label `{key}`: did you mean `{meant}`?"),
        None => format!("{of} has no label `{key}`: its labels are {}", labels.list()),
    }
}
