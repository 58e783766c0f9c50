//! A run of a job, with the metrics sent at its end.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::flush::{BatchFlush, FlushError};
use super::run::{Job, JobRun};
use crate::operation::{Classify, measure, measure_async};

/// Runs `work` as one run of `job`, records its outcome, which `classifier` reads from its output, and sends the metrics to
/// `receiver`.
///
/// The run begins with the first poll. What `work` returns is handed on as it is, whether or not the metrics arrive.
///
/// # Panics
///
/// When `work` does; the metrics are sent before the panic goes on. A program with `panic = "abort"` sends nothing then.
///
/// # Cancellation
///
/// Dropped after its first poll, it records [`Outcome::Cancelled`](crate::operation::Outcome::Cancelled) and starts to send the
/// metrics. What then waits for them is the receiver: dropping a `Pushgateway`, or `OtlpExporter::shutdown`.
pub async fn run_batch<B, C, F>(job: Job, receiver: &B, classifier: C, work: F) -> BatchEnd<F::Output>
where
    B: BatchFlush,
    F: Future,
    C: Classify<JobRun, F::Output>,
{
    let mut dropped = DroppedRun { job, receiver, is_over: false };
    // The measured future is gone after this line, so that also a panic is recorded before the metrics are read.
    let returned = CaughtFuture { future: measure_async(job.run(), classifier, work) }.await;
    let flushed = receiver.flush_run(job).await;
    dropped.is_over = true;
    BatchEnd::new(returned, flushed)
}

/// Does what [`run_batch`] does for a closure, and blocks the thread.
///
/// # Panics
///
/// As `run_batch`.
pub fn run_batch_blocking<B, C, R>(job: Job, receiver: &B, classifier: C, work: impl FnOnce() -> R) -> BatchEnd<R>
where
    B: BatchFlush,
    C: Classify<JobRun, R>,
{
    // What the closure has left half done is seen by nobody before the panic goes on.
    let returned = catch_unwind(AssertUnwindSafe(|| measure(job.run(), classifier, work)));
    BatchEnd::new(returned, receiver.flush_run_blocking(job))
}

/// The end of a run: what it returned, and whether its metrics arrived.
#[derive(Debug)]
#[must_use = "this has what the run returned"]
pub struct BatchEnd<R> {
    returned: R,
    flushed: Result<(), FlushError>,
}

impl<R> BatchEnd<R> {
    /// Makes one of what was caught; a panic goes on here.
    fn new(returned: Result<R, Box<dyn Any + Send>>, flushed: Result<(), FlushError>) -> Self {
        match returned {
            Ok(returned) => Self { returned, flushed },
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Returns what the run returned. It does not depend on the metrics.
    pub fn returned(self) -> R {
        self.returned
    }

    /// Returns why the metrics did not arrive, if they did not.
    pub fn flush_error(&self) -> Option<&FlushError> {
        self.flushed.as_ref().err()
    }

    /// Returns what the run returned, and whether its metrics arrived.
    pub fn into_parts(self) -> (R, Result<(), FlushError>) {
        (self.returned, self.flushed)
    }
}

/// Sends the metrics of a run whose future is dropped before they have arrived.
struct DroppedRun<'r, B: BatchFlush> {
    job: Job,
    receiver: &'r B,
    is_over: bool,
}

impl<B: BatchFlush> Drop for DroppedRun<'_, B> {
    fn drop(&mut self) {
        if !self.is_over {
            self.receiver.flush_dropped_run(self.job);
        }
    }
}

pin_project! {
    /// A future whose panic is its output.
    struct CaughtFuture<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for CaughtFuture<F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        // The future is not polled again after a panic.
        match catch_unwind(AssertUnwindSafe(|| future.poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}
