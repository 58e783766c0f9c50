//! The handles that the facade gets: of a series, of an overflow series, and of a refused metric.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{CounterFn, GaugeFn, HistogramFn};

use super::cell::{Cell, CounterCell, GaugeCell, HistogramCell};
use super::exemplar::ExemplarPolicy;
use super::rejection::Rejections;
use super::start::{SeriesStart, Start};
use crate::label::Refusal;
use crate::metric::ABSENT;

/// What all series of a recorder share.
#[derive(Debug, Default)]
pub(super) struct SeriesShared {
    pub(super) rejections: Rejections,
    pub(super) exemplars: ExemplarPolicy,
}

/// A series: its cell and its label text. The fields that a writer reads come first, so that they share no cache line
/// with the end of a neighbouring series.
pub(super) struct Series<C: Cell> {
    pub(super) cell: C,
    pub(super) exemplars: C::Exemplars,
    shared: Arc<SeriesShared>,
    pub(super) labels: Box<str>,
    start: SeriesStart,
}

impl<C: Cell> Series<C> {
    pub(super) fn new(cell: C, labels: &str, shared: &Arc<SeriesShared>, start: Start) -> Arc<Self> {
        let (exemplars, shared, start) = (C::Exemplars::default(), Arc::clone(shared), SeriesStart::new(start));
        Arc::new(Self { cell, exemplars, shared, labels: labels.into(), start })
    }

    /// Returns the time from which the series counts, unless its total is kept elsewhere.
    pub(super) fn start(&self) -> Option<Start> {
        self.start.get()
    }

    fn refuse(&self, reason: Refusal, observations: u64) {
        self.shared.rejections.count(reason, observations);
    }
}

/// Locked while a counter is raised to an absolute total. Otherwise two threads could both add the difference, or a
/// smaller total could replace a larger one.
static RAISING: Mutex<()> = Mutex::new(());

impl CounterFn for Series<CounterCell> {
    #[inline]
    fn increment(&self, value: u64) {
        if !self.cell.add(value) {
            self.refuse(Refusal::Overflow, 1);
        }
        // Adding zero only makes a series exist.
        if value > 0 {
            self.exemplars.offer(&self.shared.exemplars, 0, 1, value as f64);
        }
    }

    fn absolute(&self, value: u64) {
        self.start.forget();
        let held = RAISING.lock().unwrap_or_else(PoisonError::into_inner);
        let raised = self.cell.raise_to(value);
        drop(held);
        if !raised {
            self.refuse(Refusal::Decreasing, 1);
        }
    }
}

impl GaugeFn for Series<GaugeCell> {
    fn increment(&self, value: f64) {
        if self.cell.only_grows() && value < 0.0 {
            self.refuse(Refusal::Negative, 1);
        // Adding zero only makes a series exist, so it is not refused after the value was cleared.
        } else if !value.is_finite() || !(self.cell.add(value) || value == 0.0) {
            self.refuse(Refusal::NotFinite, 1);
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
            return self.refuse(Refusal::NotFinite, 1);
        }
        let held = self.cell.only_grows().then(|| RAISING.lock().unwrap_or_else(PoisonError::into_inner));
        if held.is_some() && value < self.cell.read() {
            self.refuse(Refusal::Decreasing, 1);
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
            let bucket = self.cell.record(value, count as u64);
            if count > 0 {
                self.exemplars.offer(&self.shared.exemplars, bucket, self.cell.buckets(), value);
            }
        } else {
            let reason = if value == f64::NEG_INFINITY || value >= 0.0 || value.is_nan() {
                Refusal::NotFinite
            } else {
                Refusal::Negative
            };
            self.refuse(reason, count as u64);
        }
    }
}

/// The handle of a series that did not fit a budget. Its observations go to the overflow series and are counted as
/// folded.
pub(super) struct OverflowHandle<C: Cell> {
    series: Arc<Series<C>>,
    folded: Arc<AtomicU64>,
}

impl<C: Cell> OverflowHandle<C> {
    pub(super) fn new(series: Arc<Series<C>>, folded: &Arc<AtomicU64>) -> Arc<Self> {
        Arc::new(Self { series, folded: Arc::clone(folded) })
    }

    fn count(&self, observations: u64) -> &Series<C> {
        // Relaxed: no other memory access depends on this count.
        self.folded.fetch_add(observations, Ordering::Relaxed);
        &self.series
    }
}

impl CounterFn for OverflowHandle<CounterCell> {
    fn increment(&self, value: u64) {
        self.count(value.min(1)).increment(value);
    }

    fn absolute(&self, value: u64) {
        // Several counters share this series, so their absolute totals cannot be added up. The series keeps the largest
        // total.
        self.count(1).absolute(value);
    }
}

impl GaugeFn for OverflowHandle<GaugeCell> {
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

impl HistogramFn for OverflowHandle<HistogramCell> {
    fn record(&self, value: f64) {
        self.count(1).record(value);
    }

    fn record_many(&self, value: f64, count: usize) {
        self.count(count as u64).record_many(value, count);
    }
}

/// The handle of a metric that was refused. It counts each observation as refused, except an increment of zero, which
/// would only make a series exist.
pub(super) struct RefusalHandle {
    reason: Refusal,
    shared: Arc<SeriesShared>,
}

impl RefusalHandle {
    pub(super) fn new(reason: Refusal, shared: &Arc<SeriesShared>) -> Arc<Self> {
        Arc::new(Self { reason, shared: Arc::clone(shared) })
    }

    fn count(&self, observations: u64) {
        self.shared.rejections.count(self.reason, observations);
    }
}

impl CounterFn for RefusalHandle {
    fn increment(&self, value: u64) {
        self.count(value.min(1));
    }

    fn absolute(&self, _: u64) {
        self.count(1);
    }
}

impl GaugeFn for RefusalHandle {
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

impl HistogramFn for RefusalHandle {
    fn record(&self, _: f64) {
        self.count(1);
    }

    fn record_many(&self, _: f64, count: usize) {
        self.count(count as u64);
    }
}
