//! A place in the source whose calls are measured, and its kept series.

use std::fmt;
use std::sync::OnceLock;

use metrics::{Key, Label, Recorder};

use super::FUNCTION;
use super::label::{FunctionName, ModulePath};
use crate::label::{LabelSet, LabelSpec};
use crate::op::{Operation, Outcome};
use crate::spec::{METADATA, Raised, Slot, declare_beside};

/// A function whose calls are measured. Make it a `static`: it keeps the series of its calls.
pub struct CallSite {
    function: &'static str,
    module: &'static str,
    /// The series without labels of the user's own.
    plain: Place,
    /// The series for each combination of closed labels of the user's own.
    table: OnceLock<Table>,
    /// The labels of the user's own that recorders know of.
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

    /// Returns one call, to be measured by [`guard`](crate::guard).
    #[inline]
    pub const fn call(&'static self) -> Call {
        Call { site: self, labels: () }
    }

    /// Returns one call with labels of the user's own: a tuple of [`LabelValue`](crate::LabelValue)s.
    ///
    /// Combinations of closed labels cost as little as none. Others are looked up at each end, and count against the
    /// budget of the family. A key of the family's own does not compile.
    #[inline]
    pub const fn call_with<L: LabelSet>(&'static self, labels: L) -> Call<L> {
        const { assert!(are_free(L::LABELS), "`function`, `module`, `result` and `error_type` are taken") }
        Call { site: self, labels }
    }

    /// Finds the kept series of a combination, if it is one that is kept.
    #[inline]
    fn place<L: LabelSet>(&'static self, labels: &L) -> Option<&'static Place> {
        if L::LABELS.is_empty() {
            return Some(&self.plain);
        }
        let (size, at) = (L::DENSE?, labels.dense_index()?);
        let make = || Table { labels: L::LABELS, places: (0..size).map(|_| Place::new()).collect() };
        let table = self.table.get_or_init(make);
        // A generic function can have other labels for another type of its own; those are not kept.
        if table.labels == L::LABELS { table.places.get(at) } else { None }
    }

    /// Tells recorders what the types of the user's own labels say, before a series has one.
    fn declare(&self, labels: &'static [LabelSpec]) {
        if labels.is_empty() || self.declared.get() == Some(&labels) {
            return;
        }
        for metric in [FUNCTION.calls.spec(), FUNCTION.duration.spec(), FUNCTION.concurrent.spec()] {
            declare_beside(metric.name, labels);
        }
        // A generic function that has other labels for another type of its own tells them again with each call.
        let _ = self.declared.set(labels);
    }

    fn names(&self) -> (FunctionName, ModulePath) {
        (FunctionName::admit(self.function), ModulePath::admit(self.module))
    }

    fn calls(&self, own: &[Label], outcome: Outcome) -> Key {
        let (function, module) = self.names();
        FUNCTION.calls.key_with(&(function, module, outcome.ended(), outcome.error_word()), own)
    }

    fn duration(&self, own: &[Label]) -> Key {
        FUNCTION.duration.key_with(&self.names(), own)
    }

    fn concurrent(&self, own: &[Label]) -> Key {
        FUNCTION.concurrent.key_with(&self.names(), own)
    }
}

/// Says whether none of the labels has a key that the family uses itself.
const fn are_free(labels: &[LabelSpec]) -> bool {
    let mut index = 0;
    while index < labels.len() {
        if matches!(labels[index].key.as_bytes(), b"function" | b"module" | b"result" | b"error_type") {
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
#[must_use = "a call is recorded by `guard::measure`, `guard::measure_async` or a `Guard`"]
pub struct Call<L = ()> {
    site: &'static CallSite,
    labels: L,
}

impl<L: LabelSet> Call<L> {
    /// Shows the call in `function_calls_concurrent` while it runs.
    pub const fn concurrent(self) -> Concurrent<L> {
        Concurrent { call: self, running: None }
    }
}

impl<L: LabelSet> Operation for Call<L> {
    #[inline]
    fn start(&mut self, error_types: &'static [&'static str]) {
        if let Some(place) = self.site.place(&self.labels)
            && !place.series.is_filled()
        {
            place.register(self.site, &self.labels, error_types);
        }
    }

    #[inline]
    fn end(self, outcome: Outcome, seconds: f64) {
        match self.site.place(&self.labels) {
            Some(place) => place.record(self.site, &self.labels, outcome, seconds),
            None => {
                self.site.declare(L::LABELS);
                record_unkept(self.site, &self.labels.labels(), outcome, seconds);
            }
        }
    }
}

/// Records a call whose labels are open, so that there is no end of series to keep.
fn record_unkept(site: &CallSite, own: &[Label], outcome: Outcome, seconds: f64) {
    metrics::with_recorder(|recorder| {
        recorder.register_counter(&site.calls(own, outcome), &METADATA).increment(1);
        recorder.register_histogram(&site.duration(own), &METADATA).record(seconds);
    });
}

/// One call of a [`CallSite`] that is shown while it runs.
#[must_use = "a call is recorded by `guard::measure`, `guard::measure_async` or a `Guard`"]
pub struct Concurrent<L = ()> {
    call: Call<L>,
    running: Option<Raised>,
}

impl<L: LabelSet> Operation for Concurrent<L> {
    fn start(&mut self, error_types: &'static [&'static str]) {
        self.call.start(error_types);
        let site = self.call.site;
        let own = || self.call.labels.labels();
        let register = |recorder: &dyn Recorder| recorder.register_gauge(&site.concurrent(&own()), &METADATA);
        site.declare(L::LABELS);
        self.running = Some(match site.place(&self.call.labels) {
            Some(place) => Raised::on(&place.concurrent, register),
            None => Raised::passing(metrics::with_recorder(register)),
        });
    }

    fn end(self, outcome: Outcome, seconds: f64) {
        drop(self.running);
        self.call.end(outcome, seconds);
    }
}

impl<L> fmt::Debug for Concurrent<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Concurrent").field("site", self.call.site).finish_non_exhaustive()
    }
}

/// Where the series of one combination of labels are kept.
struct Place {
    /// The words whose series are kept; the first call decides.
    error_types: OnceLock<&'static [&'static str]>,
    keys: OnceLock<Keys>,
    series: Slot<Series>,
    concurrent: Slot<metrics::Gauge>,
}

/// The keys of [`Series`], made once whatever recorders come.
struct Keys {
    calls: [Key; FIXED.len()],
    errors: Vec<(&'static str, Key)>,
    duration: Key,
}

/// Made as the ends come: a type of errors may know many words of which a function never says one.
struct Series {
    calls: [OnceLock<metrics::Counter>; FIXED.len()],
    errors: Vec<(&'static str, OnceLock<metrics::Counter>)>,
    duration: metrics::Histogram,
}

/// The ends that every function has.
const FIXED: [Outcome; 4] = [Outcome::Ok, Outcome::Cancelled, Outcome::Panic, Outcome::OTHER];

/// The ends that exist at zero from the first call, so that one of each kind, good and bad, is an increase whoever reads it.
const BEFOREHAND: [Outcome; 2] = [Outcome::Ok, Outcome::Panic];

impl Place {
    const fn new() -> Self {
        Self { error_types: OnceLock::new(), keys: OnceLock::new(), series: Slot::new(), concurrent: Slot::new() }
    }

    /// Makes the series exist that do from the first call.
    #[cold]
    fn register(&self, site: &CallSite, labels: &impl LabelSet, error_types: &'static [&'static str]) {
        self.error_types.get_or_init(|| error_types);
        let keys = self.keys(site, labels);
        let passing = |recorder: &dyn Recorder| {
            // The facade's own recorder, which stands for none, has no size; there is nothing to be seen at zero.
            if size_of_val(recorder) != 0 {
                let _ = keys.register(recorder);
            }
        };
        self.series.either(|recorder| keys.register(recorder), |_| (), passing);
    }

    #[inline]
    fn record(&self, site: &CallSite, labels: &impl LabelSet, outcome: Outcome, seconds: f64) {
        let register = |recorder: &dyn Recorder| self.keys(site, labels).register(recorder);
        let kept = |series: &Series| {
            series.duration.record(seconds);
            let counter = find(&series.calls, &series.errors, outcome);
            counter.map(|kept| self.keys(site, labels).counter(kept, outcome).increment(1)).is_some()
        };
        let passing = |recorder: &dyn Recorder| self.keys(site, labels).record(recorder, outcome, seconds);
        if !self.series.either(register, kept, passing) {
            record_rare(site, &labels.labels(), outcome);
        }
    }

    fn keys<L: LabelSet>(&self, site: &CallSite, labels: &L) -> &Keys {
        self.keys.get_or_init(|| {
            site.declare(L::LABELS);
            self.make_keys(site, &labels.labels())
        })
    }

    fn make_keys(&self, site: &CallSite, own: &[Label]) -> Keys {
        let words = self.error_types.get().copied().unwrap_or_default();
        Keys {
            calls: FIXED.map(|outcome| site.calls(own, outcome)),
            errors: words.iter().map(|word| (*word, site.calls(own, Outcome::Error(word)))).collect(),
            duration: site.duration(own),
        }
    }
}

/// Counts an error whose word the first call did not announce: that of another type in a generic function.
#[cold]
fn record_rare(site: &CallSite, own: &[Label], outcome: Outcome) {
    metrics::with_recorder(|recorder| recorder.register_counter(&site.calls(own, outcome), &METADATA).increment(1));
}

impl Keys {
    /// Records under a recorder that is not kept; says whether the call was counted.
    fn record(&self, recorder: &dyn Recorder, outcome: Outcome, seconds: f64) -> bool {
        recorder.register_histogram(&self.duration, &METADATA).record(seconds);
        let key = find(&self.calls, &self.errors, outcome);
        key.map(|key| recorder.register_counter(key, &METADATA).increment(1)).is_some()
    }

    /// Returns the counter of `outcome`, which is made under the recorder of the process if it is not `kept` yet.
    #[inline]
    fn counter<'a>(&self, kept: &'a OnceLock<metrics::Counter>, outcome: Outcome) -> &'a metrics::Counter {
        kept.get_or_init(|| {
            let key = find(&self.calls, &self.errors, outcome);
            key.map_or_else(metrics::Counter::noop, |key| {
                metrics::with_recorder(|recorder| recorder.register_counter(key, &METADATA))
            })
        })
    }

    #[cold]
    fn register(&self, recorder: &dyn Recorder) -> Series {
        let series = Series {
            calls: FIXED.map(|_| OnceLock::new()),
            errors: self.errors.iter().map(|(word, _)| (*word, OnceLock::new())).collect(),
            duration: recorder.register_histogram(&self.duration, &METADATA),
        };
        for outcome in BEFOREHAND {
            if let Some(kept) = find(&series.calls, &series.errors, outcome) {
                // Some recorders show a series only once it was given something.
                self.counter(kept, outcome).increment(0);
            }
        }
        series
    }
}

/// Finds what belongs to `outcome` among the fixed ends and the words; nothing for a word that was not announced.
#[inline]
fn find<'a, T>(fixed: &'a [T; FIXED.len()], errors: &'a [(&'static str, T)], outcome: Outcome) -> Option<&'a T> {
    match outcome {
        Outcome::Ok => Some(&fixed[0]),
        Outcome::Cancelled => Some(&fixed[1]),
        Outcome::Panic => Some(&fixed[2]),
        Outcome::OTHER => Some(&fixed[3]),
        Outcome::Error(word) => errors.iter().find(|(known, _)| *known == word).map(|(_, found)| found),
    }
}
