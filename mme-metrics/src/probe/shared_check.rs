//! A check whose run is shared by everything that asks for its result.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::{Attempts, ProbeFailure};
use crate::clock::Moment;

/// Time for which a success is reused. A failure is never reused, so a recovery shows with the next question.
const REUSED: Duration = Duration::from_secs(1);

type Check = Pin<Box<dyn Future<Output = Result<(), ProbeFailure>> + Send>>;

/// The result of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckAnswer {
    pub(crate) result: Result<(), ProbeFailure>,
    /// How long the run took.
    pub(crate) seconds: f64,
    at: Instant,
}

impl CheckAnswer {
    fn is_recent_success(&self) -> bool {
        self.result.is_ok() && self.at.elapsed() < REUSED
    }
}

/// A check with a time limit, of which one run is under way at a time.
pub(crate) struct SharedCheck {
    name: Arc<str>,
    attempts: Attempts,
    begin: Box<dyn Fn() -> Check + Send + Sync>,
    last: Mutex<Option<Run>>,
}

/// The last run. Dropping it stops the run.
struct Run {
    answer: watch::Receiver<Option<CheckAnswer>>,
    _task: AbortOnDropHandle<()>,
}

impl SharedCheck {
    /// Makes a check of `check`, which may hang or panic, and takes at most `limit`.
    pub(crate) fn new<F, R>(name: &str, limit: Duration, check: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), ProbeFailure>> + Send + 'static,
    {
        let check = Arc::new(check);
        let begin = move || -> Check {
            let check = Arc::clone(&check);
            // The closure is called inside the future, so that its panics are results too.
            Box::pin(async move { check().await })
        };
        // A run that cannot be stopped counts until it ends, so it does not pile up.
        Self { name: name.into(), attempts: Attempts::new(1, limit), begin: Box::new(begin), last: Mutex::default() }
    }

    /// Returns the name of the check.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Says whether the last run succeeded within the last second.
    pub(crate) fn has_passed(&self) -> bool {
        self.recent().is_some()
    }

    /// Returns the result of a run that succeeded within the last second, or else that of [`run`](Self::run).
    pub(crate) async fn answer(&self) -> CheckAnswer {
        match self.recent() {
            Some(answer) => answer,
            None => self.run().await,
        }
    }

    /// Returns the result of the run that is under way, or else of a new one: after the time limit at the latest.
    ///
    /// A run goes on when this future is dropped, and ends with the check.
    pub(crate) async fn run(&self) -> CheckAnswer {
        let (mut answer, begun) = (self.join(), Moment::now());
        let told = answer.wait_for(Option::is_some).await.ok().and_then(|answer| *answer);
        // A run without an answer was stopped with its runtime.
        told.unwrap_or_else(|| given(Err(ProbeFailure::TimedOut), begun))
    }

    fn join(&self) -> watch::Receiver<Option<CheckAnswer>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = last.as_ref().filter(|run| run.is_under_way()) {
            return run.answer.clone();
        }
        let (sender, answer) = watch::channel(None);
        let (attempts, check) = (self.attempts.clone(), (self.begin)());
        let task = tokio::spawn(async move {
            let begun = Moment::now();
            // The wait for an older run that cannot be stopped is part of the time limit.
            let result = timeout(attempts.limit(), attempts.run(check)).await;
            let result = result.unwrap_or(Err(ProbeFailure::TimedOut)).unwrap_or_else(Err);
            sender.send_replace(Some(given(result, begun)));
        });
        *last = Some(Run { answer: answer.clone(), _task: AbortOnDropHandle::new(task) });
        answer
    }

    fn recent(&self) -> Option<CheckAnswer> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = *last.as_ref()?.answer.borrow();
        answer.filter(CheckAnswer::is_recent_success)
    }
}

impl fmt::Debug for SharedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedCheck")
            .field("name", &self.name)
            .field("limit", &self.attempts.limit())
            .finish_non_exhaustive()
    }
}

impl Run {
    fn is_under_way(&self) -> bool {
        // The sender is gone if the runtime was shut down before the end of the run.
        self.answer.borrow().is_none() && self.answer.has_changed().is_ok()
    }
}

fn given(result: Result<(), ProbeFailure>, begun: Moment) -> CheckAnswer {
    CheckAnswer { result, seconds: begun.seconds(), at: Instant::now() }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use futures_util::future::join_all;
    use tokio::sync::oneshot;
    use tokio::time::{advance, sleep};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const LIMIT: Duration = Duration::from_secs(5);

    /// A check that takes `takes` and fails while `fails` is set, and the number of its runs.
    fn counted(takes: Duration, fails: &'static AtomicUsize) -> (SharedCheck, Arc<AtomicUsize>) {
        let runs = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&runs);
        let check = SharedCheck::new("counted", LIMIT, move || {
            counter.fetch_add(1, Ordering::SeqCst);
            async move {
                sleep(takes).await;
                if fails.load(Ordering::SeqCst) == 0 { Ok(()) } else { Err(ProbeFailure::Unreachable) }
            }
        });
        (check, runs)
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_is_reused_for_a_second_and_a_failure_is_not() {
        static FAILS: AtomicUsize = AtomicUsize::new(0);
        let (check, runs) = counted(Duration::ZERO, &FAILS);
        for _ in 0..3 {
            assert_eq!(check.answer().await.result, Ok(()));
        }
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert!(check.has_passed());
        advance(SECOND).await;
        assert!(!check.has_passed());
        FAILS.store(1, Ordering::SeqCst);
        for run in 2..5 {
            assert_eq!(check.answer().await.result, Err(ProbeFailure::Unreachable));
            assert_eq!(runs.load(Ordering::SeqCst), run);
        }
        FAILS.store(0, Ordering::SeqCst);
        assert_eq!(check.answer().await.result, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_questions_shares_one_run() {
        static FAILS: AtomicUsize = AtomicUsize::new(1);
        let (check, runs) = counted(SECOND, &FAILS);
        let answers = join_all((0..1000).map(|_| check.answer())).await;
        assert!(answers.iter().all(|answer| answer.result == Err(ProbeFailure::Unreachable)));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn it_takes_at_most_its_time_limit_and_a_panic_is_a_failure() {
        let begun = Instant::now();
        let hangs = SharedCheck::new("hangs", LIMIT, pending::<Result<(), ProbeFailure>>);
        assert_eq!(hangs.answer().await.result, Err(ProbeFailure::TimedOut));
        assert_eq!(begun.elapsed(), LIMIT);
        let panics = SharedCheck::new("panics", LIMIT, || async { panic!("on purpose") });
        assert_eq!(panics.answer().await.result, Err(ProbeFailure::Panicked));
        let throws = SharedCheck::new("throws", LIMIT, || -> std::future::Ready<_> { panic!("on purpose") });
        assert_eq!(throws.answer().await.result, Err(ProbeFailure::Panicked));
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_goes_on_when_its_caller_leaves_and_stops_with_the_check() {
        static FAILS: AtomicUsize = AtomicUsize::new(0);
        let (check, runs) = counted(SECOND, &FAILS);
        assert!(timeout(SECOND / 2, check.answer()).await.is_err());
        assert_eq!(check.answer().await.result, Ok(()));
        assert_eq!(runs.load(Ordering::SeqCst), 1);

        let (alive, gone) = oneshot::channel::<()>();
        let alive = Mutex::new(Some(alive));
        let check = SharedCheck::new("stopped", LIMIT, move || {
            let alive = alive.lock().unwrap().take();
            async move {
                let _alive = alive;
                pending().await
            }
        });
        assert!(timeout(SECOND, check.answer()).await.is_err());
        drop(check);
        assert!(gone.await.is_err());
    }

    #[test]
    fn a_run_that_was_stopped_with_its_runtime_is_begun_anew() {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let runtime =
            || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let check = SharedCheck::new("restarted", LIMIT, || async {
            if RUNS.fetch_add(1, Ordering::SeqCst) == 0 { pending().await } else { Ok(()) }
        });
        assert!(runtime().block_on(async { timeout(SECOND, check.answer()).await }).is_err());
        assert_eq!(runtime().block_on(check.answer()).result, Ok(()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn a_run_that_blocks_its_thread_takes_one_thread_however_often_it_is_asked() {
        let (release, blocked) = mpsc::channel::<()>();
        let blocked = Mutex::new(Some(blocked));
        let check = SharedCheck::new("blocks", Duration::from_millis(20), move || {
            let blocked = blocked.lock().unwrap().take();
            async move {
                if let Some(blocked) = blocked {
                    let _ = blocked.recv();
                }
                Ok(())
            }
        });
        for _ in 0..3 {
            assert_eq!(check.answer().await.result, Err(ProbeFailure::TimedOut));
        }
        drop(release);
        // The thread is free again as soon as the system lets it run.
        while check.answer().await.result.is_err() {}
    }
}
