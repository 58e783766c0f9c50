//! The emission of a piece of code.

use std::collections::BTreeMap;

use super::future::RecordedFuture;
use crate::label::LabelSet;
use crate::metric::Gauge;
use crate::recorder::{Figures, Recorder};

/// Runs `code` and returns what it emitted on this thread.
pub fn record(code: impl FnOnce()) -> Emission {
    let emission = Emission::new();
    emission.record(code);
    emission
}

/// The emission of the code that was recorded with it: its series and their figures. Clones share it.
#[derive(Clone, Debug)]
pub struct Emission(Recorder);

impl Default for Emission {
    fn default() -> Self {
        Self::new()
    }
}

/// Records into a recorder that the test has built, for example one with the families of the service.
impl From<Recorder> for Emission {
    fn from(recorder: Recorder) -> Self {
        Self(recorder)
    }
}

impl Emission {
    /// Starts without any series.
    ///
    /// # Panics
    ///
    /// Never: the tests of this crate build a recorder with the same families.
    pub fn new() -> Self {
        let recorder = Recorder::builder().process_metrics(false).build();
        Self(recorder.expect("the families of this crate fit together"))
    }

    /// Records what `code` emits on this thread.
    pub fn record<T>(&self, code: impl FnOnce() -> T) -> T {
        metrics::with_local_recorder(&self.0, code)
    }

    /// Records what `future` emits whenever it is polled, and when it is dropped.
    pub fn record_async<F: Future>(&self, future: F) -> RecordedFuture<F> {
        RecordedFuture::new(self.0.clone(), future)
    }

    /// Returns the recorder behind it, for example to read the exposition.
    pub fn recorder(&self) -> &Recorder {
        &self.0
    }

    /// Returns the value of a gauge, or `None` if it has no series: for a value that a test cannot know beforehand, such as a time.
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

    /// Lists the figures that are not zero by series: `name{labels}`.
    pub(super) fn figures(&self) -> BTreeMap<String, Figure> {
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

/// Writes a series as an exposition does.
pub(super) fn series(name: &str, labels: &str) -> String {
    if labels.is_empty() { name.to_owned() } else { format!("{name}{{{labels}}}") }
}

/// The value of one series that a test compares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Figure {
    Counter(u64),
    Gauge(f64),
    Histogram(u64),
}

impl Figure {
    /// Says whether it is what a series without an event has.
    pub(super) fn is_zero(self) -> bool {
        matches!(self, Self::Counter(0) | Self::Histogram(0)) || self == Self::Gauge(0.0)
    }
}
