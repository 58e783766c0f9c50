//! Differences: what was counted since the receiver last accepted a series.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::super::cell::{HistogramReading, NativeReading, coarser};

/// The values of each series that a receiver has, from which the next differences are made. A value that the receiver did not accept is
/// not one of them, so its difference is part of the next.
#[derive(Clone, Default)]
pub(crate) struct OtlpDeltas(Arc<Mutex<State>>);

/// Values that were written, by series. They become those of the receiver when it accepts them.
#[derive(Debug, Default)]
pub(crate) struct WrittenValues(Vec<(SeriesId, Sent)>);

/// The address of a series, which lives as long as its recorder.
pub(super) type SeriesId = usize;

#[derive(Default)]
struct State {
    accepted: HashMap<SeriesId, Sent>,
    written: Vec<(SeriesId, Sent)>,
}

/// A value, and when it was read, in nanoseconds since 1970.
#[derive(Debug)]
struct Sent {
    time: u64,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Total(u64),
    Fraction(f64),
    Histogram { buckets: Vec<u64>, sum: f64, native: Option<NativeReading> },
}

/// A difference, and from when on it was counted; `None` if the series was never sent before.
pub(super) struct Difference<T> {
    pub(super) since: Option<u64>,
    pub(super) value: T,
}

impl WrittenValues {
    /// Adds those of a later chunk.
    pub(crate) fn append(&mut self, mut later: Self) {
        self.0.append(&mut later.0);
    }
}

impl OtlpDeltas {
    /// The receiver has these values now.
    pub(crate) fn accept(&self, values: WrittenValues) {
        self.state().accepted.extend(values.0);
    }

    /// Returns what was written since the last call.
    pub(super) fn take_written(&self) -> WrittenValues {
        WrittenValues(std::mem::take(&mut self.state().written))
    }

    /// Returns how much a counter has risen, if it is new or has.
    pub(super) fn total(&self, id: SeriesId, time: u64, total: u64) -> Option<Difference<u64>> {
        self.difference(id, Sent { time, value: Value::Total(total) }, |last| match last {
            // A counter of ours never falls.
            Some(Value::Total(last)) => Some(total.saturating_sub(*last)).filter(|delta| *delta > 0),
            _ => Some(total),
        })
    }

    /// Returns how much a fractional counter has risen, if it is new or has. One that has fallen was restarted elsewhere.
    pub(super) fn fraction(&self, id: SeriesId, time: u64, total: f64) -> Option<Difference<f64>> {
        self.difference(id, Sent { time, value: Value::Fraction(total) }, |last| match last {
            Some(Value::Fraction(last)) if total >= *last => Some(total - last).filter(|delta| *delta > 0.0),
            _ => Some(total),
        })
    }

    /// Returns what a histogram has observed, if it is new or has observed anything.
    pub(super) fn histogram(
        &self,
        id: SeriesId,
        time: u64,
        reading: &HistogramReading,
    ) -> Option<Difference<HistogramReading>> {
        let (buckets, native) = (reading.buckets.clone(), reading.native.as_ref().map(copy));
        let now = Sent { time, value: Value::Histogram { buckets, sum: reading.sum, native } };
        self.difference(id, now, |last| {
            let empty = Value::Histogram { buckets: Vec::new(), sum: 0.0, native: None };
            let Value::Histogram { buckets, sum, native } = last.unwrap_or(&empty) else { return None };
            let before = buckets.iter().copied().chain(std::iter::repeat(0));
            let buckets: Vec<_> =
                reading.buckets.iter().zip(before).map(|(now, before)| now.saturating_sub(before)).collect();
            let count = buckets.iter().fold(0_u64, |count, bucket| count.saturating_add(*bucket));
            let native = reading.native.as_ref().map(|now| less(now, native.as_ref()));
            let exemplars = reading.exemplars.clone();
            let sum = if count == 0 { 0.0 } else { reading.sum - sum };
            let difference = HistogramReading { buckets, count, sum, native, exemplars };
            (last.is_none() || count > 0).then_some(difference)
        })
    }

    fn difference<T>(
        &self,
        id: SeriesId,
        now: Sent,
        of: impl FnOnce(Option<&Value>) -> Option<T>,
    ) -> Option<Difference<T>> {
        let mut state = self.state();
        let last = state.accepted.get(&id);
        let (since, value) = (last.map(|last| last.time), of(last.map(|last| &last.value))?);
        state.written.push((id, now));
        Some(Difference { since, value })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn copy(reading: &NativeReading) -> NativeReading {
    NativeReading { schema: reading.schema, zero: reading.zero, buckets: reading.buckets.clone() }
}

/// Takes an earlier reading from a later one, whose resolution is the same or coarser.
fn less(now: &NativeReading, before: Option<&NativeReading>) -> NativeReading {
    let mut rest = copy(now);
    let Some(before) = before else { return rest };
    rest.zero = rest.zero.saturating_sub(before.zero);
    let steps = before.schema.unwrap_or_default() - now.schema.unwrap_or_default();
    for (index, count) in &before.buckets {
        let index = coarser(*index, steps.max(0));
        // The buckets are sorted, and a count never falls.
        if let Ok(at) = rest.buckets.binary_search_by_key(&index, |(index, _)| *index) {
            rest.buckets[at].1 = rest.buckets[at].1.saturating_sub(*count);
        }
    }
    rest.buckets.retain(|(_, count)| *count > 0);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(schema: i8, zero: u64, buckets: &[(i32, u64)]) -> NativeReading {
        NativeReading { schema: Some(schema), zero, buckets: buckets.to_vec() }
    }

    fn reading(buckets: &[u64], sum: f64) -> HistogramReading {
        let (buckets, count) = (buckets.to_vec(), buckets.iter().sum());
        HistogramReading { buckets, count, sum, ..HistogramReading::default() }
    }

    /// Accepts what was written.
    fn accept(deltas: &OtlpDeltas) {
        deltas.accept(deltas.take_written());
    }

    #[test]
    fn a_difference_that_was_not_accepted_is_part_of_the_next() {
        let deltas = OtlpDeltas::default();
        let total = |time, total| deltas.total(1, time, total).map(|delta| (delta.since, delta.value));
        assert_eq!(total(10, 5), Some((None, 5)));
        drop(deltas.take_written());
        assert_eq!(total(20, 7), Some((None, 7)));
        accept(&deltas);
        assert_eq!(total(30, 9), Some((Some(20), 2)));
        drop(deltas.take_written());
        assert_eq!(total(40, 12), Some((Some(20), 5)));
        accept(&deltas);
        assert_eq!(total(50, 12), None);
        assert_eq!(total(60, 13), Some((Some(40), 1)));
    }

    #[test]
    fn a_new_series_is_sent_at_zero_and_then_when_it_moves() {
        let deltas = OtlpDeltas::default();
        assert!(deltas.total(1, 1, 0).is_some() && deltas.fraction(2, 1, 0.0).is_some());
        assert!(deltas.histogram(3, 1, &reading(&[0, 0], 0.0)).is_some());
        accept(&deltas);
        assert!(deltas.total(1, 2, 0).is_none() && deltas.fraction(2, 2, 0.0).is_none());
        assert!(deltas.histogram(3, 2, &reading(&[0, 0], 0.0)).is_none());
    }

    #[test]
    fn a_fractional_total_that_falls_begins_again() {
        let deltas = OtlpDeltas::default();
        assert!(deltas.fraction(1, 1, 7.5).is_some());
        accept(&deltas);
        assert_eq!(deltas.fraction(1, 2, 2.5).map(|delta| delta.value.to_bits()), Some(2.5_f64.to_bits()));
    }

    #[test]
    fn a_histogram_has_what_it_observed_since() {
        let deltas = OtlpDeltas::default();
        assert!(deltas.histogram(1, 1, &reading(&[2, 1], 3.5)).is_some());
        accept(&deltas);
        let later = deltas.histogram(1, 2, &reading(&[2, 4], 1.0)).unwrap();
        assert_eq!((later.since, later.value.buckets, later.value.count), (Some(1), vec![0, 3], 3));
        assert_eq!(later.value.sum.to_bits(), (-2.5_f64).to_bits());
    }

    #[test]
    fn native_buckets_are_compared_at_the_coarser_resolution() {
        // At schema 1, the buckets 3 and 4 are bucket 2 of schema 0.
        let before = native(1, 1, &[(3, 2), (4, 1), (7, 1)]);
        let now = native(0, 4, &[(2, 5), (4, 1), (9, 2)]);
        assert_eq!(less(&now, Some(&before)), native(0, 3, &[(2, 2), (9, 2)]));
        assert_eq!(less(&now, None), now);
    }
}
