//! The clock that durations are measured with.
//!
//! The system's clock costs 25 to 30 ns a reading, which is more than all the rest of a measured call. Where the processor
//! has a counter that neither stops nor changes its pace, reading that takes a third. What the counter's ticks are worth
//! has to be found out first, which takes up to 200 ms; until then, and on other processors, it is the system's clock.

use std::sync::{Once, OnceLock};
use std::thread;
use std::time::Instant;

static COUNTER: OnceLock<quanta::Clock> = OnceLock::new();

/// A moment, to measure from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    Counter(u64),
    System(Instant),
}

impl Moment {
    #[inline]
    pub(crate) fn now() -> Self {
        COUNTER.get().map_or_else(|| Self::System(Instant::now()), |counter| Self::Counter(counter.raw()))
    }

    /// Returns the seconds that have passed; zero if the clock went backwards.
    #[inline]
    pub(crate) fn seconds(self) -> f64 {
        match (self, COUNTER.get()) {
            (Self::System(moment), _) => moment.elapsed().as_secs_f64(),
            // Not by way of a `Duration`, which divides twice.
            (Self::Counter(ticks), Some(counter)) => counter.delta_as_nanos(ticks, counter.raw()) as f64 * 1e-9,
            // A moment of the counter is proof that there is one.
            (Self::Counter(_), None) => 0.0,
        }
    }
}

/// Finds out what the counter's ticks are worth, on a thread of its own that then ends.
pub(crate) fn calibrate() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Without a thread it stays the system's clock.
        let _ = thread::Builder::new().name("mme-metrics-clock".to_owned()).spawn(|| {
            COUNTER.get_or_init(quanta::Clock::new);
        });
    });
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_counter_agrees_with_the_system_within_a_thousandth() {
        let counter = COUNTER.get_or_init(quanta::Clock::new);
        let (system, ticks) = (Instant::now(), Moment::Counter(counter.raw()));
        while system.elapsed() < Duration::from_millis(50) {
            std::hint::spin_loop();
        }
        // Read around the counter, so that losing the processor in between cannot fail the test.
        let (before, measured, after) = (system.elapsed(), ticks.seconds(), system.elapsed());
        let (before, after) = (before.as_secs_f64(), after.as_secs_f64());
        assert!(measured > before * 0.999 && measured < after * 1.001, "{before} {measured} {after}");
    }

    #[test]
    fn a_moment_of_the_system_is_measured_by_the_system() {
        let moment = Moment::System(Instant::now());
        COUNTER.get_or_init(quanta::Clock::new);
        assert!(moment.seconds() < 60.0);
    }
}
