//! The series of something that is known before the first event: made once, and at zero until then.

use std::fmt;
use std::sync::OnceLock;

use metrics::{Key, Recorder};

use crate::metric::{METADATA, Slot};

/// What the series are called.
pub(super) trait Names<const N: usize> {
    /// Returns the keys of the counters.
    fn counters(&self) -> [Key; N];

    /// Returns the key of the duration, if there is one.
    fn duration(&self) -> Option<Key> {
        None
    }
}

/// `N` counters, and a duration where there is one.
///
/// They are kept for the recorder of the process, and looked up under any other.
pub(super) struct Kept<const N: usize> {
    keys: OnceLock<([Key; N], Option<Key>)>,
    series: Slot<Series<N>>,
}

struct Series<const N: usize> {
    counters: [metrics::Counter; N],
    duration: Option<metrics::Histogram>,
}

impl<const N: usize> Kept<N> {
    pub(super) const fn new() -> Self {
        Self { keys: OnceLock::new(), series: Slot::new() }
    }

    /// Makes the series exist, so that the first event of each is an increase and not a beginning. Says whether they were new.
    #[inline]
    pub(super) fn touch(&self, names: &impl Names<N>) -> bool {
        let is_new = !self.series.is_filled();
        if is_new {
            self.series.touch(|recorder| self.make(names, recorder));
        }
        is_new
    }

    /// Counts one in each of `counters`, and records the duration.
    #[inline]
    pub(super) fn record(&self, names: &impl Names<N>, counters: &[usize], seconds: Option<f64>) {
        let kept = |series: &Series<N>| {
            if let (Some(duration), Some(seconds)) = (&series.duration, seconds) {
                duration.record(seconds);
            }
            counters.iter().filter_map(|at| series.counters.get(*at)).for_each(|counter| counter.increment(1));
        };
        let passing = |recorder: &dyn Recorder| {
            let (keys, duration) = self.keys(names);
            if let (Some(duration), Some(seconds)) = (duration, seconds) {
                recorder.register_histogram(duration, &METADATA).record(seconds);
            }
            let keys = counters.iter().filter_map(|at| keys.get(*at));
            keys.for_each(|key| recorder.register_counter(key, &METADATA).increment(1));
        };
        self.series.with_either(|recorder| self.make(names, recorder), kept, passing);
    }

    fn keys(&self, names: &impl Names<N>) -> &([Key; N], Option<Key>) {
        self.keys.get_or_init(|| (names.counters(), names.duration()))
    }

    #[cold]
    fn make(&self, names: &impl Names<N>, recorder: &dyn Recorder) -> Series<N> {
        let (keys, duration) = self.keys(names);
        let counter = |key: &Key| {
            let counter = recorder.register_counter(key, &METADATA);
            // Some recorders show a series only once it was given something.
            counter.increment(0);
            counter
        };
        Series {
            counters: keys.each_ref().map(counter),
            duration: duration.as_ref().map(|key| recorder.register_histogram(key, &METADATA)),
        }
    }
}

impl<const N: usize> fmt::Debug for Kept<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}
