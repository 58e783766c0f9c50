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

    #[inline]
    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let polled = this.guard.watch(|| this.inner.as_mut().poll_frame(context));
        // Each arm puts its own value together, so that data passes in registers: a frame that is looked at as a whole is copied
        // as a whole, and it has room for a map of trailers.
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => {
                    if !this.guard.is_over() {
                        this.guard.data(&data);
                        if pass(this.left, data.remaining()) || this.inner.is_end_stream() {
                            this.guard.end(at_end(*this.left));
                        }
                    }
                    Poll::Ready(Some(Ok(Frame::data(data))))
                }
                Err(frame) => Poll::Ready(Some(Ok(this.guard.last(frame, at_end(*this.left))))),
            },
            Poll::Ready(Some(Err(error))) => {
                this.guard.fail(&error, End::BodyError);
                Poll::Ready(Some(Err(error)))
            }
            Poll::Ready(None) => {
                this.guard.end(at_end(*this.left));
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

/// Takes bytes that have passed from an announced length, and says whether none are left.
#[inline]
fn pass(left: &mut Option<u64>, bytes: usize) -> bool {
    let Some(left) = left else { return false };
    *left = left.saturating_sub(bytes as u64);
    *left == 0
}

/// Says how a body has ended that has so many bytes left of an announced length. If it has any, a server breaks the connection.
const fn at_end(left: Option<u64>) -> End {
    match left {
        None | Some(0) => End::Complete,
        Some(_) => End::BodyError,
    }
}

impl<B, O: Observe> fmt::Debug for ExchangeBody<B, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeBody").field("guard", &self.guard).field("left", &self.left).finish_non_exhaustive()
    }
}
