//! The encoder of protobuf: `io.prometheus.client.MetricFamily` messages, each after its length. It has what the text
//! formats have, exemplars, native buckets, and the start timestamps of counters and histograms.
//!
//! The fields are those of [`metrics.proto`](https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto).
//! A message is complete within one chunk, so a family that is larger than a chunk comes in several messages, each with
//! the name, help and type. Prometheus reads them as one family.

use super::super::cell::{Exemplar, HistogramReading};
use super::super::family::MetricFamily;
use super::super::start::Start;
use super::encode::{Encode, SeriesHead};
use super::wire::{self, Message, float_tag, length_tag, varint_tag};
use super::{line, native};
use crate::metric::Kind;

/// The encoder of [`Format::Protobuf`](super::Format::Protobuf).
pub(super) struct Protobuf;

/// Field numbers, by message.
mod field {
    pub(super) mod family {
        pub(in super::super) const NAME: u8 = 1;
        pub(in super::super) const HELP: u8 = 2;
        pub(in super::super) const TYPE: u8 = 3;
        pub(in super::super) const METRIC: u8 = 4;
        pub(in super::super) const UNIT: u8 = 5;
    }
    pub(super) mod metric {
        pub(in super::super) const LABEL: u8 = 1;
        pub(in super::super) const GAUGE: u8 = 2;
        pub(in super::super) const COUNTER: u8 = 3;
        pub(in super::super) const HISTOGRAM: u8 = 7;
    }
    pub(super) mod label {
        pub(in super::super) const NAME: u8 = 1;
        pub(in super::super) const VALUE: u8 = 2;
    }
    pub(super) mod value {
        /// Of a gauge and of a counter.
        pub(in super::super) const VALUE: u8 = 1;
        /// Of a counter only.
        pub(in super::super) const EXEMPLAR: u8 = 2;
        /// Of a counter only.
        pub(in super::super) const START: u8 = 3;
    }
    pub(super) mod histogram {
        pub(in super::super) const COUNT: u8 = 1;
        pub(in super::super) const SUM: u8 = 2;
        pub(in super::super) const BUCKET: u8 = 3;
        pub(in super::super) const START: u8 = 15;
    }
    pub(super) mod bucket {
        pub(in super::super) const COUNT: u8 = 1;
        pub(in super::super) const BOUND: u8 = 2;
        pub(in super::super) const EXEMPLAR: u8 = 3;
    }
    pub(super) mod exemplar {
        pub(in super::super) const VALUE: u8 = 2;
        pub(in super::super) const TIMESTAMP: u8 = 3;
    }
    pub(super) mod timestamp {
        pub(in super::super) const SECONDS: u8 = 1;
        pub(in super::super) const NANOS: u8 = 2;
    }
}

/// What the messages of a family share.
pub(super) struct Head {
    /// The fields before the metrics.
    fields: Vec<u8>,
    message: Message,
    /// The field of a metric in which its value stands.
    value: u8,
    /// The upper bound of each bucket but the last, as a field.
    bounds: Vec<[u8; 9]>,
}

impl Encode for Protobuf {
    const NATIVE: bool = true;
    type Head = Head;

    const EXEMPLARS: bool = true;

    fn family(&self, family: &MetricFamily, out: &mut Vec<u8>) -> Head {
        let (number, value) = match family.kind {
            Kind::Counter => (0, field::metric::COUNTER),
            Kind::Gauge => (1, field::metric::GAUGE),
            Kind::Histogram => (4, field::metric::HISTOGRAM),
        };
        let mut fields = Vec::new();
        wire::text(&mut fields, length_tag(field::family::NAME), family.name.as_bytes());
        wire::text(&mut fields, length_tag(field::family::HELP), line::help_text(family).as_bytes());
        wire::number(&mut fields, varint_tag(field::family::TYPE), number);
        if let Some(unit) = family.spec.map(|spec| spec.unit.as_str()).filter(|unit| !unit.is_empty()) {
            wire::text(&mut fields, length_tag(field::family::UNIT), unit.as_bytes());
        }
        let bounds =
            family.bounds.iter().map(|bound| wire::float_field(float_tag(field::bucket::BOUND), bound)).collect();
        let message = begin(&fields, out);
        Head { fields, message, value, bounds }
    }

    fn resume(&self, head: &mut Head, out: &mut Vec<u8>) {
        head.message = begin(&head.fields, out);
    }

    fn pause(head: &Head, out: &mut Vec<u8>) {
        if head.message.len(out) > head.fields.len() {
            head.message.end(out);
        } else {
            head.message.discard(out);
        }
    }

    #[inline]
    fn counter(head: &Head, series: SeriesHead<'_>, total: u64, exemplar: Option<&Exemplar>, out: &mut Vec<u8>) {
        value(head, series, total as f64, exemplar, out);
    }

    #[inline]
    fn gauge(head: &Head, series: SeriesHead<'_>, level: f64, out: &mut Vec<u8>) {
        value(head, series, level, None, out);
    }

    #[inline]
    fn histogram(head: &Head, _: &MetricFamily, series: SeriesHead<'_>, reading: &HistogramReading, out: &mut Vec<u8>) {
        let metric = metric(series, 2, out);
        let message = Message::field(out, length_tag(head.value), 2);
        wire::number(out, varint_tag(field::histogram::COUNT), reading.count);
        wire::float(out, float_tag(field::histogram::SUM), reading.sum);
        // The bucket `+Inf` is left out unless it has an exemplar: it has all observations.
        let mut below = 0_u64;
        let exemplar = |bucket: usize| reading.exemplars.get(bucket).and_then(Option::as_ref);
        for (index, (bound, bucket)) in head.bounds.iter().zip(&reading.buckets).enumerate() {
            below = below.saturating_add(*bucket);
            if let Some(exemplar) = exemplar(index) {
                traced_bucket(below, bound, exemplar, out);
                continue;
            }
            out.push(length_tag(field::histogram::BUCKET));
            // At most 20, so one byte.
            wire::varint(out, (1 + wire::varint_len(below) + bound.len()) as u64);
            wire::number(out, varint_tag(field::bucket::COUNT), below);
            out.extend_from_slice(bound);
        }
        if let Some(exemplar) = exemplar(head.bounds.len()) {
            let bound = wire::float_field(float_tag(field::bucket::BOUND), f64::INFINITY);
            traced_bucket(reading.count, &bound, exemplar, out);
        }
        if let Some(native) = &reading.native {
            native::buckets(out, native, reading.count);
        }
        start(out, length_tag(field::histogram::START), series.start);
        message.end(out);
        metric.end(out);
    }

    fn end(_: &mut Vec<u8>) {}
}

/// Writes a gauge or a counter.
#[inline]
fn value(head: &Head, series: SeriesHead<'_>, value: f64, traced: Option<&Exemplar>, out: &mut Vec<u8>) {
    let metric = metric(series, 1, out);
    let message = Message::field(out, length_tag(head.value), 1);
    wire::float(out, float_tag(field::value::VALUE), value);
    if let Some(traced) = traced {
        exemplar(out, length_tag(field::value::EXEMPLAR), traced);
    }
    start(out, length_tag(field::value::START), series.start);
    message.end(out);
    metric.end(out);
}

/// Writes a bucket with an exemplar.
fn traced_bucket(below: u64, bound: &[u8], traced: &Exemplar, out: &mut Vec<u8>) {
    let bucket = Message::field(out, length_tag(field::histogram::BUCKET), 1);
    wire::number(out, varint_tag(field::bucket::COUNT), below);
    out.extend_from_slice(bound);
    exemplar(out, length_tag(field::bucket::EXEMPLAR), traced);
    bucket.end(out);
}

/// Writes a field with an exemplar. Its labels have the field number of the labels of a metric.
fn exemplar(out: &mut Vec<u8>, tag: u8, exemplar: &Exemplar) {
    let message = Message::field(out, tag, 1);
    label(b"trace_id", &exemplar.trace_id.to_hex(), 0, out);
    label(b"span_id", &exemplar.span_id.to_hex(), 0, out);
    wire::float(out, float_tag(field::exemplar::VALUE), exemplar.value);
    let (seconds, nanos) = (exemplar.timestamp.as_secs(), exemplar.timestamp.subsec_nanos());
    timestamp(out, length_tag(field::exemplar::TIMESTAMP), seconds, u64::from(nanos));
    message.end(out);
}

/// Begins the message of a family.
fn begin(fields: &[u8], out: &mut Vec<u8>) -> Message {
    let message = Message::begin(out, 2);
    out.extend_from_slice(fields);
    message
}

/// Begins the message of a series, and writes its labels. Its length probably takes `room` bytes.
#[inline]
fn metric(series: SeriesHead<'_>, room: usize, out: &mut Vec<u8>) -> Message {
    let message = Message::field(out, length_tag(field::family::METRIC), room);
    labels(series.labels, out);
    message
}

/// Writes the labels of a label text, without its escapes. Text that is not a label ends them.
#[inline]
fn labels(text: &str, out: &mut Vec<u8>) {
    let mut text = text.as_bytes();
    // A key has no `=`, and its value begins with a quote.
    while let Some(equals) = text.iter().position(|byte| *byte == b'=') {
        let (key, value) = (&text[..equals], text.get(equals + 2..).unwrap_or_default());
        let (mut end, mut escapes) = (0, 0);
        while let Some(byte) = value.get(end).filter(|byte| **byte != b'"') {
            if *byte == b'\\' {
                // The next byte is what the escape stands for.
                end += 1;
                escapes += 1;
            }
            end += 1;
        }
        let end = end.min(value.len());
        label(key, &value[..end], escapes, out);
        // A quote, and a comma before the next label.
        text = value.get(end + 2..).unwrap_or_default();
    }
}

#[inline]
fn label(key: &[u8], value: &[u8], escapes: usize, out: &mut Vec<u8>) {
    let length = value.len() - escapes;
    let text_len = |length: usize| 1 + wire::varint_len(length as u64) + length;
    wire::number(out, length_tag(field::metric::LABEL), (text_len(key.len()) + text_len(length)) as u64);
    wire::text(out, length_tag(field::label::NAME), key);
    if escapes == 0 {
        return wire::text(out, length_tag(field::label::VALUE), value);
    }
    wire::number(out, length_tag(field::label::VALUE), length as u64);
    let mut is_backslash = false;
    for byte in value {
        is_backslash = !is_backslash && *byte == b'\\';
        if !is_backslash {
            out.push(*byte);
        }
    }
}

/// Writes a field with the time from which a series counts, if it is known.
#[inline]
fn start(out: &mut Vec<u8>, tag: u8, start: Option<Start>) {
    const MILLIS: u64 = 1_000;
    const NANOS_OF_MILLI: u64 = 1_000_000;
    if let Some(millis) = start.map(Start::millis) {
        timestamp(out, tag, millis / MILLIS, millis % MILLIS * NANOS_OF_MILLI);
    }
}

/// Writes a field with a timestamp.
#[inline]
fn timestamp(out: &mut Vec<u8>, tag: u8, seconds: u64, nanos: u64) {
    out.push(tag);
    wire::varint(out, (2 + wire::varint_len(seconds) + wire::varint_len(nanos)) as u64);
    wire::number(out, varint_tag(field::timestamp::SECONDS), seconds);
    wire::number(out, varint_tag(field::timestamp::NANOS), nanos);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the labels as text, with the tags and lengths as they are.
    fn read(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        labels(text, &mut out);
        out
    }

    #[test]
    fn labels_lose_their_quotes_and_escapes() {
        assert_eq!(read(""), b"");
        assert_eq!(read(r#"a="x""#), b"\x0a\x06\x0a\x01a\x12\x01x");
        assert_eq!(read(r#"a="=,",bc="""#), b"\x0a\x07\x0a\x01a\x12\x02=,\x0a\x06\x0a\x02bc\x12\x00");
        assert_eq!(read(r#"a="\"\\",b="\\""#), b"\x0a\x07\x0a\x01a\x12\x02\"\\\x0a\x06\x0a\x01b\x12\x01\\");
    }

    #[test]
    fn text_that_is_no_label_is_no_panic() {
        for text in ["=", "a=", "a=\"", "a=\"\\", "a", "a=\"x\"b=\"y\"", "\\", "\"", ",,"] {
            read(text);
        }
    }
}
