//! Zero series that the set-up asked for while the process had no recorder. They exist as soon as it has one, so that the order
//! of the set-up does not matter.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use metrics::{CounterFn, GaugeFn, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use super::Kind;
use super::emit::{METADATA, touch};

/// Most series that are remembered. Set-up code asks for far fewer; the bound is for a process that never has a recorder.
const MAX_SERIES: usize = 100_000;

static PENDING: LazyLock<PendingSeries> = LazyLock::new(PendingSeries::default);

/// Runs `register` with a recorder that remembers which series it was asked for.
pub(super) fn remember(register: impl FnOnce(&dyn Recorder)) {
    register(&*PENDING);
}

/// Makes every remembered series exist in `recorder`, and forgets them.
pub(super) fn hand_over(recorder: &dyn Recorder) {
    PENDING.hand_over(recorder);
}

/// A recorder that remembers series and their constant values, and no events.
#[derive(Default)]
struct PendingSeries(Mutex<HashMap<(Kind, Key), Arc<PendingValue>>>);

/// The value that a gauge was set to, if it was.
#[derive(Default)]
struct PendingValue(Mutex<Option<f64>>);

impl PendingSeries {
    fn remember(&self, kind: Kind, key: &Key) -> Arc<PendingValue> {
        // Nothing here panics while it holds a lock, so a poisoned one is as good as any.
        let mut series = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind, key.clone());
        if series.len() >= MAX_SERIES && !series.contains_key(&key) {
            return Arc::default();
        }
        Arc::clone(series.entry(key).or_default())
    }

    fn hand_over(&self, recorder: &dyn Recorder) {
        // The recorder is called without the lock: it may emit on its own.
        let series = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for ((kind, key), value) in &series {
            match kind {
                Kind::Counter => touch::register_counter(&recorder.register_counter(key, &METADATA)),
                Kind::Histogram => touch::register_histogram(&recorder.register_histogram(key, &METADATA)),
                Kind::Gauge => {
                    let gauge = recorder.register_gauge(key, &METADATA);
                    match *value.0.lock().unwrap_or_else(PoisonError::into_inner) {
                        Some(value) => gauge.set(value),
                        None => touch::register_gauge(&gauge),
                    }
                }
            }
        }
    }
}

impl Recorder for PendingSeries {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> metrics::Counter {
        metrics::Counter::from_arc(self.remember(Kind::Counter, key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::from_arc(self.remember(Kind::Gauge, key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> metrics::Histogram {
        metrics::Histogram::from_arc(self.remember(Kind::Histogram, key))
    }
}

impl CounterFn for PendingValue {
    fn increment(&self, _: u64) {}

    fn absolute(&self, _: u64) {}
}

impl GaugeFn for PendingValue {
    fn increment(&self, _: f64) {}

    fn decrement(&self, _: f64) {}

    fn set(&self, value: f64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }
}

impl HistogramFn for PendingValue {
    fn record(&self, _: f64) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_series_is_handed_over_once_without_events_and_with_its_constant() {
        let (pending, recorder) = (PendingSeries::default(), PendingSeries::default());
        for _ in 0..2 {
            pending.register_counter(&Key::from_name("guests"), &METADATA).increment(3);
            pending.register_histogram(&Key::from_name("stay"), &METADATA).record(1.0);
            pending.register_gauge(&Key::from_name("inside"), &METADATA).increment(1.0);
            pending.register_gauge(&Key::from_name("ratio"), &METADATA).set(0.5);
        }
        pending.hand_over(&recorder);
        let value = |kind, name| {
            let series = recorder.0.lock().expect("nothing panicked");
            series.get(&(kind, Key::from_name(name))).map(|value| *value.0.lock().expect("nothing panicked"))
        };
        assert_eq!(value(Kind::Counter, "guests"), Some(None));
        assert_eq!(value(Kind::Histogram, "stay"), Some(None));
        assert_eq!(value(Kind::Gauge, "inside"), Some(None));
        assert_eq!(value(Kind::Gauge, "ratio"), Some(Some(0.5)));
        let again = PendingSeries::default();
        pending.hand_over(&again);
        assert!(again.0.lock().expect("nothing panicked").is_empty());
    }
}
