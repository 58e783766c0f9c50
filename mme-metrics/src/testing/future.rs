//! A future that is recorded.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::recorder::Recorder;

/// A future whose emission is recorded; made by [`Emission::record_async`](super::Emission::record_async).
#[must_use = "a future does nothing unless it is polled"]
pub struct RecordedFuture<F: Future> {
    recorder: Recorder,
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> RecordedFuture<F> {
    pub(super) fn new(recorder: Recorder, future: F) -> Self {
        Self { recorder, future: Some(Box::pin(future)) }
    }
}

impl<F: Future> fmt::Debug for RecordedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedFuture").finish_non_exhaustive()
    }
}

impl<F: Future> Future for RecordedFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let Some(future) = &mut this.future else { return Poll::Pending };
        let polled = metrics::with_local_recorder(&this.recorder, || future.as_mut().poll(context));
        if polled.is_ready() {
            let future = this.future.take();
            metrics::with_local_recorder(&this.recorder, || drop(future));
        }
        polled
    }
}

impl<F: Future> Drop for RecordedFuture<F> {
    fn drop(&mut self) {
        let future = self.future.take();
        metrics::with_local_recorder(&self.recorder, || drop(future));
    }
}
