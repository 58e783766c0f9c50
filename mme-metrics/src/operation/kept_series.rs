//! The kept series of code that is counted by how it ended, and timed.

use std::fmt;
use std::sync::OnceLock;

use metrics::{Key, Recorder};

use super::Outcome;
use crate::metric::{METADATA, Slot};

/// What the series of one piece of code are called.
pub(crate) trait OutcomeKeys {
    /// Which ends exist at zero from the first run on, so that the first event of each is an increase and not a beginning.
    const PREREGISTER: Preregister;

    /// Returns the key of the counter of an end.
    fn end(&self, outcome: Outcome) -> Key;

    /// Returns the key of the duration, whatever the end.
    fn duration(&self) -> Key;
}

/// Which ends exist at zero from the first run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preregister {
    /// One good and one bad.
    OkAndPanic,
    /// All that are known.
    All,
}

/// The counters of each end, and the duration.
///
/// They are kept for the recorder of the process, and made each time under any other.
pub(crate) struct OutcomeSeries {
    /// The words whose series are kept; the first run decides.
    error_types: OnceLock<&'static [&'static str]>,
    keys: OnceLock<Keys>,
    series: Slot<Series>,
    /// For the words of another type of errors: that of a generic function, or of another place that does the same.
    next: OnceLock<Box<Self>>,
}

/// The keys of [`Series`], made once whatever recorders come.
struct Keys {
    ends: [Key; FIXED.len()],
    errors: Vec<(&'static str, Key)>,
    duration: Key,
}

/// Counters that do not exist beforehand are made as the ends come.
struct Series {
    ends: [OnceLock<metrics::Counter>; FIXED.len()],
    errors: Vec<(&'static str, OnceLock<metrics::Counter>)>,
    duration: metrics::Histogram,
}

/// The ends that every piece of code has.
const FIXED: [Outcome; 4] = [Outcome::Ok, Outcome::Cancelled, Outcome::Panic, Outcome::OTHER];

impl OutcomeSeries {
    pub(crate) const fn new() -> Self {
        Self { error_types: OnceLock::new(), keys: OnceLock::new(), series: Slot::new(), next: OnceLock::new() }
    }

    /// Makes the series exist that do beforehand, if they do not yet; `error_types` are the words there can be.
    #[inline]
    pub(crate) fn touch<N: OutcomeKeys>(&self, names: &N, error_types: &'static [&'static str]) {
        let own = *self.error_types.get_or_init(|| error_types);
        // One list may stand in a program several times, so its words decide where its address does not.
        if !(std::ptr::eq(own, error_types) || error_types.is_empty() || own == error_types) {
            self.next.get_or_init(|| Box::new(Self::new())).touch(names, error_types);
        } else if !self.series.is_filled() {
            self.register(names);
        }
    }

    #[cold]
    fn register<N: OutcomeKeys>(&self, names: &N) {
        let keys = self.keys(names);
        self.series.touch(|recorder| keys.register(recorder, N::PREREGISTER));
    }

    /// Records one run.
    #[inline]
    pub(crate) fn record<N: OutcomeKeys>(&self, names: &N, outcome: Outcome, seconds: f64) {
        if !self.try_record(names, outcome, Some(seconds)) {
            self.record_rare(names, outcome);
        }
    }

    /// Counts an error whose word was announced by another than the first run, or by none.
    #[cold]
    fn record_rare<N: OutcomeKeys>(&self, names: &N, outcome: Outcome) {
        match self.next.get() {
            Some(next) if next.try_record(names, outcome, None) => {}
            Some(next) => next.record_rare(names, outcome),
            None => metrics::with_recorder(|recorder| {
                recorder.register_counter(&names.end(outcome), &METADATA).increment(1);
            }),
        }
    }

    /// Records what is asked for, and says whether the end is one that was announced here.
    #[inline]
    fn try_record<N: OutcomeKeys>(&self, names: &N, outcome: Outcome, seconds: Option<f64>) -> bool {
        let register = |recorder: &dyn Recorder| self.keys(names).register(recorder, N::PREREGISTER);
        let kept = |series: &Series| {
            if let Some(seconds) = seconds {
                series.duration.record(seconds);
            }
            let counter = find(&series.ends, &series.errors, outcome);
            counter.map(|kept| self.counter(names, kept, outcome).increment(1)).is_some()
        };
        let passing = |recorder: &dyn Recorder| self.keys(names).record(recorder, outcome, seconds);
        self.series.with_either(register, kept, passing)
    }

    /// Returns the counter of `outcome`, which is made under the recorder of the process if it is not `kept` yet.
    #[inline]
    fn counter<'a>(
        &self,
        names: &impl OutcomeKeys,
        kept: &'a OnceLock<metrics::Counter>,
        outcome: Outcome,
    ) -> &'a metrics::Counter {
        kept.get_or_init(|| metrics::with_recorder(|recorder| self.keys(names).counter(recorder, outcome)))
    }

    fn keys(&self, names: &impl OutcomeKeys) -> &Keys {
        self.keys.get_or_init(|| {
            let words = self.error_types.get().copied().unwrap_or_default();
            Keys {
                ends: FIXED.map(|outcome| names.end(outcome)),
                errors: words.iter().map(|word| (*word, names.end(Outcome::Error(word)))).collect(),
                duration: names.duration(),
            }
        })
    }
}

impl fmt::Debug for OutcomeSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeSeries").finish_non_exhaustive()
    }
}

/// Records a run whose series are not kept, because there is no end of labels.
pub(crate) fn record_unkept(names: &impl OutcomeKeys, outcome: Outcome, seconds: f64) {
    metrics::with_recorder(|recorder| {
        recorder.register_counter(&names.end(outcome), &METADATA).increment(1);
        recorder.register_histogram(&names.duration(), &METADATA).record(seconds);
    });
}

impl Keys {
    /// Records under a recorder that is not kept; says whether the end was counted.
    fn record(&self, recorder: &dyn Recorder, outcome: Outcome, seconds: Option<f64>) -> bool {
        if let Some(seconds) = seconds {
            recorder.register_histogram(&self.duration, &METADATA).record(seconds);
        }
        let key = find(&self.ends, &self.errors, outcome);
        key.map(|key| recorder.register_counter(key, &METADATA).increment(1)).is_some()
    }

    fn counter(&self, recorder: &dyn Recorder, outcome: Outcome) -> metrics::Counter {
        let key = find(&self.ends, &self.errors, outcome);
        key.map_or_else(metrics::Counter::noop, |key| recorder.register_counter(key, &METADATA))
    }

    #[cold]
    fn register(&self, recorder: &dyn Recorder, beforehand: Preregister) -> Series {
        let counter = |outcome| {
            let kept = OnceLock::new();
            if beforehand == Preregister::All || matches!(outcome, Outcome::Ok | Outcome::Panic) {
                let counter = kept.get_or_init(|| self.counter(recorder, outcome));
                // Some recorders show a series only once it was given something.
                counter.increment(0);
            }
            kept
        };
        Series {
            ends: FIXED.map(counter),
            errors: self.errors.iter().map(|(word, _)| (*word, counter(Outcome::Error(word)))).collect(),
            duration: recorder.register_histogram(&self.duration, &METADATA),
        }
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
