//! The kept series of code that is counted by outcome and timed.

use std::fmt;
use std::sync::OnceLock;

use metrics::Key;

use super::outcome::Outcome;
use crate::metric::{AppendMap, CounterHandle, KeptSeries, METADATA, SeriesKeys};

/// Names the series of one piece of code.
pub(crate) trait OutcomeKeys {
    /// Which outcomes have zero series.
    const PREREGISTER: Preregister;

    /// Returns the key of the counter of an outcome.
    fn end(&self, outcome: Outcome) -> Key;

    /// Returns the key of the duration, which all outcomes share.
    fn duration(&self) -> Key;
}

/// Which outcomes have zero series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preregister {
    /// `Ok` and `Panic`.
    OkAndPanic,
    /// Every known outcome.
    All,
}

/// The outcomes that every piece of code has; those of [`Preregister::OkAndPanic`] come first.
const FIXED: [Outcome; 4] = [Outcome::Ok, Outcome::Panic, Outcome::Cancelled, Outcome::OTHER];

/// The position of [`Outcome::OTHER`] in [`FIXED`].
const OTHER: usize = 3;

/// The counters of each outcome, and the duration.
pub(crate) struct OutcomeSeries {
    fixed: KeptSeries<{ FIXED.len() }>,
    /// The counters of errors by their word. Only words that are admitted as a label have one, so their number is bounded.
    errors: OnceLock<AppendMap<&'static str, CounterHandle>>,
}

impl<K: OutcomeKeys> SeriesKeys<{ FIXED.len() }> for K {
    const AT_ZERO: usize = match K::PREREGISTER {
        Preregister::OkAndPanic => 2,
        Preregister::All => FIXED.len(),
    };

    fn counters(&self) -> [Key; FIXED.len()] {
        FIXED.map(|outcome| self.end(outcome))
    }

    fn duration(&self) -> Option<Key> {
        Some(OutcomeKeys::duration(self))
    }
}

impl OutcomeSeries {
    pub(crate) const fn new() -> Self {
        Self { fixed: KeptSeries::new(), errors: OnceLock::new() }
    }

    /// Makes the zero series exist; `error_types` are the words that errors can have.
    #[inline]
    pub(crate) fn touch<K: OutcomeKeys>(&self, keys: &K, error_types: &'static [&'static str]) {
        self.fixed.touch(keys);
        if K::PREREGISTER == Preregister::All {
            error_types.iter().filter_map(|word| self.error(keys, word)).for_each(CounterHandle::touch);
        }
    }

    /// Records one run.
    #[inline]
    pub(crate) fn record<K: OutcomeKeys>(&self, keys: &K, outcome: Outcome, seconds: f64) {
        let end = match outcome {
            Outcome::Ok => 0,
            Outcome::Panic => 1,
            Outcome::Cancelled => 2,
            Outcome::OTHER => OTHER,
            Outcome::Error(word) => return self.record_error(keys, word, seconds),
        };
        self.fixed.record(keys, &[end], Some(seconds));
    }

    fn record_error<K: OutcomeKeys>(&self, keys: &K, word: &'static str, seconds: f64) {
        if let Some(errors) = self.error(keys, word) {
            self.fixed.record(keys, &[], Some(seconds));
            errors.increment();
        } else {
            self.fixed.record(keys, &[OTHER], Some(seconds));
        }
    }

    /// Returns the counter of errors with this word, or `None` if the word is not admitted and counts as `other`.
    fn error<K: OutcomeKeys>(&self, keys: &K, word: &'static str) -> Option<&CounterHandle> {
        let errors = self.errors.get_or_init(AppendMap::default);
        errors.get(word).or_else(|| {
            let error = Outcome::Error(word);
            let make = || (word, CounterHandle::from_key(keys.end(error)));
            (error.error_word().as_str() == word).then(|| errors.get_or_insert_with(word, make))
        })
    }
}

impl fmt::Debug for OutcomeSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeSeries").finish_non_exhaustive()
    }
}

/// Records a run whose series are not kept, because its labels have no bound.
pub(crate) fn record_unkept(keys: &impl OutcomeKeys, outcome: Outcome, seconds: f64) {
    metrics::with_recorder(|recorder| {
        recorder.register_counter(&keys.end(outcome), &METADATA).increment(1);
        recorder.register_histogram(&OutcomeKeys::duration(keys), &METADATA).record(seconds);
    });
}
