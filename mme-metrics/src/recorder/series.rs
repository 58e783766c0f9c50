//! The handles that the facade gets: of a series, of an overflow series, and of a refused metric.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{CounterFn, GaugeFn, HistogramFn};

use super::cell::{CounterCell, Exemplars, GaugeCell, HistogramCell};
use super::exemplar::ExemplarPolicy;
use super::rejection::Rejections;
use super::start::Start;
use crate::label::Refusal;
use crate::metric::ABSENT;

/// A series: its cell and its label text. The fields that a writer reads come first, so that they share no cache line
/// with the end of a neighbouring series.
pub(super) struct Series<C> {
    pub(super) cell: C,
    pub(super) exemplars: Exemplars,
    rejections: Arc<Rejections>,
    pub(super) labels: Box<str>,
    start: Start,
    /// Whether it was raised to a total that is kept elsewhere, which may have counted before this series existed.
    raised: AtomicBool,
}

impl<C> Series<C> {
    pub(super) fn new(
        cell: C,
        labels: &str,
        rejections: &Arc<Rejections>,
        exemplars: &Arc<ExemplarPolicy>,
        start: Start,
    ) -> Arc<Self> {
        let (exemplars, rejections) = (Exemplars::new(exemplars), Arc::clone(rejections));
        let raised = AtomicBool::new(false);
        Arc::new(Self { cell, exemplars, rejections, labels: labels.into(), start, raised })
    }

    /// Returns the time from which the series counts, unless its total is kept elsewhere.
    pub(super) fn start(&self) -> Option<Start> {
        // Relaxed: a scrape at the same time may show either.
        (!self.raised.load(Ordering::Relaxed)).then_some(self.start)
    }
}

/// Locked while a counter is raised to an absolute total. Otherwise two threads could both add the difference, or a
/// smaller total could replace a larger one.
static RAISING: Mutex<()> = Mutex::new(());

impl CounterFn for Series<CounterCell> {
    #[inline]
    fn increment(&self, value: u64) {
        if !self.cell.add(value) {
            self.rejections.count(Refusal::Overflow);
        }
        // Adding zero only makes a series exist.
        if value > 0 {
            self.exemplars.offer(0, 1, value as f64);
        }
    }

    fn absolute(&self, value: u64) {
        // Relaxed: as in `start`.
        self.raised.store(true, Ordering::Relaxed);
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
        // Adding zero only makes a series exist, so it is not refused after the value was cleared.
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
            let bucket = self.cell.record(value, count as u64);
            if count > 0 {
                self.exemplars.offer(bucket, self.cell.buckets(), value);
            }
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

/// The handle of a series that did not fit a budget. Its observations go to the overflow series and are counted as
/// folded.
pub(super) struct OverflowHandle<C> {
    series: Arc<Series<C>>,
    folded: Arc<AtomicU64>,
}

impl<C> OverflowHandle<C> {
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
    rejections: Arc<Rejections>,
}

impl RefusalHandle {
    pub(super) fn new(reason: Refusal, rejections: &Arc<Rejections>) -> Arc<Self> {
        Arc::new(Self { reason, rejections: Arc::clone(rejections) })
    }

    fn count(&self, observations: u64) {
        self.rejections.count_many(self.reason, observations);
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
