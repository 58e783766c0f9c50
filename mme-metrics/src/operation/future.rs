//! A future that is measured from its first poll until it ends or is dropped.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::classify::Classify;
use super::contract::Operation;
use super::guard::Guard;

/// Measures `future` from its first poll, and records its outcome, which `classifier` reads from its output.
///
/// # Cancellation
///
/// Dropped after its first poll and before its end, it is recorded as [`Outcome::Cancelled`](crate::operation::Outcome::Cancelled);
/// dropped before its first poll it is not recorded, because it did not begin.
#[inline]
pub fn measure_async<O, C, F>(operation: O, classifier: C, future: F) -> MeasuredFuture<O, C, F>
where
    O: Operation,
    F: Future,
    C: Classify<O, F::Output>,
{
    MeasuredFuture { guard: Guard::idle(operation), classifier, future }
}

pin_project! {
    /// A future that is measured; made by [`measure_async`].
    #[must_use = "a future does nothing unless it is polled"]
    pub struct MeasuredFuture<O: Operation, C, F> {
        // Dropped before the future, so that the future's own drop is not in its time.
        guard: Guard<O>,
        classifier: C,
        #[pin]
        future: F,
    }
}

impl<O: Operation, C, F> fmt::Debug for MeasuredFuture<O, C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredFuture").finish_non_exhaustive()
    }
}

impl<O, C, F> Future for MeasuredFuture<O, C, F>
where
    O: Operation,
    F: Future,
    C: Classify<O, F::Output>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.guard.enter(C::ERROR_TYPES);
        let polled = this.future.poll(context);
        match &polled {
            Poll::Ready(returned) => this.guard.classify(this.classifier, returned),
            Poll::Pending => this.guard.leave(),
        }
        polled
    }
}
