//! Rounds of checks at a fixed interval.

use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// The shortest and the longest interval. Others are clamped.
const BOUNDS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_hours(366 * 24));

/// Upper bound of the random delay of the first round, which keeps replicas from checking at the same time.
const MAX_SPREAD: Duration = Duration::from_secs(30);

/// A task that runs rounds at a fixed interval, without overlap.
#[derive(Clone, Copy, Debug)]
#[must_use = "a periodic task does nothing until `run` is awaited"]
pub struct PeriodicTask {
    every: Duration,
    spread: bool,
}

impl PeriodicTask {
    /// Sets the interval between the starts of two rounds, between a millisecond and a year.
    ///
    /// The first round starts after a random delay of up to a tenth of the interval, at most 30 s. So replicas that start
    /// together do not check together.
    pub fn every(interval: Duration) -> Self {
        Self { every: interval.clamp(BOUNDS.0, BOUNDS.1), spread: true }
    }

    /// Starts the first round at once, without the random delay. Off by default.
    pub const fn at_once(mut self, on: bool) -> Self {
        self.spread = !on;
        self
    }

    /// Changes the interval and nothing else.
    pub(crate) fn with_interval(self, interval: Duration) -> Self {
        Self { every: interval.clamp(BOUNDS.0, BOUNDS.1), ..self }
    }

    /// Returns the interval.
    pub const fn interval(&self) -> Duration {
        self.every
    }

    /// Runs rounds forever.
    ///
    /// If a round takes longer than the interval, the rounds that were due meanwhile are skipped. A round that panics ends, and
    /// the next round starts as usual.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the current round.
    pub async fn run<F, R>(self, mut round: F) -> Infallible
    where
        F: FnMut() -> R,
        R: Future<Output = ()>,
    {
        let mut ticks = interval_at(Instant::now() + self.delay(), self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            // A panicked future is dropped and not polled again, and so is the state it left.
            if AssertUnwindSafe(async { round().await }).catch_unwind().await.is_err() {
                tracing::error!(target: "mme::probe", "a round of checks panicked; the next round starts as usual");
            }
        }
    }

    fn delay(&self) -> Duration {
        if !self.spread {
            return Duration::ZERO;
        }
        // The keys of a hash map are the standard library's source of randomness; 16 bits are enough.
        let random = u16::try_from(RandomState::new().hash_one(0) % 0x1_0000).unwrap_or_default();
        (self.every / 10).min(MAX_SPREAD).mul_f64(f64::from(random) / f64::from(u16::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::time::{sleep, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Runs rounds that take `takes` seconds each for a little more than `seconds`, and returns when each began.
    async fn begins(takes: &[u64], seconds: u64) -> Vec<u64> {
        let (start, begun) = (Instant::now(), Mutex::new(Vec::new()));
        let rounds = PeriodicTask::every(SECOND).at_once(true).run(|| {
            let mut begun = begun.lock().unwrap();
            begun.push(start.elapsed().as_secs());
            sleep(takes.get(begun.len() - 1).copied().map_or(Duration::ZERO, Duration::from_secs))
        });
        assert!(timeout(Duration::from_millis(seconds * 1000 + 500), rounds).await.is_err());
        begun.into_inner().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn rounds_keep_their_pace_and_never_overlap() {
        assert_eq!(begins(&[], 4).await, [0, 1, 2, 3, 4]);
        // The second takes three seconds: the turns it was in the way of are left out, and the pace is the same after it.
        assert_eq!(begins(&[0, 3, 0], 6).await, [0, 1, 4, 5, 6]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_that_panics_is_over_and_the_next_one_comes() {
        let rounds = Mutex::new(0);
        let panicking = PeriodicTask::every(SECOND).at_once(true).run(|| {
            let round = {
                let mut rounds = rounds.lock().unwrap();
                *rounds += 1;
                *rounds
            };
            // One panics before it is a future, one as a future.
            assert!(round != 1, "on purpose");
            async move { assert!(round != 2, "on purpose") }
        });
        assert!(timeout(SECOND * 3 + SECOND / 2, panicking).await.is_err());
        assert_eq!(*rounds.lock().unwrap(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_round_is_put_off_by_less_than_a_tenth() {
        let delays: Vec<_> = (0..64).map(|_| PeriodicTask::every(SECOND * 100).delay()).collect();
        assert!(delays.iter().all(|delay| *delay <= SECOND * 10));
        assert!(delays.iter().any(|delay| *delay != delays[0]));
        assert!(PeriodicTask::every(Duration::MAX).delay() <= MAX_SPREAD);
    }
}
