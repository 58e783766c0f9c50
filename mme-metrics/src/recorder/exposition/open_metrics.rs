//! The encoder of `OpenMetrics` 1.0. It writes the same samples as the text format, and adds units and an end mark. It
//! escapes quotes in help texts and omits `_total` from the family names of counters.

use super::super::cell::Reading;
use super::super::family::MetricFamily;
use super::encode::{Encode, SeriesHead};
use super::line::{self, Lines};
use super::text::Text;
use crate::metric::Kind;

/// The encoder of [`Format::OpenMetrics`](super::Format::OpenMetrics).
pub(super) struct OpenMetrics;

impl Encode for OpenMetrics {
    type Head = Lines;

    fn family(family: &MetricFamily, out: &mut Vec<u8>) -> Lines {
        let name = match family.kind {
            // In OpenMetrics the family name of a counter has no `_total`.
            Kind::Counter => family.name.strip_suffix("_total").unwrap_or(&family.name),
            Kind::Gauge | Kind::Histogram => &family.name,
        };
        line::help(out, name, family, true);
        line::comment(out, b"# TYPE ", name, family.kind.as_str());
        if let Some(unit) = family.spec.map(|spec| spec.unit.as_str()).filter(|unit| !unit.is_empty()) {
            line::comment(out, b"# UNIT ", name, unit);
        }
        Lines::of(&family.name)
    }

    #[inline]
    fn counter(head: &Lines, series: SeriesHead<'_>, total: u64, out: &mut Vec<u8>) {
        Text::counter(head, series, total, out);
    }

    #[inline]
    fn gauge(head: &Lines, series: SeriesHead<'_>, value: f64, out: &mut Vec<u8>) {
        Text::gauge(head, series, value, out);
    }

    #[inline]
    fn histogram(head: &Lines, family: &MetricFamily, series: SeriesHead<'_>, reading: &Reading, out: &mut Vec<u8>) {
        Text::histogram(head, family, series, reading, out);
    }

    fn end(out: &mut Vec<u8>) {
        out.extend_from_slice(b"# EOF\n");
    }
}
