//! The lines of the page: a fixed number of figures each, the oldest of which is overwritten.

use std::time::Duration;

/// The time between two samples.
pub(super) const INTERVAL: Duration = Duration::from_secs(5);

/// How many samples are kept.
pub(super) const SAMPLES: u64 = 180;

/// The same as a length. Lossless: it is small.
#[allow(clippy::cast_possible_truncation)]
const LENGTH: usize = SAMPLES as usize;

/// Most lines of a history: 0.8 MB.
const LINES: usize = 1100;

/// Most words of windows, of four bytes: 320 KB.
const WORDS: usize = 80_000;

/// Most bytes of label text.
const TEXT: usize = 200_000;

/// Most series that are told apart, for eight bytes each. Further ones are part of the totals only.
const SERIES: usize = 30_000;

/// The history of one figure. All lines of a page have the same clock: the number of the sample.
#[derive(Debug)]
pub(super) struct Line {
    /// A number that no other line of this history has, also after this one is gone.
    pub(super) id: u32,
    /// The first sample that it can have.
    pub(super) born: u64,
    values: Box<[f32]>,
}

impl Line {
    /// Writes the value of a sample; NaN for none.
    pub(super) fn set(&mut self, sample: u64, value: f64) {
        // The precision of a picture; a finite number that `f32` does not reach becomes its largest.
        #[allow(clippy::cast_possible_truncation)]
        let value =
            if value.is_finite() { value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32 } else { f32::NAN };
        self.values[slot(sample)] = value;
    }

    /// Returns the first of the samples from `first` to `last` that there can be.
    pub(super) fn first(&self, first: u64, last: u64) -> u64 {
        first.max(self.born).max((last + 1).saturating_sub(SAMPLES))
    }

    /// Iterates over the samples from `first` to `last`, as far as there are any.
    pub(super) fn between(&self, first: u64, last: u64) -> impl Iterator<Item = f32> + Clone {
        (self.first(first, last)..=last).map(|sample| self.values[slot(sample)])
    }

    /// Returns the mean of the figures of the `count` samples that end with `last`, or `None` if there are none.
    pub(super) fn mean(&self, last: u64, count: u64) -> Option<f64> {
        let there = self.between((last + 1).saturating_sub(count), last).filter(|value| !value.is_nan());
        let (sum, number) = there.fold((0.0, 0_u32), |(sum, number), value| (sum + f64::from(value), number + 1));
        (number > 0).then(|| sum / f64::from(number))
    }

    /// Adds up the figures of the `count` samples that end with `last`.
    pub(super) fn sum(&self, last: u64, count: u64) -> f64 {
        let there = self.between((last + 1).saturating_sub(count), last).filter(|value| !value.is_nan());
        there.map(f64::from).sum()
    }

    /// Returns the lowest figure of the `count` samples that end with `last`, if all of them have one.
    pub(super) fn floor(&self, last: u64, count: u64) -> Option<f64> {
        let values = self.between((last + 1).saturating_sub(count), last);
        let all = values.clone().count() as u64 == count && values.clone().all(|value| !value.is_nan());
        all.then(|| values.fold(f32::MAX, f32::min).into())
    }

    /// Returns the memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.values)
    }
}

/// The place of a sample in a line. Lossless: it is less than `LENGTH`.
#[allow(clippy::cast_possible_truncation)]
fn slot(sample: u64) -> usize {
    (sample % SAMPLES) as usize
}

/// What may still be kept.
#[derive(Debug)]
pub(super) struct Budget {
    lines: usize,
    /// Words of windows.
    words: usize,
    /// Bytes of label text.
    text: usize,
    series: usize,
    next_id: u32,
}

/// What a group of series takes of the budget.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) lines: usize,
    pub(super) words: usize,
    pub(super) text: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { lines: LINES, words: WORDS, text: TEXT, series: SERIES, next_id: 1 }
    }
}

impl Budget {
    /// Makes the lines of `cost`, which begin with `sample`, or none if fewer than `reserve` would be left.
    pub(super) fn take(&mut self, cost: Cost, reserve: usize, sample: u64) -> Option<Vec<Line>> {
        if self.lines < cost.lines + reserve || self.words < cost.words || self.text < cost.text {
            return None;
        }
        self.lines -= cost.lines;
        self.words -= cost.words;
        self.text -= cost.text;
        let mut line = || {
            let id = self.next_id;
            self.next_id = self.next_id.wrapping_add(1);
            Line { id, born: sample, values: vec![f32::NAN; LENGTH].into() }
        };
        Some((0..cost.lines).map(|_| line()).collect())
    }

    /// Takes back what was taken.
    pub(super) fn free(&mut self, cost: Cost) {
        self.lines += cost.lines;
        self.words += cost.words;
        self.text += cost.text;
    }

    /// Allows one more series to be told apart from the others.
    pub(super) fn series(&mut self) -> bool {
        let is_left = self.series > 0;
        self.series -= usize::from(is_left);
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Cost = Cost { lines: 1, words: 0, text: 0 };

    #[test]
    fn the_oldest_figure_is_overwritten_and_a_line_has_none_before_it_was_born() {
        let mut budget = Budget::default();
        let mut line = budget.take(ONE, 0, 5).unwrap().remove(0);
        (5..=9).for_each(|sample| line.set(sample, sample as f64));
        assert_eq!(line.between(0, 9).collect::<Vec<_>>(), [5.0, 6.0, 7.0, 8.0, 9.0]);
        assert_eq!((line.mean(9, 2), line.floor(9, 2), line.floor(9, 6)), (Some(8.5), Some(8.0), None));
        (10..=400).for_each(|sample| line.set(sample, sample as f64));
        let kept: Vec<_> = line.between(0, 400).collect();
        assert_eq!((kept.len(), kept[0], kept[179]), (180, 221.0, 400.0));
        line.set(401, f64::NAN);
        assert_eq!((line.mean(401, 1), line.mean(401, 2), line.floor(401, 2)), (None, Some(400.0), None));
        line.set(402, f64::MAX);
        assert_eq!(line.mean(402, 1), Some(f64::from(f32::MAX)));
    }

    #[test]
    fn lines_past_the_budget_are_not_made_and_freed_ones_are_made_anew_under_other_ids() {
        let mut budget = Budget::default();
        let of = |lines, words, text| Cost { lines, words, text };
        for past in [of(LINES + 1, 0, 0), of(1, WORDS + 1, 0), of(1, 0, TEXT + 1)] {
            assert!(budget.take(past, 0, 0).is_none());
        }
        assert!(budget.take(ONE, LINES, 0).is_none());
        let all = budget.take(of(LINES, WORDS, TEXT), 0, 0).unwrap();
        assert!(budget.take(ONE, 0, 0).is_none());
        budget.free(ONE);
        assert!(budget.take(ONE, 0, 0).unwrap()[0].id > all[LINES - 1].id);
        assert_eq!((0..=SERIES).filter(|_| budget.series()).count(), SERIES);
    }
}
