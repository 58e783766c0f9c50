//! The handle of a Pushgateway.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::runtime;

use super::error::PushError;
use super::push::{Settings, Shared, push};
use crate::job::{BatchFlush, FlushError, Job, sealed};

/// A Pushgateway that the metrics of jobs are pushed to; made by its [`builder`](Self::builder).
///
/// Dropping it waits for the pushes of runs that were dropped, each at most as long as the timeout. So it has to outlive the runs: make it
/// at the beginning of `main`.
pub struct Pushgateway {
    shared: Arc<Shared>,
    /// Threads that push for runs that were dropped.
    pending: Mutex<Vec<JoinHandle<Result<(), PushError>>>>,
}

impl Pushgateway {
    pub(super) fn new(settings: Settings) -> Self {
        Self { shared: Arc::new(Shared::new(settings)), pending: Mutex::default() }
    }

    /// Pushes the metrics to the group of `job`, and returns how that ended.
    ///
    /// [`run_batch`](crate::job::run_batch) does it at the end of a run. It needs tokio's time and I/O drivers (`enable_all`).
    ///
    /// # Errors
    ///
    /// When the Pushgateway did not accept the metrics within the timeout. It keeps what it had.
    ///
    /// # Cancellation
    ///
    /// Nothing is pushed in half: the Pushgateway takes over the metrics as a whole, or not at all.
    pub async fn push(&self, job: Job) -> Result<(), PushError> {
        push(Arc::clone(&self.shared), job).await
    }

    /// Does the same and blocks the thread. It needs no runtime, and may be called on a thread of one.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push), and when no thread can be started.
    pub fn push_blocking(&self, job: Job) -> Result<(), PushError> {
        self.start_push(job)?.join().unwrap_or(Err(PushError::Reading))
    }

    /// Pushes on a thread of its own, because the runtime of a run that was dropped may be about to end.
    fn start_push(&self, job: Job) -> Result<JoinHandle<Result<(), PushError>>, PushError> {
        let shared = Arc::clone(&self.shared);
        let of_thread = move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|_| PushError::NoThread)?;
            let pushed = runtime.block_on(push(shared, job));
            // A collector that hangs must not keep the thread.
            runtime.shutdown_background();
            pushed
        };
        thread::Builder::new().name("mme-metrics-push".to_owned()).spawn(of_thread).map_err(|_| PushError::NoThread)
    }
}

impl Drop for Pushgateway {
    fn drop(&mut self) {
        let pending = self.pending.get_mut().unwrap_or_else(PoisonError::into_inner);
        for push in mem::take(pending) {
            // The push has reported how it ended.
            let _ = push.join();
        }
    }
}

impl fmt::Debug for Pushgateway {
    // Without the URL, the client and the credentials, which may have secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { service, labels, timeout, .. } = &self.shared.settings;
        f.debug_struct("Pushgateway")
            .field("service", service)
            .field("labels", labels)
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

const RECEIVER: &str = "the Pushgateway";

impl sealed::Sealed for Pushgateway {}

/// Pushes at the end of a run, to the group of its job.
impl BatchFlush for Pushgateway {
    async fn flush_run(&self, job: Job) -> Result<(), FlushError> {
        self.push(job).await.map_err(|error| FlushError::new(RECEIVER, error))
    }

    fn flush_run_blocking(&self, job: Job) -> Result<(), FlushError> {
        self.push_blocking(job).map_err(|error| FlushError::new(RECEIVER, error))
    }

    fn flush_dropped_run(&self, job: Job) {
        let push = match self.start_push(job) {
            Ok(push) => push,
            Err(error) => return self.shared.report(job, &Err(error)),
        };
        if runtime::Handle::try_current().is_err() {
            // The push has reported how it ended.
            let _ = push.join();
            return;
        }
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|earlier| !earlier.is_finished());
        pending.push(push);
    }
}
