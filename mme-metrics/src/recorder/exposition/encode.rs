//! The trait of an exposition format, and the walk over all series that calls it.

use std::sync::Arc;

use super::super::cell::{Cell, Exemplar, HistogramReading, NativeReading};
use super::super::family::{MetricFamily, SeriesList};
use super::super::series::Series;
use super::super::start::Start;

/// Size at which a chunk is complete. The last series of a chunk may exceed it.
pub(super) const CHUNK_BYTES: usize = 32 * 1024;

/// An encoder of one exposition format. The walk calls it for each family and then for each of its series. The walk is
/// generic over the encoder, so writing a number costs no dynamic call.
///
/// Values are finite.
pub(super) trait Encode {
    /// Whether the format has native buckets.
    const NATIVE: bool = false;

    /// What all samples of a family share. It is made once for each family.
    type Head;

    /// Whether the format has exemplars. The walk reads none for the others.
    const EXEMPLARS: bool;

    /// Writes what comes before the samples of a family. `family` has the kind, help, unit and bounds.
    fn family(&self, family: &MetricFamily, out: &mut Vec<u8>) -> Self::Head;

    /// Continues a family at the beginning of a chunk, for a format in which a chunk has to be complete.
    fn resume(&self, _head: &mut Self::Head, _out: &mut Vec<u8>) {}

    /// Ends a family, or the part of it that the chunk has.
    fn pause(_head: &Self::Head, _out: &mut Vec<u8>) {}

    /// Writes one counter with an integer value.
    fn counter(head: &Self::Head, series: SeriesHead<'_>, total: u64, exemplar: Option<&Exemplar>, out: &mut Vec<u8>);

    /// Writes one gauge, or one counter with a fractional value. The `family.kind` given to [`Self::family`] says
    /// which.
    fn gauge(head: &Self::Head, series: SeriesHead<'_>, value: f64, out: &mut Vec<u8>);

    /// Writes one histogram. The buckets of `reading` are not cumulative, and the last one is `+Inf`. Its count is
    /// their sum.
    fn histogram(
        head: &Self::Head,
        family: &MetricFamily,
        series: SeriesHead<'_>,
        reading: &HistogramReading,
        out: &mut Vec<u8>,
    );

    /// Writes the end of the exposition, after the last family.
    fn end(out: &mut Vec<u8>);
}

/// What the samples of one series share.
#[derive(Clone, Copy)]
pub(super) struct SeriesHead<'a> {
    /// What tells the series from all others of its recorder.
    #[cfg(feature = "otlp")]
    pub(super) id: usize,
    /// The escaped label text `a="x",b="y"` without braces. It is empty for a series without labels.
    pub(super) labels: &'a str,
    /// The time from which the series counts, if it is known.
    pub(super) start: Option<Start>,
}

/// Walks over the families of a recorder and their series, and writes them in one format.
pub(super) struct Walk<E: Encode> {
    pub(super) encoder: E,
    families: std::vec::IntoIter<Arc<MetricFamily>>,
    current: Option<Position<E::Head>>,
    reading: HistogramReading,
}

impl<C: Cell> Series<C> {
    fn head(&self) -> SeriesHead<'_> {
        SeriesHead {
            // A series is never moved.
            #[cfg(feature = "otlp")]
            id: std::ptr::from_ref(self).addr(),
            labels: &self.labels,
            start: self.start(),
        }
    }
}

/// The position of a walk within a family.
struct Position<H> {
    family: Arc<MetricFamily>,
    head: H,
    next: usize,
    end: usize,
}

impl<E: Encode> Walk<E> {
    pub(super) fn new(encoder: E, families: Vec<Arc<MetricFamily>>) -> Self {
        let native = E::NATIVE.then(NativeReading::default);
        let reading = HistogramReading { native, ..HistogramReading::default() };
        Self { encoder, families: families.into_iter(), current: None, reading }
    }

    /// Appends whole series to `out` until a chunk is full or no series is left. Returns whether more series are left.
    pub(super) fn fill(&mut self, out: &mut Vec<u8>) -> bool {
        if let Some(Position { head, .. }) = &mut self.current {
            self.encoder.resume(head, out);
        }
        while out.len() < CHUNK_BYTES {
            let Some(Position { family, head, next, end }) = &mut self.current else {
                let Some(family) = self.families.next() else {
                    E::end(out);
                    return false;
                };
                let end = family.series.len();
                if end > 0 {
                    let head = self.encoder.family(&family, out);
                    self.current = Some(Position { family, head, next: 0, end });
                }
                continue;
            };
            if next == end {
                E::pause(head, out);
                self.current = None;
                continue;
            }
            let at = *next;
            *next += 1;
            match &family.series {
                SeriesList::Counters(list) => {
                    if let Some(series) = list.get(at) {
                        let exemplar = if E::EXEMPLARS { series.exemplars.first() } else { None };
                        E::counter(head, series.head(), series.cell.read(), exemplar.as_ref(), out);
                    }
                }
                SeriesList::Gauges(list) => {
                    // NaN means that the value was cleared.
                    if let Some((series, value)) =
                        list.get(at).map(|series| (series, series.cell.read())).filter(|(_, value)| !value.is_nan())
                    {
                        // A gauge has no start, and the total of a fractional counter is kept elsewhere.
                        E::gauge(head, SeriesHead { start: None, ..series.head() }, value, out);
                    }
                }
                SeriesList::Histograms(list) => {
                    if let Some(series) = list.get(at) {
                        if E::EXEMPLARS {
                            series.exemplars.read(&mut self.reading.exemplars);
                        }
                        series.cell.read(&mut self.reading);
                        E::histogram(head, family, series.head(), &self.reading, out);
                    }
                }
            }
        }
        if let Some(Position { head, .. }) = &self.current {
            E::pause(head, out);
        }
        true
    }
}
