//! The body: an exchange from the head of its response to the last byte.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::guard::ExchangeGuard;
use super::{End, Observe};

pin_project! {
    /// A body with an observer: of a response, or of a request. Frames, trailers, size hint and end pass through unchanged.
    ///
    /// # Cancellation
    ///
    /// Dropping it before its end, or before the announced length has passed, ends the exchange as cancelled. A server stops
    /// polling when the announced length has passed, so dropping it after that ends the exchange as complete.
    pub struct ExchangeBody<B, O: Observe> {
        #[pin]
        inner: B,
        guard: ExchangeGuard<O>,
    }
}

impl<B, O: Observe> ExchangeBody<B, O> {
    /// Observes the body of a request; without an observer the body passes unobserved.
    pub const fn new(inner: B, observer: Option<O>) -> Self {
        Self { inner, guard: ExchangeGuard::new(observer) }
    }

    pub(super) const fn of_response(inner: B, guard: ExchangeGuard<O>) -> Self {
        Self { inner, guard }
    }
}

/// A body without an observer, for layers that answer in place of the service.
impl<B: Default, O: Observe> Default for ExchangeBody<B, O> {
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}

impl<B, O> Body for ExchangeBody<B, O>
where
    B: Body<Error: 'static>,
    O: Observe,
{
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let polled = this.guard.watch(|| this.inner.as_mut().poll_frame(context));
        // Each arm builds its own value, so that data passes in registers. A frame that is inspected as a whole is copied as a
        // whole, and it has room for a map of trailers.
        match polled {
            Poll::Pending => {
                this.guard.pending();
                Poll::Pending
            }
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => {
                    if !this.guard.is_over() {
                        this.guard.data(&data);
                        if O::NEEDS_END {
                            if this.guard.exceeds_length(data.remaining()) {
                                this.guard.end(End::BodyError);
                            } else if this.guard.ends_with_data() && this.inner.is_end_stream() {
                                this.guard.finish();
                            }
                        }
                    }
                    Poll::Ready(Some(Ok(Frame::data(data))))
                }
                Err(frame) => Poll::Ready(Some(Ok(this.guard.last(frame)))),
            },
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(this.guard.fail(error, End::BodyError)))),
            Poll::Ready(None) => {
                this.guard.ended(&*this.inner);
                Poll::Ready(None)
            }
        }
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
        f.debug_struct("ExchangeBody").field("guard", &self.guard).finish_non_exhaustive()
    }
}
