//! Rounds at a pace.

use std::any::Any;
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// The shortest and the longest interval; what is asked for beyond them is taken for them.
const BOUNDS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_hours(366 * 24));

/// Most time by which the first round is put off, so that replicas that start together do not ask together.
const MAX_SPREAD: Duration = Duration::from_secs(30);

/// Rounds at a fixed pace that never overlap.
#[derive(Clone, Copy, Debug)]
#[must_use = "a pace does nothing until it is run"]
pub struct PeriodicTask {
    every: Duration,
    spread: bool,
}

impl PeriodicTask {
    /// Says how far apart rounds begin, between a millisecond and a year.
    ///
    /// The first one begins after a random part of a tenth of that, at most 30 s, and all others at the same distance, so
    /// that replicas that were started together stay apart.
    pub fn every(interval: Duration) -> Self {
        Self { every: interval.clamp(BOUNDS.0, BOUNDS.1), spread: true }
    }

    /// Begins the first round at once. Off by default.
    pub const fn at_once(mut self, on: bool) -> Self {
        self.spread = !on;
        self
    }

    /// Changes how far apart rounds begin, and nothing else.
    pub(crate) fn with_interval(self, interval: Duration) -> Self {
        Self { every: interval.clamp(BOUNDS.0, BOUNDS.1), ..self }
    }

    /// Returns how far apart rounds begin.
    pub const fn interval(&self) -> Duration {
        self.every
    }

    /// Runs rounds for ever.
    ///
    /// A round that takes longer than the interval is waited for; the rounds it was in the way of are left out. One that
    /// panics is over, and the next one comes in its turn.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the round that runs.
    pub async fn run<F, R>(self, mut round: F) -> Infallible
    where
        F: FnMut() -> R,
        R: Future<Output = ()>,
    {
        let mut ticks = interval_at(Instant::now() + self.delay(), self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            if caught(async { round().await }).await.is_err() {
                tracing::error!(target: "mme::probe", "a round of checks panicked; the next one comes in its turn");
            }
        }
    }

    fn delay(&self) -> Duration {
        if !self.spread {
            return Duration::ZERO;
        }
        // The keys of a hash map are the randomness that the standard library has; 16 bits of it are plenty.
        let random = u16::try_from(RandomState::new().hash_one(0) % 0x1_0000).unwrap_or_default();
        (self.every / 10).min(MAX_SPREAD).mul_f64(f64::from(random) / f64::from(u16::MAX))
    }
}

/// Awaits `future` and catches its panic.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    // What a panic left half done goes with the future, which is not polled again.
    let poll =
        |context: &mut std::task::Context<'_>| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        };
    std::future::poll_fn(poll).await
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
