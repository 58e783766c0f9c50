//! The guard of a run whose start and end are apart.

use std::fmt;

use super::flush::{BatchFlush, FlushError};
use super::run::{Job, JobRun};
use crate::operation::{ErrorType, Guard, Outcome};

/// Measures a run from its creation until it is ended or dropped, and then sends the metrics.
///
/// If it is dropped while its scope unwinds, it records [`Outcome::Panic`], otherwise [`Outcome::Cancelled`]. On a thread of a tokio
/// runtime a drop starts to send the metrics and does not wait, as with [`run_batch`](super::run_batch); elsewhere it waits.
///
/// Ending it blocks the thread until the metrics have arrived, or cannot: use `run_batch` in async code.
#[must_use = "dropping this ends the run"]
pub struct BatchGuard<'r, B: BatchFlush> {
    guard: Option<Guard<JobRun>>,
    job: Job,
    receiver: &'r B,
}

impl<'r, B: BatchFlush> BatchGuard<'r, B> {
    /// Starts a run of `job`.
    pub fn start(job: Job, receiver: &'r B) -> Self {
        Self { guard: Some(Guard::start(job.run())), job, receiver }
    }

    /// Ends the run, and sends the metrics.
    ///
    /// # Errors
    ///
    /// When the metrics did not arrive. The outcome is recorded all the same.
    pub fn end(mut self, outcome: Outcome) -> Result<(), FlushError> {
        if let Some(guard) = self.guard.take() {
            guard.end(outcome);
        }
        self.receiver.flush_run_blocking(self.job)
    }

    /// Ends the run with the outcome of `result`, and sends the metrics.
    ///
    /// # Errors
    ///
    /// As [`end`](Self::end).
    pub fn end_with<T, E: ErrorType>(self, result: &Result<T, E>) -> Result<(), FlushError> {
        self.end(match result {
            Ok(_) => Outcome::Ok,
            Err(error) => Outcome::Error(error.error_type()),
        })
    }
}

impl<B: BatchFlush> Drop for BatchGuard<'_, B> {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            // It records the outcome, which has to be among what is sent.
            drop(guard);
            self.receiver.flush_dropped_run(self.job);
        }
    }
}

impl<B: BatchFlush> fmt::Debug for BatchGuard<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchGuard").field("job", &self.job).finish_non_exhaustive()
    }
}
