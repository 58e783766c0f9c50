//! What typed metrics and their handles share when they emit: metadata, refusals, and the value of a cleared gauge.

use metrics::{Level, Metadata};

use super::declared::{REJECTED, TYPED};
use crate::label::Refusal;

/// The metadata of every registration of a typed metric.
pub(crate) const METADATA: Metadata<'static> = Metadata::new(TYPED, Level::INFO, None);

/// Makes a series exist at zero. Some recorders do so when it is registered, others when it gets its first event.
pub(super) mod touch {
    pub(in crate::metric) fn register_counter(counter: &metrics::Counter) {
        counter.increment(0);
    }

    pub(in crate::metric) fn register_gauge(gauge: &metrics::Gauge) {
        gauge.increment(0.0);
    }

    pub(in crate::metric) fn register_histogram(_registered_is_enough: &metrics::Histogram) {}
}

/// The value of a gauge that was cleared: a NaN with a payload of its own.
///
/// Our recorder leaves such a series out of the exposition. Another recorder shows NaN, for which no comparison in a query is
/// true. A computed NaN has another payload, and is refused.
pub(crate) const ABSENT: f64 = f64::from_bits(0x7ff8_0000_6d6d_6500);

/// Counts an observation that is refused before it reaches a recorder.
#[cold]
pub(crate) fn refuse(reason: Refusal) {
    metrics::counter!(target: TYPED, REJECTED, "reason" => reason.as_str()).increment(1);
}

/// Uses `value` if it is finite, else refuses it.
#[inline]
pub(super) fn if_finite(value: f64, use_it: impl FnOnce(f64)) {
    if value.is_finite() { use_it(value) } else { refuse(Refusal::NotFinite) }
}

/// Uses `value` if it is finite and not negative, else refuses it.
#[inline]
pub(super) fn if_recordable(value: f64, use_it: impl FnOnce(f64)) {
    if value < 0.0 && value.is_finite() { refuse(Refusal::Negative) } else { if_finite(value, use_it) }
}

/// Adds `amount`, which may be negative.
pub(super) fn shift(gauge: &metrics::Gauge, amount: f64) {
    if amount < 0.0 { gauge.decrement(-amount) } else { gauge.increment(amount) }
}
