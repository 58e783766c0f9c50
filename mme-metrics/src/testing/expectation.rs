//! The expected emission, and its comparison with the real one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::emission::{Emission, Figure, series};
use crate::function::{FUNCTION, FunctionName, ModulePath};
use crate::label::LabelSet;
use crate::metric::{Counter, Gauge, Histogram};
use crate::operation::Outcome;
use crate::recorder::Recorder;

impl Emission {
    /// Starts the list of what is expected.
    pub fn expect(&self) -> Expectation<'_> {
        Expectation { emission: self, expected: BTreeMap::new() }
    }
}

/// The expected emission: name all of it, then call [`only`](Self::only).
#[derive(Debug)]
#[must_use = "nothing is compared until `only` or `among_others` is called"]
pub struct Expectation<'a> {
    emission: &'a Emission,
    expected: BTreeMap<String, Figure>,
}

impl Expectation<'_> {
    /// Expects a counter to have counted `total`.
    pub fn counter<L: LabelSet>(self, metric: &Counter<L>, labels: L, total: u64) -> Self {
        self.figure(metric.spec().name, &labels.labels(), Figure::Counter(total))
    }

    /// Expects a gauge to have `value`; zero also fits a gauge without a series.
    pub fn gauge<L: LabelSet>(self, metric: &Gauge<L>, labels: L, value: f64) -> Self {
        self.figure(metric.spec().name, &labels.labels(), Figure::Gauge(value))
    }

    /// Expects a histogram to have recorded `count` observations.
    pub fn histogram<L: LabelSet>(self, metric: &Histogram<L>, labels: L, count: u64) -> Self {
        self.figure(metric.spec().name, &labels.labels(), Figure::Histogram(count))
    }

    /// Expects `calls` calls of a function in `module` to have ended as `outcome`: each is counted, and its duration recorded.
    ///
    /// `function` is the name that the attribute exports: the function's own, `Type::method` in an instrumented `impl` or `trait`,
    /// or the one that `name = "…"` gives. `module` is its [`module_path!`]. Expect each outcome by a call of its own.
    pub fn function(self, function: &str, module: &str, outcome: Outcome, calls: u64) -> Self {
        self.function_with(function, module, (), outcome, calls)
    }

    /// Expects calls as [`function`](Self::function) does, with the labels that the attribute adds: a tuple of them.
    pub fn function_with<L: LabelSet>(
        mut self,
        function: &str,
        module: &str,
        labels: L,
        outcome: Outcome,
        calls: u64,
    ) -> Self {
        let (function, module) = (FunctionName::admit(function), ModulePath::admit(module));
        let with = |mut all: Vec<metrics::Label>| {
            all.extend(labels.labels());
            all
        };
        let duration = series(FUNCTION.duration.spec().name, &Recorder::label_text(&with((function, module).labels())));
        if calls > 0 {
            match self.expected.entry(duration).or_insert(Figure::Histogram(0)) {
                Figure::Histogram(count) => *count += calls,
                Figure::Counter(_) | Figure::Gauge(_) => {}
            }
        }
        let ended = (function, module, outcome.result_label(), outcome.error_word()).labels();
        self.figure(FUNCTION.calls.spec().name, &with(ended), Figure::Counter(calls))
    }

    fn figure(mut self, name: &str, labels: &[metrics::Label], figure: Figure) -> Self {
        if !figure.is_zero() {
            self.expected.insert(series(name, &Recorder::label_text(labels)), figure);
        }
        self
    }

    /// Asserts that everything expected was emitted, and nothing else.
    ///
    /// # Panics
    ///
    /// When they differ, with both lists.
    #[track_caller]
    pub fn only(self) {
        let emitted = self.emission.figures();
        assert!(emitted == self.expected, "{}", difference(&self.expected, &emitted));
    }

    /// Asserts that everything expected was emitted; other series may exist too.
    ///
    /// # Panics
    ///
    /// When a series is missing or differs, with both lists.
    #[track_caller]
    pub fn among_others(self) {
        let emitted = self.emission.figures();
        let found = self.expected.iter().all(|(series, figure)| emitted.get(series) == Some(figure));
        assert!(found, "{}", difference(&self.expected, &emitted));
    }
}

fn difference(expected: &BTreeMap<String, Figure>, emitted: &BTreeMap<String, Figure>) -> String {
    let mut text = String::from("the emission differs from the expected one\n");
    for (title, left, right) in [("missing", expected, emitted), ("not expected", emitted, expected)] {
        for (series, figure) in left.iter().filter(|(series, figure)| right.get(*series) != Some(figure)) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {title}: {series} {figure:?}");
        }
    }
    text
}
