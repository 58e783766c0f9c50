//! The fields of a native histogram in protobuf.

use super::super::cell::{NativeReading, ZERO_THRESHOLD};
use super::wire::{self, Message, float_tag, length_tag, varint_tag};

/// Field numbers of a histogram.
mod field {
    pub(super) const SCHEMA: u8 = 5;
    pub(super) const ZERO_THRESHOLD: u8 = 6;
    pub(super) const ZERO_COUNT: u8 = 7;
    pub(super) const POSITIVE_SPAN: u8 = 12;
    pub(super) const POSITIVE_DELTA: u8 = 13;
    /// Of a span.
    pub(super) const OFFSET: u8 = 1;
    /// Of a span.
    pub(super) const LENGTH: u8 = 2;
}

/// Writes the native buckets of a series that has them, into the message of its histogram. A count that is over half of
/// what 64 bits hold, which no series reaches one by one, cannot be written as a difference, so they are left out.
pub(super) fn buckets(out: &mut Vec<u8>, reading: &NativeReading, count: u64) {
    let Some(schema) = reading.schema.filter(|_| i64::try_from(count).is_ok()) else { return };
    wire::number(out, varint_tag(field::SCHEMA), zigzag(schema.into()));
    // A threshold also says that there are native buckets, if all are empty.
    wire::float(out, float_tag(field::ZERO_THRESHOLD), ZERO_THRESHOLD);
    wire::number(out, varint_tag(field::ZERO_COUNT), reading.zero);
    spans(out, &reading.buckets);
    deltas(out, &reading.buckets);
}

/// Writes where the buckets are: runs without a gap, each with the distance from the end of the one before.
fn spans(out: &mut Vec<u8>, buckets: &[(i32, u64)]) {
    let mut end = 0;
    for run in buckets.chunk_by(|left, right| left.0 + 1 == right.0) {
        let offset = zigzag((run[0].0 - end).into());
        let length = run.len() as u64;
        out.push(length_tag(field::POSITIVE_SPAN));
        // A few bytes, so one byte for their number.
        wire::varint(out, (2 + wire::varint_len(offset) + wire::varint_len(length)) as u64);
        wire::number(out, varint_tag(field::OFFSET), offset);
        wire::number(out, varint_tag(field::LENGTH), length);
        end = run[run.len() - 1].0 + 1;
    }
}

/// Writes the counts, each as the difference from the one before.
fn deltas(out: &mut Vec<u8>, buckets: &[(i32, u64)]) {
    if buckets.is_empty() {
        return;
    }
    let message = Message::field(out, length_tag(field::POSITIVE_DELTA), 1);
    let mut before = 0;
    for (_, count) in buckets {
        // At most half of what 64 bits hold, as was checked.
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        wire::varint(out, zigzag(count - before));
        before = count;
    }
    message.end(out);
}

/// Encodes a number so that a small one takes few bytes, whatever its sign.
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_alternate() {
        for (value, encoded) in [(0, 0), (-1, 1), (1, 2), (-2, 3), (i64::MAX, u64::MAX - 1), (i64::MIN, u64::MAX)] {
            assert_eq!(zigzag(value), encoded);
        }
    }

    #[test]
    fn buckets_are_runs_and_differences() {
        let mut out = Vec::new();
        spans(&mut out, &[(-3, 5), (-2, 1), (4, 2)]);
        assert_eq!(out, [0x62, 4, 0x08, 5, 0x10, 2, 0x62, 4, 0x08, 10, 0x10, 1]);
        out.clear();
        deltas(&mut out, &[(-3, 5), (-2, 1), (4, 2)]);
        assert_eq!(out, [0x6a, 3, 10, 7, 2]);
    }

    #[test]
    fn a_count_without_a_difference_leaves_the_native_buckets_out() {
        let reading = NativeReading { schema: Some(3), zero: 1, buckets: vec![(1, u64::MAX - 1)] };
        let mut out = Vec::new();
        buckets(&mut out, &reading, u64::MAX);
        assert!(out.is_empty());
        buckets(&mut out, &NativeReading::default(), 0);
        assert!(out.is_empty());
    }
}
