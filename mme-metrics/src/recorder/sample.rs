//! Reads the metrics for a part of the library that keeps their history in the process.

use std::sync::Arc;

use super::cell::{HistogramReading, NativeReading};
use super::family::{MetricFamily, SeriesList};
use super::handle::Recorder;
use crate::metric::{Kind, Spec};

/// A metric at the moment of a sample.
pub(crate) struct SampledMetric(Arc<MetricFamily>);

/// The value of one series.
pub(crate) enum SampledValue<'a> {
    /// A counter. Where its total is kept elsewhere, it did not begin with the series.
    Total { value: f64, is_kept_elsewhere: bool },
    /// A gauge.
    Level(f64),
    /// A histogram: its classic buckets, which are not cumulative, and its native ones by their upper bound.
    Buckets { classic: &'a [u64], native: &'a [(f64, u64)] },
}

impl Recorder {
    /// Runs the collectors, as a scrape does, and returns all metrics, sorted by name.
    pub(crate) fn sample(&self) -> Vec<SampledMetric> {
        self.refresh();
        self.0.registry.families().into_iter().map(SampledMetric).collect()
    }
}

impl SampledMetric {
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    pub(crate) fn spec(&self) -> Option<&'static Spec> {
        self.0.spec
    }

    pub(crate) fn help(&self) -> &str {
        self.0.help.get().map_or("", |help| help)
    }

    /// Returns the name of its family, or that of the metrics without one.
    pub(crate) fn family(&self) -> &'static str {
        self.0.group.name
    }

    /// Returns the upper bounds of its classic buckets, without `+Inf`.
    pub(crate) fn bounds(&self) -> Vec<f64> {
        self.0.bounds.iter().collect()
    }

    pub(crate) fn series(&self) -> usize {
        self.0.series.len()
    }

    /// Calls `visit` with the position, the label text and the value of every series. A position is never given to another
    /// series.
    pub(crate) fn read(&self, mut visit: impl FnMut(usize, &str, SampledValue<'_>)) {
        match &self.0.series {
            SeriesList::Counters(list) => list.iter().for_each(|(at, series)| {
                let (value, is_kept_elsewhere) = (series.cell.read() as f64, series.start().is_none());
                visit(at, &series.labels, SampledValue::Total { value, is_kept_elsewhere });
            }),
            SeriesList::Gauges(list) => list.iter().for_each(|(at, series)| match series.cell.read() {
                // NaN means that the value was cleared.
                value if value.is_nan() => {}
                value if self.0.kind == Kind::Counter => {
                    visit(at, &series.labels, SampledValue::Total { value, is_kept_elsewhere: true });
                }
                value => visit(at, &series.labels, SampledValue::Level(value)),
            }),
            SeriesList::Histograms(list) => {
                let native = self.0.native.is_some().then(NativeReading::default);
                let mut reading = HistogramReading { native, ..HistogramReading::default() };
                let mut uppers = Vec::new();
                for (at, series) in list {
                    series.cell.read(&mut reading);
                    uppers.clear();
                    if let Some(native) = &reading.native {
                        uppers.extend(native.uppers());
                    }
                    visit(at, &series.labels, SampledValue::Buckets { classic: &reading.buckets, native: &uppers });
                }
            }
        }
    }
}

impl NativeReading {
    /// Iterates over the upper bounds of the buckets with their counts. That of the zero bucket is 0.
    fn uppers(&self) -> impl Iterator<Item = (f64, u64)> {
        // A bucket of schema `s` ends at 2^(index / 2^s).
        let width = self.schema.map_or(1.0, |schema| f64::from(-i32::from(schema)).exp2());
        let buckets = self.buckets.iter().map(move |(index, count)| ((f64::from(*index) * width).exp2(), *count));
        (self.zero > 0).then_some((0.0, self.zero)).into_iter().chain(buckets)
    }
}
