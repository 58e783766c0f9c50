//! The encoder of the Prometheus text format 0.0.4.

use super::super::cell::{Exemplar, HistogramReading};
use super::super::family::MetricFamily;
use super::encode::{Encode, SeriesHead};
use super::line::{self, Lines};

/// The encoder of [`Format::Text`](super::Format::Text).
pub(super) struct Text;

impl Encode for Text {
    type Head = Lines;

    const EXEMPLARS: bool = false;

    fn family(&self, family: &MetricFamily, out: &mut Vec<u8>) -> Lines {
        line::help(out, &family.name, family, false);
        line::comment(out, b"# TYPE ", &family.name, family.kind.as_str());
        Lines::of(&family.name)
    }

    #[inline]
    fn counter(head: &Lines, series: SeriesHead<'_>, total: u64, _: Option<&Exemplar>, out: &mut Vec<u8>) {
        line::sample(out, &head.sample, series.labels);
        line::integer(out, total);
    }

    #[inline]
    fn gauge(head: &Lines, series: SeriesHead<'_>, value: f64, out: &mut Vec<u8>) {
        line::sample(out, &head.sample, series.labels);
        line::float(out, value);
    }

    #[inline]
    fn histogram(
        head: &Lines,
        family: &MetricFamily,
        series: SeriesHead<'_>,
        reading: &HistogramReading,
        out: &mut Vec<u8>,
    ) {
        line::histogram(out, family, head, series.labels, reading, |_, _| ());
    }

    fn end(_: &mut Vec<u8>) {}
}
