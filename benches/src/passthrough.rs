//! The future and the body of a layer that records nothing.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// A wrapper of a future or a body that adds nothing.
    pub(crate) struct Passthrough<T> {
        #[pin]
        pub(crate) inner: T,
    }
}

impl<F: Future<Output = Result<Response<B>, E>>, B, E> Future for Passthrough<F> {
    type Output = Result<Response<Passthrough<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().inner.poll(context))?;
        Poll::Ready(Ok(response.map(|inner| Passthrough { inner })))
    }
}

impl<B: Body> Body for Passthrough<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
