//! Sliding windows of failures, each a ring buffer of frames.
//!
//! A window consists of the whole frames that make up its length, and of the current frame. So it covers its length and
//! up to one frame more, never less.

/// Length of a frame of the minute, in seconds. A tick is the number of such frames since the tracker started.
pub(super) const TICK_SECONDS: u64 = 10;

/// Frames of the minute in a frame of the hour, which is 5 minutes.
const TICKS: u32 = 30;

/// A point in time, in frames of the minute.
pub(super) type Tick = u32;

/// Failures within a minute and within an hour, as of the last tick that the owner has stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Windows {
    minute: Frames<7>,
    hour: Frames<13>,
}

/// The numbers of failures in both windows, or their limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) minute: u32,
    pub(super) hour: u32,
}

impl Counts {
    /// Returns each number, but no more than `most`.
    pub(super) fn at_most(self, most: Self) -> Self {
        Self { minute: self.minute.min(most.minute), hour: self.hour.min(most.hour) }
    }

    /// Returns whether either number exceeds its limit.
    pub(super) const fn exceed(self, limits: Self) -> bool {
        self.minute > limits.minute || self.hour > limits.hour
    }
}

impl Windows {
    /// No failures.
    pub(super) const NONE: Self = Self { minute: Frames::NONE, hour: Frames::NONE };

    /// Advances the windows to a later tick. An earlier tick changes nothing.
    pub(super) fn advance(&mut self, from: Tick, to: Tick) {
        self.minute.advance(from, to);
        self.hour.advance(from / TICKS, to / TICKS);
    }

    /// Adds a failure that happens now.
    pub(super) fn add(&mut self, now: Tick) {
        self.minute.add(now);
        self.hour.add(now / TICKS);
    }

    /// Returns the sum of each window.
    pub(super) fn counts(&self) -> Counts {
        Counts { minute: self.minute.sum(), hour: self.hour.sum() }
    }

    /// Sets each frame to the maximum of its value and that of `other`. Both are at the same tick.
    pub(super) fn track(&mut self, other: &Self) {
        self.minute.track(&other.minute);
        self.hour.track(&other.hour);
    }

    /// Adds failures that may have happened now.
    pub(super) fn add_all(&mut self, now: Tick, failures: Counts) {
        self.minute.add_all(now, failures.minute);
        self.hour.add_all(now / TICKS, failures.hour);
    }

    /// Returns the number of the frame of the hour, modulo 256.
    pub(super) const fn frame(now: Tick) -> u8 {
        // The cast keeps the lowest bits.
        #[allow(clippy::cast_possible_truncation)]
        let frame = (now / TICKS) as u8;
        frame
    }

    /// Frames of the hour.
    pub(super) const HOUR_FRAMES: u8 = 13;

    /// Returns for each window whether a failure at `then` still counts.
    pub(super) const fn reach(then: Tick, now: Tick) -> [bool; 2] {
        [now.saturating_sub(then) < 7, (now / TICKS).saturating_sub(then / TICKS) < 13]
    }
}

/// A ring buffer of the last `N` frames, each at its number modulo `N`. A frame saturates at 65 535.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frames<const N: usize>([u16; N]);

impl<const N: usize> Frames<N> {
    const NONE: Self = Self([0; N]);

    fn advance(&mut self, from: u32, to: u32) {
        let passed = to.saturating_sub(from);
        if passed as usize >= N {
            *self = Self::NONE;
        } else {
            (1..=passed).for_each(|step| *self.at(from + step) = 0);
        }
    }

    fn add(&mut self, now: u32) {
        let frame = self.at(now);
        *frame = frame.saturating_add(1);
    }

    fn sum(&self) -> u32 {
        self.0.iter().map(|frame| u32::from(*frame)).sum()
    }

    fn track(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own = (*own).max(*other);
        }
    }

    fn add_all(&mut self, now: u32, failures: u32) {
        let frame = self.at(now);
        *frame = frame.saturating_add(u16::try_from(failures).unwrap_or(u16::MAX));
    }

    fn at(&mut self, number: u32) -> &mut u16 {
        &mut self.0[number as usize % N]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reference for the ring buffers: counts a list of all failures by their ticks.
    fn naive(failures: &[Tick], now: Tick) -> Counts {
        let within = |window: usize| {
            let count = failures.iter().filter(|then| Windows::reach(**then, now)[window]).count();
            u32::try_from(count).expect("a few hundred fit")
        };
        Counts { minute: within(0), hour: within(1) }
    }

    /// A pseudorandom number generator (xorshift). It returns the same numbers in every run.
    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn the_rings_are_the_naive_count_whatever_happens_when() {
        for seed in 1..=400 {
            let (mut state, mut now, mut windows, mut failures) = (seed * 7919, 0, Windows::NONE, Vec::new());
            for _ in 0..300 {
                // Mostly close together, sometimes after a pause longer than either window.
                let pause = match random(&mut state) % 20 {
                    0..=9 => 0,
                    10..=14 => 1,
                    15..=17 => random(&mut state) % 9,
                    18 => random(&mut state) % 60,
                    _ => random(&mut state) % 800,
                };
                let pause = Tick::try_from(pause).expect("below 800");
                windows.advance(now, now + pause);
                now += pause;
                if !random(&mut state).is_multiple_of(4) {
                    windows.add(now);
                    failures.push(now);
                }
                assert_eq!(windows.counts(), naive(&failures, now), "seed {seed} at {now}");
            }
        }
    }

    #[test]
    fn a_window_is_its_length_and_at_most_one_frame_more() {
        let mut windows = Windows::NONE;
        windows.add(0);
        let mut now = 0;
        let mut counts_at = |to| {
            windows.advance(now, to);
            now = to;
            windows.counts()
        };
        // A failure at any moment of the first frame still counts 60 s later, and no longer counts 70 s later.
        assert_eq!([counts_at(6).minute, counts_at(7).minute], [1, 0]);
        assert_eq!([counts_at(13 * TICKS - 1).hour, counts_at(13 * TICKS).hour], [1, 0]);
    }

    #[test]
    fn a_frame_stops_and_does_not_begin_again() {
        let mut windows = Windows::NONE;
        (0..70_000).for_each(|_| windows.add(5));
        assert_eq!(windows.counts(), Counts { minute: 65_535, hour: 65_535 });
    }

    #[test]
    fn time_that_goes_back_changes_nothing() {
        let mut windows = Windows::NONE;
        windows.add(100);
        let before = windows;
        windows.advance(100, 50);
        assert_eq!(windows, before);
    }
}
