//! The handle of something that runs until it is stopped.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longest time that stopping waits for what cannot be stopped.
const GRACE: Duration = Duration::from_millis(900);

/// Something that runs on a task of its own, and stops when this is dropped.
#[derive(Debug)]
#[must_use = "dropping this stops what it supervises"]
pub struct SupervisedTask {
    /// Nothing once it was let go.
    task: Option<JoinHandle<()>>,
}

impl SupervisedTask {
    /// Starts `work` on a task of its own.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn<W>(work: W) -> Self
    where
        W: Future<Output: Send> + Send + 'static,
    {
        Self { task: Some(tokio::spawn(async move { drop(work.await) })) }
    }

    /// Says whether it still runs.
    pub fn is_running(&self) -> bool {
        self.task.as_ref().is_some_and(|task| !task.is_finished())
    }

    /// Stops it, and waits until it has stopped: less than a second, even if something in it blocks its thread.
    pub async fn stop(mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // Whether it ended, panicked or hangs, there is nothing more to be done.
            let _ = timeout(GRACE, task).await;
        }
    }

    /// Lets it run for as long as the runtime does.
    pub fn detach(mut self) {
        self.task = None;
    }
}

impl Drop for SupervisedTask {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
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
