//! A future that is measured from its first poll to its end or drop.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::guard::Guard;
use super::{Classify, Operation};

/// Measures `future` from its first poll, and records how it ended, as `judge` reads from its output.
///
/// # Cancellation
///
/// Dropped after its first poll and before its end, it is recorded as [`Outcome::Cancelled`](crate::operation::Outcome::Cancelled);
/// dropped before its first poll it is not recorded, because nothing began.
#[inline]
pub fn measure_async<O, J, F>(operation: O, judge: J, future: F) -> MeasuredFuture<O, J, F>
where
    O: Operation,
    F: Future,
    J: Classify<O, F::Output>,
{
    MeasuredFuture { guard: Guard::idle(operation), judge, future }
}

pin_project! {
    /// A future that is measured; made by [`measure_async`].
    #[must_use = "a future does nothing unless it is polled"]
    pub struct MeasuredFuture<O: Operation, J, F> {
        // Dropped before the future, so that what the future's own drop does is not in its time.
        guard: Guard<O>,
        judge: J,
        #[pin]
        future: F,
    }
}

impl<O: Operation, J, F> fmt::Debug for MeasuredFuture<O, J, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredFuture").finish_non_exhaustive()
    }
}

impl<O, J, F> Future for MeasuredFuture<O, J, F>
where
    O: Operation,
    F: Future,
    J: Classify<O, F::Output>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.guard.enter(J::ERROR_TYPES);
        let polled = this.future.poll(context);
        match &polled {
            Poll::Ready(returned) => this.guard.classify(this.judge, returned),
            Poll::Pending => this.guard.leave(),
        }
        polled
    }
}
