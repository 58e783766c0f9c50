//! The public types of an answer: its body, and the future that resolves to it.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::encoding::{EncodedBody, EncodedFuture};

pin_project! {
    /// The body of an answer of the [`Endpoint`](super::Endpoint).
    pub struct EndpointBody {
        #[pin]
        inner: EncodedBody,
    }
}

impl Body for EndpointBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.project().inner.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl fmt::Debug for EndpointBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointBody").finish_non_exhaustive()
    }
}

pin_project! {
    /// The answer of the [`Endpoint`](super::Endpoint); it is ready when it is polled first.
    pub struct ResponseFuture {
        #[pin]
        inner: EncodedFuture,
        is_head: bool,
    }
}

impl ResponseFuture {
    pub(super) fn new(inner: EncodedFuture, is_head: bool) -> Self {
        Self { inner, is_head }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<EndpointBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context))?;
        // Compression turns an empty body into twenty bytes.
        let body = |inner| EndpointBody { inner: if *this.is_head { EncodedBody::default() } else { inner } };
        Poll::Ready(Ok(response.map(body)))
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
