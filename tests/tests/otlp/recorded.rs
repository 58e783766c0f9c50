//! A future whose code records into a recorder of its own, also when it is dropped.

use std::pin::Pin;
use std::task::{Context, Poll};

use mme_metrics::Recorder;

/// Runs `future`, and drops it, with `recorder` as the current one.
pub(crate) struct Recorded<F> {
    recorder: Recorder,
    future: Option<Pin<Box<F>>>,
}

/// Makes `future` record into `recorder`.
pub(crate) fn on<F: Future>(recorder: &Recorder, future: F) -> Recorded<F> {
    Recorded { recorder: recorder.clone(), future: Some(Box::pin(future)) }
}

impl<F: Future> Future for Recorded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let recorder = self.recorder.clone();
        let future = self.future.as_mut().expect("it is there until it is dropped");
        metrics::with_local_recorder(&recorder, || future.as_mut().poll(context))
    }
}

impl<F> Drop for Recorded<F> {
    fn drop(&mut self) {
        metrics::with_local_recorder(&self.recorder, || drop(self.future.take()));
    }
}
