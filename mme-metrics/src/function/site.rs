//! A call site: a function in the source whose calls are measured, with the handles of its series.

use std::fmt;
use std::sync::OnceLock;

use metrics::{Key, Recorder};

use super::label::{FunctionName, ModulePath};
use super::metrics::FUNCTION;
use crate::label::{LabelSet, LabelSpec};
use crate::metric::{InFlight, METADATA, Slot, declare_extra};
use crate::operation::{Operation, Outcome, OutcomeKeys, OutcomeSeries, Preregister, record_unkept};

/// A function whose calls are measured. Declare it as a `static`, because it keeps the handles of its series.
pub struct CallSite {
    function: &'static str,
    module: &'static str,
    /// The series without extra labels.
    plain: Place,
    /// The series of each combination of closed extra labels.
    table: OnceLock<Table>,
    /// The extra labels that are declared to recorders.
    declared: OnceLock<&'static [LabelSpec]>,
}

struct Table {
    labels: &'static [LabelSpec],
    places: Box<[Place]>,
}

impl CallSite {
    /// Names the function and its module, usually `module_path!()`.
    pub const fn new(function: &'static str, module: &'static str) -> Self {
        Self { function, module, plain: Place::new(), table: OnceLock::new(), declared: OnceLock::new() }
    }

    /// Returns one call, to be measured by a function of [`operation`](crate::operation).
    #[inline]
    pub const fn call(&'static self) -> FunctionCall {
        FunctionCall { site: self, labels: () }
    }

    /// Returns one call with extra labels: a tuple of [`LabelValue`](crate::LabelValue)s.
    ///
    /// Closed labels add no cost. The series of others are looked up at every end, and count against the budget of the family.
    /// A label key of the family itself does not compile.
    #[inline]
    pub const fn call_with<L: LabelSet>(&'static self, labels: L) -> FunctionCall<L> {
        const {
            assert!(
                are_free(L::LABELS),
                "the label keys `function`, `module`, `result` and `error_type` are taken: give the label another key"
            );
        }
        FunctionCall { site: self, labels }
    }

    /// Finds the series of these labels; `None` if they are not kept.
    #[inline]
    fn place<L: LabelSet>(&'static self, labels: &L) -> Option<&'static Place> {
        if L::LABELS.is_empty() {
            return Some(&self.plain);
        }
        let (size, at) = (L::DENSE?, labels.dense_index()?);
        let make = || Table { labels: L::LABELS, places: (0..size).map(|_| Place::new()).collect() };
        let table = self.table.get_or_init(make);
        // A generic function can have other label types for another type argument. Those are not kept.
        if table.labels == L::LABELS { table.places.get(at) } else { None }
    }

    /// Declares the extra labels to recorders before a series has one.
    fn declare(&self, labels: &'static [LabelSpec]) {
        if labels.is_empty() || self.declared.get() == Some(&labels) {
            return;
        }
        for metric in [FUNCTION.calls.spec(), FUNCTION.duration.spec(), FUNCTION.concurrent.spec()] {
            declare_extra(metric.name, labels);
        }
        // A generic function with other label types for another type argument declares them with every call.
        let _ = self.declared.set(labels);
    }

    fn names(&self) -> (FunctionName, ModulePath) {
        (FunctionName::admit(self.function), ModulePath::admit(self.module))
    }
}

/// Returns whether the family does not use this label key itself.
#[doc(hidden)]
pub const fn is_free(key: &str) -> bool {
    !matches!(key.as_bytes(), b"function" | b"module" | b"result" | b"error_type")
}

/// Returns whether the family uses none of these label keys itself.
const fn are_free(labels: &[LabelSpec]) -> bool {
    let mut index = 0;
    while index < labels.len() {
        if !is_free(labels[index].key) {
            return false;
        }
        index += 1;
    }
    true
}

impl fmt::Debug for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallSite")
            .field("function", &self.function)
            .field("module", &self.module)
            .finish_non_exhaustive()
    }
}

/// One call of a [`CallSite`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a call is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct FunctionCall<L = ()> {
    site: &'static CallSite,
    labels: L,
}

impl<L: LabelSet> FunctionCall<L> {
    /// Also counts the call in `function_calls_concurrent` while it runs.
    pub const fn concurrent(self) -> ConcurrentCall<L> {
        ConcurrentCall { call: self, running: None }
    }
}

impl<L: LabelSet> OutcomeKeys for FunctionCall<L> {
    /// A first success and a first panic are increases for every query. An error type may have many words that the function
    /// never returns, so those are left out.
    const PREREGISTER: Preregister = Preregister::OkAndPanic;

    fn end(&self, outcome: Outcome) -> Key {
        self.site.declare(L::LABELS);
        let (function, module) = self.site.names();
        let labels = (function, module, outcome.result_label(), outcome.error_word());
        FUNCTION.calls.key_with(&labels, &self.labels.labels())
    }

    fn duration(&self) -> Key {
        self.site.declare(L::LABELS);
        FUNCTION.duration.key_with(&self.site.names(), &self.labels.labels())
    }
}

impl<L: LabelSet> Operation for FunctionCall<L> {
    #[inline]
    fn start(&mut self, error_types: &'static [&'static str]) {
        if let Some(place) = self.site.place(&self.labels) {
            place.ends.touch(self, error_types);
        }
    }

    #[inline]
    fn end(self, outcome: Outcome, seconds: f64) {
        match self.site.place(&self.labels) {
            Some(place) => place.ends.record(&self, outcome, seconds),
            None => record_unkept(&self, outcome, seconds),
        }
    }
}

/// One call of a [`CallSite`] that is counted in `function_calls_concurrent` while it runs.
#[must_use = "a call is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct ConcurrentCall<L = ()> {
    call: FunctionCall<L>,
    running: Option<InFlight>,
}

impl<L: LabelSet> Operation for ConcurrentCall<L> {
    fn start(&mut self, error_types: &'static [&'static str]) {
        self.call.start(error_types);
        let site = self.call.site;
        let key = || FUNCTION.concurrent.key_with(&site.names(), &self.call.labels.labels());
        let register = |recorder: &dyn Recorder| recorder.register_gauge(&key(), &METADATA);
        site.declare(L::LABELS);
        self.running = Some(match site.place(&self.call.labels) {
            Some(place) => InFlight::on(&place.concurrent, register),
            None => InFlight::passing(metrics::with_recorder(register)),
        });
    }

    fn end(self, outcome: Outcome, seconds: f64) {
        drop(self.running);
        self.call.end(outcome, seconds);
    }
}

impl<L> fmt::Debug for ConcurrentCall<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrentCall").field("site", self.call.site).finish_non_exhaustive()
    }
}

/// The series of one combination of labels.
struct Place {
    ends: OutcomeSeries,
    concurrent: Slot<metrics::Gauge>,
}

impl Place {
    const fn new() -> Self {
        Self { ends: OutcomeSeries::new(), concurrent: Slot::new() }
    }
}
