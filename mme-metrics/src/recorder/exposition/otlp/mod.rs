//! The encoder of OTLP, the protocol of OpenTelemetry: `Metric` messages as fields of a `ScopeMetrics`.
//!
//! | file | content |
//! |---|---|
//! | `name` | names and units, such that a receiver makes our names of them |
//! | `delta` | differences, for a receiver that wants no totals |
//! | `point` | the data points |
//!
//! A chunk has whole `Metric` messages, so a family that is larger than a chunk comes in several messages. Chunks can be put
//! one behind the other, because the field is a repeated one. What stands around them is the sender's.

mod delta;
mod name;
mod point;

use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality::{Cumulative, Delta};

use self::delta::Difference;
pub(crate) use self::delta::{OtlpDeltas, WrittenValues};
use self::name::MetricName;
use self::point::Times;
use super::super::cell::{Exemplar, HistogramReading};
use super::super::family::MetricFamily;
use super::super::registry::Registry;
use super::encode::{Encode, SeriesHead, Walk};
use super::wire::{self, Message, length_tag, varint_tag};
use super::{CHUNK_BYTES, CHUNK_ROOM, line};
use crate::metric::Kind;

/// Field numbers, by message.
mod field {
    pub(super) mod scope_metrics {
        pub(in super::super) const METRICS: u8 = 2;
    }
    pub(super) mod metric {
        pub(in super::super) const NAME: u8 = 1;
        pub(in super::super) const DESCRIPTION: u8 = 2;
        pub(in super::super) const UNIT: u8 = 3;
        pub(in super::super) const GAUGE: u8 = 5;
        pub(in super::super) const SUM: u8 = 7;
        pub(in super::super) const HISTOGRAM: u8 = 9;
        pub(in super::super) const EXPONENTIAL_HISTOGRAM: u8 = 10;
    }
    pub(super) mod data {
        /// Of a sum and of both histograms.
        pub(in super::super) const TEMPORALITY: u8 = 2;
        /// Of a sum.
        pub(in super::super) const IS_MONOTONIC: u8 = 3;
    }
}

/// Bytes that are kept free for the length of a message, which is rarely over a chunk.
const ROOM: usize = 3;

/// All metrics as OTLP, chunk by chunk. Each chunk is written when it is requested.
pub(crate) struct OtlpReading {
    walk: Walk<Otlp>,
    ended: bool,
}

impl OtlpReading {
    /// With `deltas`, counters and histograms are written as differences.
    pub(in crate::recorder) fn new(registry: &Registry, deltas: Option<OtlpDeltas>) -> Self {
        Self { walk: Walk::new(Otlp { time: 0, deltas }, registry.families()), ended: false }
    }

    /// Writes the next chunk: whole fields of a `ScopeMetrics`, about 32 KiB. `time` is now, in nanoseconds since 1970: the time of
    /// its data points. It comes with the values that it is made of, if it has differences.
    pub(crate) fn chunk(&mut self, time: u64) -> Option<(Vec<u8>, WrittenValues)> {
        if self.ended {
            return None;
        }
        self.walk.encoder.time = time;
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + CHUNK_ROOM);
        self.ended = !self.walk.fill(&mut chunk);
        let written = self.walk.encoder.deltas.as_ref().map(OtlpDeltas::take_written).unwrap_or_default();
        (!chunk.is_empty()).then_some((chunk, written))
    }
}

/// The encoder.
struct Otlp {
    time: u64,
    deltas: Option<OtlpDeltas>,
}

/// Which message the data points of a metric stand in.
#[derive(Clone, Copy, PartialEq)]
enum Data {
    Gauge,
    Sum,
    Histogram,
    Exponential,
}

impl Data {
    /// A metric has one of them, so a histogram with both kinds of buckets shows the classic ones, which rules and dashboards read.
    fn of(family: &MetricFamily) -> Self {
        match family.kind {
            Kind::Counter => Self::Sum,
            Kind::Gauge => Self::Gauge,
            Kind::Histogram if family.native.is_some() && family.bounds.iter().next().is_none() => Self::Exponential,
            Kind::Histogram => Self::Histogram,
        }
    }

    const fn field(self) -> u8 {
        match self {
            Self::Gauge => field::metric::GAUGE,
            Self::Sum => field::metric::SUM,
            Self::Histogram => field::metric::HISTOGRAM,
            Self::Exponential => field::metric::EXPONENTIAL_HISTOGRAM,
        }
    }
}

/// What the data points of a family share.
struct Head {
    name: MetricName,
    description: String,
    data: Data,
    bounds: Vec<f64>,
    time: u64,
    deltas: Option<OtlpDeltas>,
    open: OpenMessages,
}

/// The messages that are being written.
#[derive(Clone, Copy)]
struct OpenMessages {
    /// Where the metric begins, with its tag.
    start: usize,
    metric: Message,
    data: Message,
}

impl Head {
    /// The times of a total.
    fn times(&self, series: SeriesHead<'_>) -> Times {
        Times::new(series.start, self.time)
    }

    /// The times of a difference.
    fn times_since<T>(&self, series: SeriesHead<'_>, difference: &Difference<T>) -> Times {
        difference.since.map_or_else(|| self.times(series), |since| Times::since(since, self.time))
    }
}

impl Encode for Otlp {
    const NATIVE: bool = true;
    const EXEMPLARS: bool = true;
    type Head = Head;

    fn family(&self, family: &MetricFamily, out: &mut Vec<u8>) -> Head {
        let (name, data) = (MetricName::of(family), Data::of(family));
        let description = line::help_text(family).to_owned();
        let open = begin(&name, &description, data, out);
        Head {
            name,
            description,
            data,
            bounds: family.bounds.iter().collect(),
            time: self.time,
            deltas: self.deltas.clone(),
            open,
        }
    }

    fn resume(&self, head: &mut Head, out: &mut Vec<u8>) {
        head.time = self.time;
        head.open = begin(&head.name, &head.description, head.data, out);
    }

    fn pause(head: &Head, out: &mut Vec<u8>) {
        let OpenMessages { start, metric, data } = head.open;
        if data.len(out) == 0 {
            return out.truncate(start);
        }
        if head.data != Data::Gauge {
            // Two, so it fits.
            let temporality = if head.deltas.is_some() { Delta } else { Cumulative };
            wire::number(out, varint_tag(field::data::TEMPORALITY), temporality as u64);
        }
        if head.data == Data::Sum {
            wire::number(out, varint_tag(field::data::IS_MONOTONIC), 1);
        }
        data.end(out);
        metric.end(out);
    }

    fn counter(head: &Head, series: SeriesHead<'_>, total: u64, exemplar: Option<&Exemplar>, out: &mut Vec<u8>) {
        let Some(deltas) = &head.deltas else {
            return point::write(&point::total(series.labels, head.times(series), total, exemplar), out);
        };
        if let Some(difference) = deltas.total(series.id, head.time, total) {
            let times = head.times_since(series, &difference);
            let exemplar = exemplar.filter(|exemplar| times.have(exemplar));
            point::write(&point::total(series.labels, times, difference.value, exemplar), out);
        }
    }

    fn gauge(head: &Head, series: SeriesHead<'_>, value: f64, out: &mut Vec<u8>) {
        match &head.deltas {
            Some(deltas) if head.data == Data::Sum => {
                if let Some(difference) = deltas.fraction(series.id, head.time, value) {
                    let times = head.times_since(series, &difference);
                    point::write(&point::value(series.labels, times, difference.value), out);
                }
            }
            _ => point::write(&point::value(series.labels, head.times(series), value), out),
        }
    }

    fn histogram(head: &Head, _: &MetricFamily, series: SeriesHead<'_>, reading: &HistogramReading, out: &mut Vec<u8>) {
        let Some(deltas) = &head.deltas else {
            return write_histogram(head, series, head.times(series), reading, out);
        };
        if let Some(mut difference) = deltas.histogram(series.id, head.time, reading) {
            let times = head.times_since(series, &difference);
            for exemplar in &mut difference.value.exemplars {
                *exemplar = exemplar.filter(|exemplar| times.have(exemplar));
            }
            write_histogram(head, series, times, &difference.value, out);
        }
    }

    fn end(_: &mut Vec<u8>) {}
}

fn write_histogram(head: &Head, series: SeriesHead<'_>, times: Times, reading: &HistogramReading, out: &mut Vec<u8>) {
    match &reading.native {
        Some(native) if head.data == Data::Exponential => {
            point::write(&point::exponential(series.labels, times, reading, native), out);
        }
        _ => point::write(&point::histogram(series.labels, times, reading, &head.bounds), out),
    }
}

/// Begins the message of a metric, and the message of its data points in it.
fn begin(name: &MetricName, description: &str, data: Data, out: &mut Vec<u8>) -> OpenMessages {
    let start = out.len();
    let metric = Message::field(out, length_tag(field::scope_metrics::METRICS), ROOM);
    wire::text(out, length_tag(field::metric::NAME), name.name.as_bytes());
    wire::text(out, length_tag(field::metric::DESCRIPTION), description.as_bytes());
    if !name.unit.is_empty() {
        wire::text(out, length_tag(field::metric::UNIT), name.unit.as_bytes());
    }
    OpenMessages { start, metric, data: Message::field(out, length_tag(data.field()), ROOM) }
}

#[cfg(test)]
mod tests;
