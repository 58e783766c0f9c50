//! The body: an exchange from its head to its last byte.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::guard::Guard;
use super::{End, Observe};

pin_project! {
    /// A response body that is watched. Frames, trailers, size hint and end pass through unchanged.
    ///
    /// # Cancellation
    ///
    /// Dropping it before its end, or before the announced length has passed, ends the exchange as cancelled.
    pub struct ExchangeBody<B, O: Observe> {
        #[pin]
        inner: B,
        guard: Guard<O>,
        // Bytes still to come, if a length was announced. A server stops polling when they have passed, so nothing later
        // would tell a finished body from a dropped one.
        left: Option<u64>,
    }
}

impl<B, O: Observe> ExchangeBody<B, O> {
    pub(super) const fn new(inner: B, guard: Guard<O>, left: Option<u64>) -> Self {
        Self { inner, guard, left }
    }
}

/// An unwatched body, for layers that answer in place of the service.
impl<B: Default, O: Observe> Default for ExchangeBody<B, O> {
    fn default() -> Self {
        Self::new(B::default(), Guard::idle(), None)
    }
}

impl<B, O> Body for ExchangeBody<B, O>
where
    B: Body<Error: 'static>,
    O: Observe,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        if this.guard.is_over() {
            return this.inner.poll_frame(context);
        }
        // It is looked at where it stands and never moved: a frame has room for a map of trailers.
        let polled = this.guard.run(|| this.inner.as_mut().poll_frame(context));
        if let Poll::Ready(item) = &polled {
            match item {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        let bytes = data.remaining();
                        this.guard.data(data);
                        *this.left = this.left.map(|left| left.saturating_sub(bytes as u64));
                    } else if let Some(trailers) = frame.trailers_ref() {
                        this.guard.trailers(trailers);
                    }
                    // Nothing follows trailers, and hyper does not ask whether something does.
                    if frame.is_trailers() || *this.left == Some(0) || this.inner.is_end_stream() {
                        this.guard.end(End::Complete);
                    }
                }
                Some(Err(error)) => this.guard.fail(error, End::BodyError),
                None => this.guard.end(End::Complete),
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B, O: Observe> fmt::Debug for ExchangeBody<B, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeBody").field("guard", &self.guard).field("left", &self.left).finish_non_exhaustive()
    }
}
