//! One series: its label text, its cell, and what it counts when an observation is refused.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{CounterFn, GaugeFn, HistogramFn};

use super::cell::{CounterCell, GaugeCell, HistogramCell};
use super::rejection::Rejections;
use crate::label::Refusal;
use crate::metric::ABSENT;

/// A cell under its label text. What a writer reads comes first, so that it shares no cache line with a neighbour's end.
pub(super) struct Series<C> {
    pub(super) cell: C,
    rejections: Arc<Rejections>,
    pub(super) labels: Box<str>,
}

impl<C> Series<C> {
    pub(super) fn new(cell: C, labels: &str, rejections: &Arc<Rejections>) -> Arc<Self> {
        Arc::new(Self { cell, rejections: Arc::clone(rejections), labels: labels.into() })
    }
}

/// Held while a total that is kept elsewhere is compared and taken over: two threads that tell one must not both add what is
/// missing, nor the smaller overtake the larger.
static RAISING: Mutex<()> = Mutex::new(());

impl CounterFn for Series<CounterCell> {
    #[inline]
    fn increment(&self, value: u64) {
        if !self.cell.add(value) {
            self.rejections.count(Refusal::Overflow);
        }
    }

    fn absolute(&self, value: u64) {
        let held = RAISING.lock().unwrap_or_else(PoisonError::into_inner);
        let raised = self.cell.raise_to(value);
        drop(held);
        if !raised {
            self.rejections.count(Refusal::Decreasing);
        }
    }
}

impl GaugeFn for Series<GaugeCell> {
    fn increment(&self, value: f64) {
        if self.cell.only_grows() && value < 0.0 {
            self.rejections.count(Refusal::Negative);
        // Adding nothing only makes a series exist, and is no loss where the value was taken away.
        } else if !value.is_finite() || !(self.cell.add(value) || value == 0.0) {
            self.rejections.count(Refusal::NotFinite);
        }
    }

    fn decrement(&self, value: f64) {
        GaugeFn::increment(self, -value);
    }

    fn set(&self, value: f64) {
        if value.to_bits() == ABSENT.to_bits() && !self.cell.only_grows() {
            return self.cell.clear();
        }
        if !value.is_finite() {
            return self.rejections.count(Refusal::NotFinite);
        }
        let held = self.cell.only_grows().then(|| RAISING.lock().unwrap_or_else(PoisonError::into_inner));
        if held.is_some() && value < self.cell.read() {
            self.rejections.count(Refusal::Decreasing);
        } else {
            self.cell.set(value);
        }
    }
}

impl HistogramFn for Series<HistogramCell> {
    #[inline]
    fn record(&self, value: f64) {
        self.record_many(value, 1);
    }

    #[inline]
    fn record_many(&self, value: f64, count: usize) {
        if (0.0..=f64::MAX).contains(&value) {
            self.cell.record(value, count as u64);
        } else {
            let reason = if value == f64::NEG_INFINITY || value >= 0.0 || value.is_nan() {
                Refusal::NotFinite
            } else {
                Refusal::Negative
            };
            self.rejections.count_many(reason, count as u64);
        }
    }
}

/// A handle whose labels did not fit a budget: what it records goes to the overflow series, and is counted as folded.
pub(super) struct Folded<C> {
    series: Arc<Series<C>>,
    folded: Arc<AtomicU64>,
}

impl<C> Folded<C> {
    pub(super) fn new(series: Arc<Series<C>>, folded: &Arc<AtomicU64>) -> Arc<Self> {
        Arc::new(Self { series, folded: Arc::clone(folded) })
    }

    fn count(&self, observations: u64) -> &Series<C> {
        // Relaxed: a count that orders nothing.
        self.folded.fetch_add(observations, Ordering::Relaxed);
        &self.series
    }
}

impl CounterFn for Folded<CounterCell> {
    fn increment(&self, value: u64) {
        self.count(value.min(1)).increment(value);
    }

    fn absolute(&self, value: u64) {
        // Several counters end here, so one's total says nothing of the others': it is added when it comes first, and the
        // larger of two totals stands.
        self.count(1).absolute(value);
    }
}

impl GaugeFn for Folded<GaugeCell> {
    fn increment(&self, value: f64) {
        GaugeFn::increment(self.count(u64::from(value != 0.0)), value);
    }

    fn decrement(&self, value: f64) {
        self.count(1).decrement(value);
    }

    fn set(&self, value: f64) {
        self.count(1).set(value);
    }
}

impl HistogramFn for Folded<HistogramCell> {
    fn record(&self, value: f64) {
        self.count(1).record(value);
    }

    fn record_many(&self, value: f64, count: usize) {
        self.count(count as u64).record_many(value, count);
    }
}

/// A handle of a metric that was not admitted: it counts what it is given as refused. A zero only makes a series exist, and
/// loses nothing.
pub(super) struct Refused {
    reason: Refusal,
    rejections: Arc<Rejections>,
}

impl Refused {
    pub(super) fn new(reason: Refusal, rejections: &Arc<Rejections>) -> Arc<Self> {
        Arc::new(Self { reason, rejections: Arc::clone(rejections) })
    }

    fn count(&self, observations: u64) {
        self.rejections.count_many(self.reason, observations);
    }
}

impl CounterFn for Refused {
    fn increment(&self, value: u64) {
        self.count(value.min(1));
    }

    fn absolute(&self, _: u64) {
        self.count(1);
    }
}

impl GaugeFn for Refused {
    fn increment(&self, value: f64) {
        self.count(u64::from(value != 0.0));
    }

    fn decrement(&self, _: f64) {
        self.count(1);
    }

    fn set(&self, _: f64) {
        self.count(1);
    }
}

impl HistogramFn for Refused {
    fn record(&self, _: f64) {
        self.count(1);
    }

    fn record_many(&self, _: f64, count: usize) {
        self.count(count as u64);
    }
}
