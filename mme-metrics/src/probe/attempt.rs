//! Checks as tasks with a time limit and bounded concurrency.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::ProbeFailure;

/// Runs each check as a task, with a time limit and a bound on how many run at once.
///
/// Clones share the bound.
#[derive(Clone, Debug)]
pub struct Attempts {
    places: Arc<Semaphore>,
    limit: Duration,
}

impl Attempts {
    /// Sets how many checks run at once, at least one, and how long each may take.
    pub fn new(at_once: usize, limit: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS))), limit }
    }

    /// Returns the time limit of a check.
    pub const fn limit(&self) -> Duration {
        self.limit
    }

    /// Runs `check` and returns its result.
    ///
    /// A check that blocks its thread cannot be stopped. Its attempt fails at the time limit, but it counts against the bound
    /// until it ends, so no more checks than the bound can hang.
    ///
    /// # Errors
    ///
    /// [`ProbeFailure::TimedOut`] when the check took too long or waited too long for its turn, [`ProbeFailure::Panicked`] when it panicked.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with its clock.
    ///
    /// # Cancellation
    ///
    /// Dropping the future aborts the check at its next await.
    pub async fn run<F>(&self, check: F) -> Result<F::Output, ProbeFailure>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let Ok(Ok(place)) = timeout(self.limit, Arc::clone(&self.places).acquire_owned()).await else {
            return Err(ProbeFailure::TimedOut);
        };
        let task = AbortOnDropHandle::new(tokio::spawn(hold(place, check)));
        match timeout(self.limit, task).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) if error.is_panic() => Err(ProbeFailure::Panicked),
            // The check took too long, or the runtime shuts down.
            Ok(Err(_)) | Err(_) => Err(ProbeFailure::TimedOut),
        }
    }
}

async fn hold<F: Future>(place: OwnedSemaphorePermit, check: F) -> F::Output {
    let found = check.await;
    drop(place);
    found
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::mpsc;

    use futures_util::future::join_all;
    use tokio::sync::oneshot;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn a_check_answers_panics_or_is_given_up() {
        let attempts = Attempts::new(4, LIMIT);
        assert_eq!(attempts.run(async { 7 }).await, Ok(7));
        assert_eq!(attempts.run(async { assert_eq!(1, 2, "on purpose") }).await, Err(ProbeFailure::Panicked));
        assert_eq!(attempts.run(pending::<()>()).await, Err(ProbeFailure::TimedOut));
        // A task that is stopped ends when it would run next.
        tokio::task::yield_now().await;
        assert_eq!(attempts.places.available_permits(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_run_at_once_than_there_are_places() {
        let attempts = Attempts::new(3, LIMIT);
        let (running, most) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let check = || {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                running.add_permits(1);
                most.add_permits(running.available_permits().saturating_sub(most.available_permits()));
                tokio::time::sleep(Duration::from_millis(10)).await;
                running.forget_permits(1);
            }
        };
        let found = join_all((0..100).map(|_| attempts.run(check()))).await;
        assert!(found.iter().all(Result::is_ok));
        assert_eq!(most.available_permits(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn dropping_the_attempt_stops_the_check() {
        let (alive, gone) = oneshot::channel::<()>();
        let attempts = Attempts::new(1, LIMIT);
        let check = async move {
            let _alive = alive;
            pending::<()>().await;
        };
        assert!(timeout(LIMIT / 2, attempts.run(check)).await.is_err());
        assert!(gone.await.is_err());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn a_check_that_cannot_be_stopped_keeps_its_place_and_nobody_elses() {
        let attempts = Attempts::new(2, Duration::from_millis(50));
        let (release, blocked) = mpsc::channel::<()>();
        let hangs = async move { _ = blocked.recv() };
        assert_eq!(attempts.run(hangs).await, Err(ProbeFailure::TimedOut));
        assert_eq!(attempts.places.available_permits(), 1);
        assert_eq!(attempts.run(async { 7 }).await, Ok(7));
        drop(release);
    }
}
