//! The encoder of `OpenMetrics` 1.0. It writes the same samples as the text format, and adds units, exemplars and
//! an end mark. It escapes quotes in help texts and omits `_total` from the family names of counters.

use super::super::cell::{Exemplar, HistogramReading};
use super::super::family::MetricFamily;
use super::encode::{Encode, SeriesHead};
use super::line::{self, Lines};
use super::text::Text;
use crate::metric::Kind;

/// The encoder of [`Format::OpenMetrics`](super::Format::OpenMetrics).
pub(super) struct OpenMetrics;

impl Encode for OpenMetrics {
    type Head = Lines;

    const EXEMPLARS: bool = true;

    fn family(&self, family: &MetricFamily, out: &mut Vec<u8>) -> Lines {
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
    fn counter(head: &Lines, series: SeriesHead<'_>, total: u64, exemplar: Option<&Exemplar>, out: &mut Vec<u8>) {
        line::sample(out, &head.sample, series.labels);
        line::whole_number(out, total);
        if let Some(exemplar) = exemplar {
            write_exemplar(out, exemplar);
        }
        out.push(b'\n');
    }

    #[inline]
    fn gauge(head: &Lines, series: SeriesHead<'_>, value: f64, out: &mut Vec<u8>) {
        Text::gauge(head, series, value, out);
    }

    #[inline]
    fn histogram(
        head: &Lines,
        family: &MetricFamily,
        series: SeriesHead<'_>,
        reading: &HistogramReading,
        out: &mut Vec<u8>,
    ) {
        if reading.exemplars.is_empty() {
            return Text::histogram(head, family, series, reading, out);
        }
        line::histogram(out, family, head, series.labels, reading, |bucket, out| {
            if let Some(Some(exemplar)) = reading.exemplars.get(bucket) {
                write_exemplar(out, exemplar);
            }
        });
    }

    fn end(out: &mut Vec<u8>) {
        out.extend_from_slice(b"# EOF\n");
    }
}

/// Writes an exemplar at the end of a line. Its labels have 63 characters, of the 128 that the format allows.
fn write_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    out.extend_from_slice(b" # {trace_id=\"");
    out.extend_from_slice(&exemplar.trace_id.to_hex());
    out.extend_from_slice(b"\",span_id=\"");
    out.extend_from_slice(&exemplar.span_id.to_hex());
    out.extend_from_slice(b"\"} ");
    line::number(out, exemplar.value);
    out.push(b' ');
    line::whole_number(out, exemplar.timestamp.as_secs());
    let millis = exemplar.timestamp.subsec_millis();
    let digit = |power: u32| b'0' + u8::try_from(millis / power % 10).unwrap_or_default();
    out.extend_from_slice(&[b'.', digit(100), digit(10), digit(1)]);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::trace::{TraceContext, TraceScope};
    use crate::{Format, Recorder};

    const TRACEPARENT: &[u8] = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn context() -> TraceContext {
        TraceContext::parse(TRACEPARENT).unwrap()
    }

    #[test]
    fn an_exemplar_is_written_with_milliseconds() {
        let (trace_id, span_id) = (context().trace_id(), context().span_id());
        for (nanos, timestamp) in
            [(1_520_879_607_789_654_321, "1520879607.789"), (7_001_000_000, "7.001"), (0, "0.000")]
        {
            let exemplar = Exemplar { trace_id, span_id, value: 0.25, timestamp: Duration::from_nanos(nanos) };
            let mut out = Vec::new();
            write_exemplar(&mut out, &exemplar);
            let expected = format!(
                " # {{trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\",span_id=\"00f067aa0ba902b7\"}} 0.25 {timestamp}"
            );
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn counters_and_buckets_have_exemplars_and_gauges_have_none() {
        let recorder = Recorder::builder().buckets("traced_seconds", &[0.1, 1.0]).build().unwrap();
        metrics::with_local_recorder(&recorder, || {
            metrics::histogram!("traced_seconds").record(0.05);
            TraceScope::Fixed(context()).run(|| {
                metrics::counter!("traced_total").increment(0);
                metrics::counter!("traced_totals_total").increment(3);
                metrics::counter!("traced_elsewhere_total").absolute(3);
                metrics::gauge!("traced_level").set(3.0);
                metrics::histogram!("traced_seconds").record(0.5);
            });
        });
        let text = recorder.render(Format::OpenMetrics);
        let ids = "trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\",span_id=\"00f067aa0ba902b7\"";
        let traced: Vec<_> = text.lines().filter_map(|line| line.split_once(" # ")).collect();
        let [(bucket, other), (counter, one)] = traced[..] else { panic!("{text}") };
        assert_eq!((counter, bucket), ("traced_totals_total 3", "traced_seconds_bucket{le=\"1.0\"} 2"));
        assert!(one.starts_with(&format!("{{{ids}}} 3 ")) && other.starts_with(&format!("{{{ids}}} 0.5 ")), "{text}");
        assert!(!recorder.render(Format::Text).contains(" # {"));
    }
}
