//! Series that are known before their first event.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use metrics::{Key, Recorder};

use super::emit::METADATA;
use super::global::is_noop;
use super::slot::Slot;

/// Names the series of a [`KeptSeries`].
pub(crate) trait SeriesKeys<const N: usize> {
    /// How many of the counters are zero series; the counters after them are exported from their first event on.
    const AT_ZERO: usize = N;

    /// Returns the keys of the counters.
    fn counters(&self) -> [Key; N];

    /// Returns the key of the duration, if there is one.
    fn duration(&self) -> Option<Key> {
        None
    }

    /// Returns gauges that are set once, such as the target of an objective.
    fn constants(&self) -> Vec<(Key, f64)> {
        Vec::new()
    }
}

/// `N` counters, and a duration if the keys name one.
///
/// The keys are made once. The handles are kept for the recorder of the process, so that an event under it neither allocates
/// nor looks anything up. Under any other recorder they are made for each event. Every event makes all zero series exist, so they
/// also exist if the first event came before the recorder.
pub(crate) struct KeptSeries<const N: usize> {
    keys: OnceLock<Keys<N>>,
    series: Slot<Series<N>>,
    /// Whether the zero series were asked for while there was no recorder.
    is_pending: AtomicBool,
}

struct Keys<const N: usize> {
    counters: [Key; N],
    duration: Option<Key>,
    constants: Vec<(Key, f64)>,
}

struct Series<const N: usize> {
    counters: [OnceLock<metrics::Counter>; N],
    duration: Option<metrics::Histogram>,
}

impl<const N: usize> KeptSeries<N> {
    pub(crate) const fn new() -> Self {
        Self { keys: OnceLock::new(), series: Slot::new(), is_pending: AtomicBool::new(false) }
    }

    /// Makes the zero series exist, and returns whether they may be new.
    #[inline]
    pub(crate) fn touch<K: SeriesKeys<N>>(&self, keys: &K) -> bool {
        !self.series.is_filled() && self.touch_unfilled(keys)
    }

    #[cold]
    fn touch_unfilled<K: SeriesKeys<N>>(&self, keys: &K) -> bool {
        if metrics::with_recorder(is_noop) {
            // Some callers touch with every event, so a process without a recorder asks once. Relaxed: a race asks twice.
            if self.is_pending.load(Ordering::Relaxed) {
                return false;
            }
            self.is_pending.store(true, Ordering::Relaxed);
        }
        self.series.touch(|recorder| self.make(keys, recorder), |_| ());
        true
    }

    /// Adds one to each of `counters`, and records the duration.
    #[inline]
    pub(crate) fn record<K: SeriesKeys<N>>(&self, keys: &K, counters: &[usize], seconds: Option<f64>) {
        self.with(keys, |series| {
            if let (Some(duration), Some(seconds)) = (&series.duration, seconds) {
                duration.record(seconds);
            }
            for at in counters {
                self.add_to(series, keys, *at, 1);
            }
        });
    }

    /// Adds `amount` to one counter.
    #[inline]
    pub(crate) fn add<K: SeriesKeys<N>>(&self, keys: &K, counter: usize, amount: u64) {
        self.with(keys, |series| self.add_to(series, keys, counter, amount));
    }

    #[inline]
    fn with<K: SeriesKeys<N>>(&self, keys: &K, use_them: impl FnOnce(&Series<N>)) {
        self.series.with(|recorder| self.make(keys, recorder), use_them);
    }

    #[inline]
    fn add_to<K: SeriesKeys<N>>(&self, series: &Series<N>, keys: &K, at: usize, amount: u64) {
        let Some(counter) = series.counters.get(at) else { return };
        match counter.get() {
            Some(counter) => counter.increment(amount),
            None => self.add_first(counter, keys, at, amount),
        }
    }

    /// Adds to a counter that had no event yet; the recorder of `counter` is the current one.
    #[cold]
    #[inline(never)]
    fn add_first<K: SeriesKeys<N>>(&self, counter: &OnceLock<metrics::Counter>, keys: &K, at: usize, amount: u64) {
        let key = &self.keys(keys).counters[at];
        let register = || metrics::with_recorder(|recorder| recorder.register_counter(key, &METADATA));
        counter.get_or_init(register).increment(amount);
    }

    fn keys<K: SeriesKeys<N>>(&self, keys: &K) -> &Keys<N> {
        self.keys.get_or_init(|| Keys {
            counters: keys.counters(),
            duration: keys.duration(),
            constants: keys.constants(),
        })
    }

    #[cold]
    fn make<K: SeriesKeys<N>>(&self, keys: &K, recorder: &dyn Recorder) -> Series<N> {
        let keys = self.keys(keys);
        for (key, value) in &keys.constants {
            recorder.register_gauge(key, &METADATA).set(*value);
        }
        let series = Series {
            counters: [const { OnceLock::new() }; N],
            duration: keys.duration.as_ref().map(|key| recorder.register_histogram(key, &METADATA)),
        };
        for (counter, key) in series.counters.iter().zip(&keys.counters).take(K::AT_ZERO) {
            // Some recorders show a series only once something was added to it.
            counter.get_or_init(|| recorder.register_counter(key, &METADATA)).increment(0);
        }
        series
    }
}

impl<const N: usize> fmt::Debug for KeptSeries<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptSeries").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    struct Doors;

    impl SeriesKeys<1> for Doors {
        fn counters(&self) -> [Key; 1] {
            [Key::from_name("kept_doors_total")]
        }
    }

    #[test]
    fn without_a_recorder_zero_series_are_asked_for_once() {
        let series = KeptSeries::new();
        assert!(series.touch(&Doors));
        assert!(!series.touch(&Doors));
        record(|| assert!(series.touch(&Doors)));
    }
}
