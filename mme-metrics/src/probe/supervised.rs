//! The handle of a background task that runs until it is stopped.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// Upper bound of the time that `stop` waits for a task that blocks its thread.
const GRACE: Duration = Duration::from_millis(900);

/// A background task that is aborted when this handle is dropped.
#[derive(Debug)]
#[must_use = "dropping this stops the task"]
pub struct SupervisedTask(AbortOnDropHandle<()>);

impl SupervisedTask {
    /// Spawns `work` as a task.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn<W>(work: W) -> Self
    where
        W: Future<Output: Send> + Send + 'static,
    {
        Self(AbortOnDropHandle::new(tokio::spawn(async move { drop(work.await) })))
    }

    /// Returns whether the task still runs.
    pub fn is_running(&self) -> bool {
        !self.0.is_finished()
    }

    /// Aborts the task and waits until it has ended: less than a second, even if it blocks its thread.
    pub async fn stop(self) {
        self.0.abort();
        // Nothing is left to do, whether it ended, panicked or hangs.
        let _ = timeout(GRACE, self.0).await;
    }

    /// Lets the task run for as long as the runtime does.
    pub fn detach(self) {
        drop(self.0.detach());
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::mpsc;
    use std::time::Instant;

    use tokio::sync::oneshot;

    use super::*;

    /// Returns work that never ends, and what ends with it.
    fn endless() -> (impl Future<Output = ()> + Send + 'static, oneshot::Receiver<()>) {
        let (alive, gone) = oneshot::channel::<()>();
        let work = async move {
            let _alive = alive;
            pending::<()>().await;
        };
        (work, gone)
    }

    #[tokio::test]
    async fn stops_when_told_to_and_when_dropped() {
        let (work, gone) = endless();
        SupervisedTask::spawn(work).stop().await;
        assert!(gone.await.is_err());
        let (work, gone) = endless();
        drop(SupervisedTask::spawn(work));
        assert!(gone.await.is_err());
    }

    #[tokio::test]
    async fn let_go_it_runs_on() {
        let (work, mut gone) = endless();
        let supervised = SupervisedTask::spawn(work);
        assert!(supervised.is_running());
        supervised.detach();
        tokio::task::yield_now().await;
        assert_eq!(gone.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_blocks_its_thread_does_not_hold_up_the_stop() {
        let (release, blocked) = mpsc::channel::<()>();
        let supervised = SupervisedTask::spawn(async move { _ = blocked.recv() });
        tokio::task::yield_now().await;
        let told = Instant::now();
        supervised.stop().await;
        assert!(told.elapsed() < Duration::from_secs(5));
        drop(release);
    }
}
