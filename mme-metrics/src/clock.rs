//! The clock that durations are measured with.
//!
//! A reading of the system clock costs 25 to 30 ns, more than the rest of a measured call. If the processor has a counter that
//! neither stops nor changes its rate, reading the counter costs a third of that. It has to be calibrated first, which takes up to
//! 200 ms. Until then, and on other processors, this is the system clock.

use std::sync::{Once, OnceLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

static COUNTER: OnceLock<quanta::Clock> = OnceLock::new();

/// A moment to measure from. It is one word, because measured futures carry it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment(u64);

/// Marks nanoseconds of the system clock; a counter takes a human lifetime to reach this bit.
const SYSTEM: u64 = 1 << 63;

impl Moment {
    #[inline]
    pub(crate) fn now() -> Self {
        COUNTER.get().map_or_else(Self::system, |counter| Self(counter.raw()))
    }

    #[cold]
    fn system() -> Self {
        Self(SYSTEM | elapsed())
    }

    /// Returns the word, to keep it in an atomic. It is never zero, because time has passed since the clock was first read.
    #[inline]
    pub(crate) const fn to_bits(self) -> u64 {
        self.0
    }

    /// Makes a moment of the word that [`to_bits`](Self::to_bits) returned.
    #[inline]
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the seconds that have passed; zero if the clock went backwards.
    #[inline]
    pub(crate) fn seconds(self) -> f64 {
        // A moment of the counter proves that there is a counter.
        match COUNTER.get() {
            // Not through a `Duration`, which divides twice.
            Some(counter) if self.0 < SYSTEM => counter.delta_as_nanos(self.0, counter.raw()) as f64 * 1e-9,
            _ => self.system_seconds(),
        }
    }

    /// Returns the seconds from this moment to `end`; zero if that was before.
    #[inline]
    pub(crate) fn until(self, end: Self) -> f64 {
        match COUNTER.get() {
            Some(counter) if self.0 < SYSTEM && end.0 < SYSTEM => counter.delta_as_nanos(self.0, end.0) as f64 * 1e-9,
            _ => self.system_until(end),
        }
    }

    #[cold]
    fn system_until(self, end: Self) -> f64 {
        // Once in a process, the counter comes into use between the two moments; `end` is then recent.
        if end.0 < SYSTEM { self.seconds() } else { end.0.saturating_sub(self.0) as f64 * 1e-9 }
    }

    #[cold]
    fn system_seconds(self) -> f64 {
        elapsed().saturating_sub(self.0 & !SYSTEM) as f64 * 1e-9
    }
}

/// Returns the nanoseconds since the first call.
fn elapsed() -> u64 {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    // Five hundred years fit.
    u64::try_from(FIRST.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX) & !SYSTEM
}

/// Calibrates the counter, on a thread of its own that ends afterwards.
pub(crate) fn calibrate() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // If no thread can be started, the system clock stays in use.
        let _ = thread::Builder::new().name("mme-metrics-clock".to_owned()).spawn(|| {
            COUNTER.get_or_init(quanta::Clock::new);
        });
    });
}

/// Returns the seconds above which a duration is longer than `bound`, and from which on it is longer than a nanosecond less.
///
/// Durations are whole nanoseconds, but their seconds are not exact: 57 ms may be 0.057 s or the next number above. The limit
/// stands between two nanoseconds, so it does not depend on how a duration became seconds.
pub(crate) const fn seconds_above(bound: Duration) -> f64 {
    bound.as_secs() as f64 + (bound.subsec_nanos() as f64 + 0.5) / 1e9
}

/// Returns the seconds from which on a duration is at least `bound`. See [`seconds_above`].
pub(crate) const fn seconds_from(bound: Duration) -> f64 {
    match bound.checked_sub(Duration::from_nanos(1)) {
        Some(less) => seconds_above(less),
        None => 0.0,
    }
}

/// Returns the nanoseconds of a duration, at least one, for a word in which zero means that there is none.
pub(crate) fn positive_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// Returns the Unix time in seconds; 0 for a time before 1970.
pub(crate) fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_counter_agrees_with_the_system_within_a_thousandth() {
        let counter = COUNTER.get_or_init(quanta::Clock::new);
        let (system, ticks) = (Instant::now(), Moment(counter.raw()));
        while system.elapsed() < Duration::from_millis(50) {
            std::hint::spin_loop();
        }
        // Read around the counter, so that losing the processor in between cannot fail the test.
        let (before, measured, after) = (system.elapsed(), ticks.seconds(), system.elapsed());
        let (before, after) = (before.as_secs_f64(), after.as_secs_f64());
        assert!(measured > before * 0.999 && measured < after * 1.001, "{before} {measured} {after}");
    }

    /// Whole milliseconds, and others that are not.
    #[test]
    fn a_duration_of_exactly_a_bound_is_within_it_however_it_became_seconds() {
        let bounds =
            (1..=10_000).map(Duration::from_millis).chain((1..=10_000).map(|at| Duration::from_nanos(at * 7_919_003)));
        for bound in bounds {
            let nanos = u64::try_from(bound.as_nanos()).unwrap();
            for (nanos, order) in [(nanos - 1, -1), (nanos, 0), (nanos + 1, 1)] {
                let duration = Duration::from_nanos(nanos);
                for seconds in [nanos as f64 * 1e-9, nanos as f64 / 1e9, duration.as_secs_f64()] {
                    assert_eq!(seconds > seconds_above(bound), order > 0, "{seconds} of {bound:?}");
                    assert_eq!(seconds >= seconds_from(bound), order >= 0, "{seconds} of {bound:?}");
                }
            }
        }
        assert_eq!(seconds_from(Duration::ZERO).to_bits(), 0);
        assert!(seconds_above(Duration::MAX) > 1e19);
    }

    #[test]
    fn a_moment_of_the_system_is_measured_by_the_system() {
        let moment = Moment::system();
        COUNTER.get_or_init(quanta::Clock::new);
        assert!(moment.seconds() < 60.0);
    }
}
