//! Futures that a test polls by hand, to choose where they stop.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Polls `future` once.
pub fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Is pending at its first poll and ready at its second.
pub async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
