//! The data points: one for each series and reading.

use std::borrow::Cow;

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    self as proto, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, exemplar, number_data_point,
};
use prost::Message;

use super::super::super::cell::{Exemplar, HistogramReading, NativeReading, ZERO_THRESHOLD, coarser};
use super::super::super::label_text::pairs;
use super::super::super::start::Start;
use super::super::wire::length_tag;
use super::name;

/// The field number of the data points, in the message of each kind of data.
const DATA_POINTS: u8 = 1;

/// The longest list of exponential buckets that is sent. Empty ones between others are sent too, so two values that are far apart
/// would make half a million. This is a factor of 65 536 between them at the finest resolution there is.
const MOST_BUCKETS: i64 = 4096;

/// The times of a data point, in nanoseconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// Zero stands for an unknown start.
    start: u64,
    now: u64,
}

impl Times {
    /// A start that is not before now, after the clock was set back, is as good as unknown.
    pub(super) fn new(start: Option<Start>, now: u64) -> Self {
        const NANOS_OF_MILLI: u64 = 1_000_000;
        Self::since(start.map_or(0, |start| start.millis().saturating_mul(NANOS_OF_MILLI)), now)
    }

    /// The times of what was counted since `start`.
    pub(super) fn since(start: u64, now: u64) -> Self {
        Self { start: if start < now { start } else { 0 }, now }
    }

    /// Returns whether an exemplar was observed in this time.
    pub(super) fn have(self, exemplar: &Exemplar) -> bool {
        exemplar.timestamp.as_nanos() >= u128::from(self.start)
    }
}

/// Writes a data point as a field.
pub(super) fn write(point: &impl Message, out: &mut Vec<u8>) {
    out.push(length_tag(DATA_POINTS));
    // Fails only if a buffer has no room, and this one grows.
    let _ = point.encode_length_delimited(out);
}

/// Returns the point of a counter.
pub(super) fn total(labels: &str, times: Times, total: u64, exemplar: Option<&Exemplar>) -> NumberDataPoint {
    use number_data_point::Value;
    // A number over half of what 64 bits hold is no signed one.
    let value = i64::try_from(total).map_or(Value::AsDouble(total as f64), Value::AsInt);
    NumberDataPoint { exemplars: exemplar.map(self::exemplar).into_iter().collect(), ..number(labels, times, value) }
}

/// Returns the point of a gauge, or of a counter with a fractional value.
pub(super) fn value(labels: &str, times: Times, value: f64) -> NumberDataPoint {
    number(labels, times, number_data_point::Value::AsDouble(value))
}

fn number(labels: &str, Times { start, now }: Times, value: number_data_point::Value) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(labels),
        start_time_unix_nano: start,
        time_unix_nano: now,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

/// Returns the point of a histogram with classic buckets.
pub(super) fn histogram(
    labels: &str,
    Times { start, now }: Times,
    reading: &HistogramReading,
    bounds: &[f64],
) -> HistogramDataPoint {
    HistogramDataPoint {
        attributes: attributes(labels),
        start_time_unix_nano: start,
        time_unix_nano: now,
        count: reading.count,
        sum: Some(reading.sum),
        bucket_counts: reading.buckets.clone(),
        explicit_bounds: bounds.to_vec(),
        exemplars: exemplars(reading),
        ..HistogramDataPoint::default()
    }
}

/// Returns the point of a histogram that has native buckets alone.
pub(super) fn exponential(
    labels: &str,
    Times { start, now }: Times,
    reading: &HistogramReading,
    native: &NativeReading,
) -> ExponentialHistogramDataPoint {
    let (scale, positive) = buckets(native);
    ExponentialHistogramDataPoint {
        attributes: attributes(labels),
        start_time_unix_nano: start,
        time_unix_nano: now,
        count: reading.count,
        sum: Some(reading.sum),
        scale,
        zero_count: native.zero,
        zero_threshold: ZERO_THRESHOLD,
        positive,
        exemplars: exemplars(reading),
        ..ExponentialHistogramDataPoint::default()
    }
}

/// Returns the scale and the buckets, with the empty ones between others. The resolution halves until there are few enough.
fn buckets(native: &NativeReading) -> (i32, Option<Buckets>) {
    let schema = native.schema.unwrap_or_default();
    let [Some((first, _)), Some((last, _))] = [native.buckets.first(), native.buckets.last()] else {
        return (schema.into(), None);
    };
    let mut halvings = 0_i8;
    while i64::from(coarser(*last, halvings)) - i64::from(coarser(*first, halvings)) >= MOST_BUCKETS {
        halvings += 1;
    }
    let start = coarser(*first, halvings);
    // Not negative, because the buckets are sorted, and few, as was just made sure.
    let place = |index: i32| usize::try_from(coarser(index, halvings) - start).unwrap_or_default();
    let mut bucket_counts = vec![0_u64; place(*last) + 1];
    for (index, count) in &native.buckets {
        let bucket = &mut bucket_counts[place(*index)];
        *bucket = bucket.saturating_add(*count);
    }
    // The bucket with the index of Prometheus ends where the bucket with the index of OpenTelemetry begins.
    (i32::from(schema - halvings), Some(Buckets { offset: start - 1, bucket_counts }))
}

fn exemplars(reading: &HistogramReading) -> Vec<proto::Exemplar> {
    reading.exemplars.iter().flatten().map(exemplar).collect()
}

fn exemplar(exemplar: &Exemplar) -> proto::Exemplar {
    proto::Exemplar {
        trace_id: exemplar.trace_id.to_bytes().to_vec(),
        span_id: exemplar.span_id.to_bytes().to_vec(),
        time_unix_nano: u64::try_from(exemplar.timestamp.as_nanos()).unwrap_or(u64::MAX),
        value: Some(exemplar::Value::AsDouble(exemplar.value)),
        ..proto::Exemplar::default()
    }
}

/// Returns the labels of a label text, the global ones among them: a receiver does not add them, unlike those of the resource.
fn attributes(labels: &str) -> Vec<KeyValue> {
    let attribute = |(key, value): (&str, Cow<'_, str>)| {
        let value = Some(AnyValue { value: Some(any_value::Value::StringValue(value.into_owned())) });
        KeyValue { key: name::attribute(key).to_owned(), value, ..KeyValue::default() }
    };
    pairs(labels).map(attribute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(schema: i8, buckets: &[(i32, u64)]) -> NativeReading {
        NativeReading { schema: Some(schema), zero: 0, buckets: buckets.to_vec() }
    }

    #[test]
    fn a_bucket_has_the_bounds_of_opentelemetry() {
        // At schema 0 the bucket 1 of Prometheus is (1, 2], which is bucket 0 of OpenTelemetry.
        assert_eq!(
            buckets(&native(0, &[(1, 5), (2, 1), (5, 2)])),
            (0, Some(Buckets { offset: 0, bucket_counts: vec![5, 1, 0, 0, 2] }))
        );
        assert_eq!(buckets(&native(3, &[(-7, 1)])), (3, Some(Buckets { offset: -8, bucket_counts: vec![1] })));
        assert_eq!(buckets(&native(3, &[])), (3, None));
    }

    #[test]
    fn buckets_that_are_far_apart_are_few_and_lose_no_count() {
        // The smallest and the largest normal number at the finest resolution.
        let far = native(8, &[(-1022 * 256, 3), (1, 4), (1024 * 256, 5)]);
        let (scale, Some(Buckets { offset, bucket_counts })) = buckets(&far) else { panic!("there are buckets") };
        assert!(bucket_counts.len() <= 4096 && bucket_counts.len() > 1024, "{}", bucket_counts.len());
        assert_eq!(bucket_counts.iter().sum::<u64>(), 12);
        assert_eq!((bucket_counts[0], bucket_counts[bucket_counts.len() - 1]), (3, 5));
        // The bucket of (1, 2^(1/256)] is in the one that begins at 1.
        assert_eq!(bucket_counts[usize::try_from(-offset).unwrap()], 4);
        assert_eq!(scale, 1);
    }

    #[test]
    fn a_start_is_before_its_reading_or_unknown() {
        let times = |start: Option<Start>, now| Times::new(start, now).start;
        assert_eq!(times(None, 5), 0);
        let now = Start::now();
        let nanos = now.millis() * 1_000_000;
        assert_eq!(times(Some(now), nanos + 1), nanos);
        assert_eq!(times(Some(now), nanos), 0);
    }
}
