//! The seam between the series and a format.

use std::sync::Arc;

use super::super::cell::Reading;
use super::super::family::{MetricFamily, SeriesList};

/// Size at which a chunk is complete. One series may write past it.
pub(super) const CHUNK_BYTES: usize = 32 * 1024;

/// A format of the exposition. The walk calls it for each family and each series, in this order; it is compiled once for each
/// format, so no number costs a dynamic call.
///
/// `labels` is the escaped label text `a="x",b="y"` without braces, empty for a series without labels. Values are finite.
pub(super) trait Encode {
    /// Text that the samples of a family share, made once for each family.
    type Head;

    /// Begins a family: its kind, help, unit and bounds are in `family`.
    fn family(family: &MetricFamily, out: &mut Vec<u8>) -> Self::Head;

    /// Writes one counter with a whole value.
    fn counter(head: &Self::Head, labels: &str, total: u64, out: &mut Vec<u8>);

    /// Writes one gauge, or one counter with a fraction: `family.kind` of [`Self::family`] says which.
    fn gauge(head: &Self::Head, labels: &str, value: f64, out: &mut Vec<u8>);

    /// Writes one histogram. The buckets of `reading` are not cumulative and end with that of `+Inf`; its count is their sum.
    fn histogram(head: &Self::Head, family: &MetricFamily, labels: &str, reading: &Reading, out: &mut Vec<u8>);

    /// Ends the exposition, after the last family.
    fn end(out: &mut Vec<u8>);
}

/// The walk over the families of a recorder and their series, in one format.
pub(super) struct Walk<E: Encode> {
    families: std::vec::IntoIter<Arc<MetricFamily>>,
    current: Option<Position<E::Head>>,
    reading: Reading,
}

/// The place of a walk within a family.
struct Position<H> {
    family: Arc<MetricFamily>,
    head: H,
    next: usize,
    end: usize,
}

impl<E: Encode> Walk<E> {
    pub(super) fn new(families: Vec<Arc<MetricFamily>>) -> Self {
        Self { families: families.into_iter(), current: None, reading: Reading::default() }
    }

    /// Fills `out` with whole series until it is full or there are no more; returns whether there are more.
    pub(super) fn fill(&mut self, out: &mut Vec<u8>) -> bool {
        while out.len() < CHUNK_BYTES {
            let Some(Position { family, head, next, end }) = &mut self.current else {
                let Some(family) = self.families.next() else {
                    E::end(out);
                    return false;
                };
                let end = family.series.len();
                if end > 0 {
                    let head = E::family(&family, out);
                    self.current = Some(Position { family, head, next: 0, end });
                }
                continue;
            };
            if next == end {
                self.current = None;
                continue;
            }
            let at = *next;
            *next += 1;
            match &family.series {
                SeriesList::Counters(list) => {
                    if let Some(series) = list.get(at) {
                        E::counter(head, &series.labels, series.cell.read(), out);
                    }
                }
                SeriesList::Gauges(list) => {
                    // NaN: the value was cleared.
                    if let Some((series, value)) =
                        list.get(at).map(|series| (series, series.cell.read())).filter(|(_, value)| !value.is_nan())
                    {
                        E::gauge(head, &series.labels, value, out);
                    }
                }
                SeriesList::Histograms(list) => {
                    if let Some(series) = list.get(at) {
                        series.cell.read(&mut self.reading);
                        E::histogram(head, family, &series.labels, &self.reading, out);
                    }
                }
            }
        }
        true
    }
}
