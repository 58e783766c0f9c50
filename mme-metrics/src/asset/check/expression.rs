//! Infers the labels of the series that an expression returns, and reports problems in it.

use promql_parser::label::{METRIC_NAME, MatchOp};
use promql_parser::parser::token::{
    T_AVG, T_BOTTOMK, T_COUNT, T_COUNT_VALUES, T_GROUP, T_LIMIT_RATIO, T_LIMITK, T_SUM, T_TOPK,
};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{AggregateExpr, Call, Expr, LabelModifier};

use super::selector::{self, unknown_label};
use super::shape::{Labels, Sample, Shape, Values};
use super::vocabulary::Vocabulary;
use crate::asset::finding::{FindingKind, Problem};
use crate::asset::promql::holds_variable;

/// Functions that need a counter.
const OF_COUNTERS: [&str; 4] = ["increase", "irate", "rate", "resets"];

/// Functions that give wrong results on a counter, because it falls to zero at a restart.
const OF_GAUGES: [&str; 4] = ["delta", "deriv", "idelta", "predict_linear"];

/// Beginnings of the functions that read native histograms as they are.
const OF_HISTOGRAMS: [&str; 3] = ["histogram_", "absent", "timestamp"];

/// Beginnings of the functions that make numbers of native histograms.
const NUMBERS: [&str; 7] =
    ["absent", "changes", "count_over_time", "histogram_", "present_over_time", "resets", "timestamp"];

/// Functions that make native histograms of native histograms.
const KEEPING: [&str; 10] = [
    "avg_over_time",
    "delta",
    "first_over_time",
    "idelta",
    "increase",
    "irate",
    "label_join",
    "label_replace",
    "last_over_time",
    "rate",
];

/// Reads expressions and collects the problems in them.
pub(super) struct Reader<'v> {
    vocabulary: &'v Vocabulary,
    /// Whether what stands around the series that are read takes native histograms.
    pub(super) takes_histograms: bool,
    problems: Vec<Problem>,
}

impl<'v> Reader<'v> {
    pub(super) fn new(vocabulary: &'v Vocabulary) -> Self {
        Self { vocabulary, takes_histograms: false, problems: Vec::new() }
    }

    /// Returns the problems, each once.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        let mut seen = std::collections::HashSet::new();
        self.problems.retain(|problem| seen.insert(problem.message.clone()));
        self.problems
    }

    /// Adds a problem.
    pub(super) fn find(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Returns the shape of `expression`: what is known of its series.
    pub(super) fn shape(&mut self, expression: &Expr) -> Shape {
        match expression {
            Expr::VectorSelector(selector) => self.selector(selector, self.takes_histograms),
            // A range is read by a function, which says what it makes of histograms.
            Expr::MatrixSelector(matrix) => self.selector(&matrix.vs, true),
            Expr::Paren(paren) => self.shape(&paren.expr),
            Expr::Unary(unary) => Shape::computed(self.shape(&unary.expr).labels),
            Expr::Subquery(subquery) => self.shape(&subquery.expr),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Call(call) => self.call(call),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Shape::bare(),
            Expr::Extension(_) => Shape::anything(),
        }
    }

    fn selector(&mut self, selector: &promql_parser::parser::VectorSelector, takes_histograms: bool) -> Shape {
        let Self { vocabulary, problems, .. } = self;
        selector::shape(selector, vocabulary, takes_histograms, &mut |problem| problems.push(problem))
    }

    fn aggregate(&mut self, aggregate: &AggregateExpr) -> Shape {
        let inner = self.shape(&aggregate.expr);
        if let Some(parameter) = &aggregate.param {
            self.shape(parameter);
        }
        let mut shape = match &aggregate.modifier {
            _ if matches!(aggregate.op.id(), T_TOPK | T_BOTTOMK | T_LIMITK | T_LIMIT_RATIO) => inner.clone(),
            None => Shape::computed_of(&inner, Shape::bare().labels),
            Some(LabelModifier::Include(keys)) => Shape::computed_of(&inner, inner.labels.only(&keys.labels)),
            Some(LabelModifier::Exclude(keys)) => {
                let mut labels = inner.labels.clone();
                keys.labels.iter().for_each(|key| labels.remove(key));
                Shape::computed_of(&inner, labels)
            }
        };
        if inner.sample == Sample::Histogram && !matches!(aggregate.op.id(), T_AVG | T_COUNT | T_GROUP | T_SUM) {
            self.find_histogram(&aggregate.op.to_string());
        }
        let keys = aggregate.modifier.as_ref().map(LabelModifier::labels);
        self.need(&inner, keys.into_iter().flat_map(|keys| &keys.labels));
        if let (T_COUNT_VALUES, Some(Expr::StringLiteral(key))) = (aggregate.op.id(), aggregate.param.as_deref()) {
            shape.labels.set(&key.val, Values::Any);
        }
        shape
    }

    /// Reports each of `keys` that `shape` does not have.
    pub(super) fn need<'k>(&mut self, shape: &Shape, keys: impl IntoIterator<Item = &'k String>) {
        for key in keys.into_iter().filter(|key| *key != METRIC_NAME && !holds_variable(key)) {
            if !shape.labels.has(key) {
                self.find(FindingKind::UnknownLabel.says(unknown_label(key, &shape.metric, &shape.labels)));
            }
        }
    }

    fn call(&mut self, call: &Call) -> Shape {
        let outer = self.takes_histograms;
        self.takes_histograms |= OF_HISTOGRAMS.iter().any(|start| call.func.name.starts_with(start));
        let arguments: Vec<_> = call.args.args.iter().map(|argument| (argument, self.shape(argument))).collect();
        self.takes_histograms = outer;
        let series = arguments.iter().find(|(argument, _)| is_series(argument)).map(|(_, shape)| shape);
        let text = |index: usize| match arguments.get(index).map(|(argument, _)| &***argument) {
            Some(Expr::StringLiteral(text)) => Some(&text.val),
            _ => None,
        };
        let Some(series) = series else { return Shape::bare() };
        self.kind_of_sample(call.func.name, series);
        let mut shape = Shape::computed_of(series, series.labels.clone());
        if NUMBERS.iter().any(|start| call.func.name.starts_with(start)) {
            shape.sample = Sample::Gauge;
        } else if series.sample == Sample::Histogram && !KEEPING.contains(&call.func.name) {
            self.find_histogram(call.func.name);
            shape.sample = Sample::Any;
        }
        match call.func.name {
            "scalar" => return Shape::bare(),
            "absent" | "absent_over_time" => return Shape::computed(equalities(arguments[0].0)),
            "histogram_quantile" | "histogram_quantiles" | "histogram_fraction" => {
                if !shape.labels.has("le") && series.sample != Sample::Histogram {
                    let message = format!("`{}` needs the label `le`: keep it in `by (…)`", call.func.name);
                    self.problems.push(FindingKind::MissingBuckets.says(message));
                }
                shape.labels.remove("le");
            }
            "label_replace" => {
                self.need(series, text(3).filter(|key| !key.is_empty()));
                if let Some(key) = text(1) {
                    shape.labels.set(key, Values::Any);
                }
            }
            "label_join" => {
                let sources: Vec<_> = (3..arguments.len()).filter_map(text).collect();
                self.need(series, sources);
                if let Some(key) = text(1) {
                    shape.labels.set(key, Values::Any);
                }
            }
            // These return values of the counter itself, so the result is still a counter.
            "last_over_time" | "max_over_time" | "min_over_time" => shape = series.clone(),
            _ => {}
        }
        shape
    }

    /// Reports that native histograms are read where only numbers make sense.
    pub(super) fn find_histogram(&mut self, function: &str) {
        self.find(FindingKind::WrongFunction.says(format!(
            "`{function}` of native histograms returns nothing: take their `histogram_count`, `histogram_sum` or `histogram_quantile`"
        )));
    }

    fn kind_of_sample(&mut self, function: &str, series: &Shape) {
        let metric = if series.metric.is_empty() { "what is computed here" } else { &series.metric };
        if OF_COUNTERS.contains(&function) && series.sample == Sample::Gauge {
            self.find(FindingKind::WrongFunction.says(format!(
                "`{function}` of `{metric}`, which goes up and down: use `changes`, `delta` or `deriv`, or take the `{function}` of a counter before anything else"
            )));
        }
        if OF_GAUGES.contains(&function) && series.sample == Sample::Counter {
            let message = format!("`{function}` of the counter `{metric}`: use `rate` or `increase`");
            self.find(FindingKind::WrongFunction.says(message));
        }
    }
}

fn is_series(expression: &Expr) -> bool {
    matches!(expression.value_type(), ValueType::Vector | ValueType::Matrix)
}

/// Returns the labels of the series that `absent` returns: those with an equality matcher.
fn equalities(expression: &Expr) -> Labels {
    let matchers = match expression {
        Expr::VectorSelector(selector) => &selector.matchers,
        Expr::MatrixSelector(matrix) => &matrix.vs.matchers,
        Expr::Paren(paren) => return equalities(&paren.expr),
        _ => return Labels::known::<String>([]),
    };
    let fixed = matchers.matchers.iter().filter(|matcher| matches!(matcher.op, MatchOp::Equal));
    Labels::known(fixed.map(|matcher| &matcher.name))
}
