//! Assertions on what a piece of code emits: all of it, and nothing else.
//!
//! Tests run side by side: each sees only what it records itself. Nothing global is set.
//!
//! ```
//! use mme_metrics::{Counter, Unit, family, testing};
//!
//! family! {
//!     /// What the kitchen does.
//!     static KITCHEN: KitchenMetrics {
//!         /// Dishes that left the kitchen.
//!         dishes: Counter<()> = Counter::new("kitchen_dishes_total", Unit::None);
//!     }
//! }
//!
//! let emission = testing::record(|| KITCHEN.dishes.add((), 2));
//! emission.expect().counter(&KITCHEN.dishes, (), 2).only();
//! ```
//!
//! The calls of a function with [`#[instrument_metrics]`](crate::instrument_metrics) are asserted by its name, its module and
//! how they ended:
//!
//! ```
//! # #[cfg(feature = "macros")] {
//! use mme_metrics::operation::Outcome;
//! use mme_metrics::{instrument_metrics, testing};
//!
//! #[instrument_metrics]
//! fn price(dish: &str) -> Result<u32, String> {
//!     if dish == "soup" { Ok(7) } else { Err(format!("{dish} is not on the menu")) }
//! }
//!
//! let emission = testing::record(|| _ = (price("soup"), price("stone")));
//! let expected = emission.expect().function("price", module_path!(), Outcome::Ok, 1);
//! expected.function("price", module_path!(), Outcome::OTHER, 1).only();
//! # }
//! ```
//!
//! Asynchronous code is recorded at each of its polls, and when it is dropped:
//!
//! ```
//! # use mme_metrics::{Counter, Unit, family, testing};
//! # family! { /// Kitchen.
//! # static KITCHEN: KitchenMetrics { /// Dishes.
//! # dishes: Counter<()> = Counter::new("kitchen_dishes_total", Unit::None); } }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let emission = testing::Emission::new();
//! emission.record_async(async { KITCHEN.dishes.increment(()) }).await;
//! emission.expect().counter(&KITCHEN.dishes, (), 1).only();
//! # });
//! ```
//!
//! A task that the code spawns runs elsewhere: wrap its future in [`Emission::record_async`] too.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::function::{FUNCTION, FunctionName, ModulePath};
use crate::label::LabelSet;
use crate::metric::{Counter, Gauge, Histogram};
use crate::operation::Outcome;
use crate::recorder::{Figures, Recorder};

/// Runs `code` and returns what it emitted on this thread.
pub fn record(code: impl FnOnce()) -> Emission {
    let emission = Emission::new();
    emission.record(code);
    emission
}

/// Everything that was emitted by the code recorded with it. Clones share it.
#[derive(Clone, Debug)]
pub struct Emission(Recorder);

impl Default for Emission {
    fn default() -> Self {
        Self::new()
    }
}

/// Records into a recorder of the test's own making, for instance one that knows the families of the service.
impl From<Recorder> for Emission {
    fn from(recorder: Recorder) -> Self {
        Self(recorder)
    }
}

impl Emission {
    /// Starts with nothing emitted.
    ///
    /// # Panics
    ///
    /// Never: the catalogue it is made from is checked by this crate's own tests.
    pub fn new() -> Self {
        let recorder = Recorder::builder().without_process_metrics().build();
        Self(recorder.expect("the families of this crate fit together"))
    }

    /// Records what `code` emits on this thread.
    pub fn record<T>(&self, code: impl FnOnce() -> T) -> T {
        metrics::with_local_recorder(&self.0, code)
    }

    /// Records what `future` emits whenever it is polled, and when it is dropped.
    pub fn record_async<F: Future>(&self, future: F) -> Recorded<F> {
        Recorded { recorder: self.0.clone(), future: Some(Box::pin(future)) }
    }

    /// Returns the recorder behind it, for instance to look at the exposition.
    pub fn recorder(&self) -> &Recorder {
        &self.0
    }

    /// Starts to say what should have been emitted.
    pub fn expect(&self) -> Expectation<'_> {
        Expectation { emission: self, expected: BTreeMap::new() }
    }

    /// Returns what a gauge stands at, if it has a series: for what a test cannot know beforehand, such as a time.
    pub fn gauge<L: LabelSet>(&self, metric: &Gauge<L>, labels: L) -> Option<f64> {
        let (name, labels) = (metric.spec().name, Recorder::label_text(&labels.labels()));
        let mut found = None;
        self.0.visit(|of, with, figures| {
            if let Figures::Gauge(value) = figures
                && (of, with) == (name, &*labels)
            {
                found = Some(value);
            }
        });
        found
    }

    /// Lists what was emitted, without what stands at zero: `name{labels}` and figures.
    fn figures(&self) -> BTreeMap<String, Figure> {
        let mut all = BTreeMap::new();
        self.0.visit(|name, labels, figures| {
            let figure = match figures {
                Figures::Counter(total) => Figure::Counter(total),
                Figures::Gauge(value) => Figure::Gauge(value),
                Figures::Histogram { count, .. } => Figure::Histogram(count),
            };
            if !figure.is_zero() {
                all.insert(series(name, labels), figure);
            }
        });
        all
    }
}

fn series(name: &str, labels: &str) -> String {
    if labels.is_empty() { name.to_owned() } else { format!("{name}{{{labels}}}") }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Figure {
    Counter(u64),
    Gauge(f64),
    Histogram(u64),
}

impl Figure {
    fn is_zero(self) -> bool {
        matches!(self, Self::Counter(0) | Self::Histogram(0)) || self == Self::Gauge(0.0)
    }
}

/// A future whose emission is recorded; made by [`Emission::record_async`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Recorded<F: Future> {
    recorder: Recorder,
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> std::fmt::Debug for Recorded<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorded").finish_non_exhaustive()
    }
}

impl<F: Future> Future for Recorded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let Some(future) = &mut this.future else { return Poll::Pending };
        let polled = metrics::with_local_recorder(&this.recorder, || future.as_mut().poll(context));
        if polled.is_ready() {
            let future = this.future.take();
            metrics::with_local_recorder(&this.recorder, || drop(future));
        }
        polled
    }
}

impl<F: Future> Drop for Recorded<F> {
    fn drop(&mut self) {
        let future = self.future.take();
        metrics::with_local_recorder(&self.recorder, || drop(future));
    }
}

/// What should have been emitted; say all of it, then call [`only`](Self::only).
#[derive(Debug)]
#[must_use = "nothing is compared until `only` or `among_others` is called"]
pub struct Expectation<'a> {
    emission: &'a Emission,
    expected: BTreeMap<String, Figure>,
}

impl Expectation<'_> {
    /// Expects a counter to stand at `total`.
    pub fn counter<L: LabelSet>(self, metric: &Counter<L>, labels: L, total: u64) -> Self {
        self.figure(metric.spec().name, &labels.labels(), Figure::Counter(total))
    }

    /// Expects a gauge to stand at `value`; zero also fits one that nothing touched.
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
    /// or the one that `name = "…"` gives. `module` is the [`module_path!`] it stands in. Say this once for each outcome.
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

    /// Compares: everything expected was emitted, and nothing else.
    ///
    /// # Panics
    ///
    /// When they differ, with both lists.
    #[track_caller]
    pub fn only(self) {
        let emitted = self.emission.figures();
        assert!(emitted == self.expected, "{}", difference(&self.expected, &emitted));
    }

    /// Compares: everything expected was emitted, whatever else was.
    ///
    /// # Panics
    ///
    /// When something is missing or differs, with both lists.
    #[track_caller]
    pub fn among_others(self) {
        let emitted = self.emission.figures();
        let found = self.expected.iter().all(|(series, figure)| emitted.get(series) == Some(figure));
        assert!(found, "{}", difference(&self.expected, &emitted));
    }
}

fn difference(expected: &BTreeMap<String, Figure>, emitted: &BTreeMap<String, Figure>) -> String {
    let mut text = String::from("the emission is not what was expected\n");
    for (title, left, right) in [("missing", expected, emitted), ("not expected", emitted, expected)] {
        for (series, figure) in left.iter().filter(|(series, figure)| right.get(*series) != Some(figure)) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {title}: {series} {figure:?}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;
    use crate::function::CallSite;
    use crate::metric::Unit;
    use crate::operation::{AlwaysOk, ByResult, measure};

    crate::metric::family! {
        /// For these tests.
        static TEST: TestMetrics {
            /// Events.
            events: Counter<()> = Counter::new("testing_events_total", Unit::None);
            /// A level.
            level: Gauge<()> = Gauge::new("testing_level", Unit::None);
        }
    }

    #[test]
    fn finds_what_was_expected_and_what_was_not() {
        let emission = record(|| TEST.events.add((), 3));
        emission.expect().counter(&TEST.events, (), 3).only();
        assert!(catch_unwind(|| emission.expect().counter(&TEST.events, (), 2).only()).is_err());
        assert!(catch_unwind(|| emission.expect().only()).is_err());
    }

    #[test]
    fn the_calls_of_one_function_are_found_by_outcome() {
        static SITE: CallSite = CallSite::new("testing_site", module_path!());
        let emission = record(|| {
            measure(SITE.call(), AlwaysOk, || ());
            for _ in 0..2 {
                let _ = measure(SITE.call(), ByResult, || Err::<(), _>("no"));
            }
        });
        let calls = |ok, failed| {
            let expected = emission.expect().function("testing_site", module_path!(), Outcome::Ok, ok);
            expected.function("testing_site", module_path!(), Outcome::OTHER, failed)
        };
        calls(1, 2).only();
        for (ok, failed) in [(0, 2), (1, 1), (1, 0), (2, 1)] {
            assert!(catch_unwind(|| calls(ok, failed).only()).is_err(), "{ok} {failed}");
        }
    }

    #[test]
    fn a_gauge_back_at_zero_is_nothing() {
        let emission = record(|| {
            TEST.level.add((), 1.0);
            TEST.level.add((), -1.0);
        });
        emission.expect().only();
        emission.expect().gauge(&TEST.level, (), 0.0).only();
    }

    #[test]
    fn a_gauge_is_read_only_if_it_was_set() {
        assert_eq!(Emission::new().gauge(&TEST.level, ()), None);
        assert_eq!(record(|| TEST.level.set((), 0.5)).gauge(&TEST.level, ()), Some(0.5));
    }

    #[test]
    fn what_a_dropped_future_emits_is_recorded() {
        struct OnDrop;
        impl Drop for OnDrop {
            fn drop(&mut self) {
                TEST.events.increment(());
            }
        }
        let emission = Emission::new();
        let guard = OnDrop;
        drop(emission.record_async(async move {
            let _held = guard;
            std::future::pending::<()>().await;
        }));
        emission.expect().counter(&TEST.events, (), 1).only();
    }
}
