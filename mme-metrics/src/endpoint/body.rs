//! What is sent: a sentence, or an exposition as it is written.

use std::convert::Infallible;
use std::fmt;
use std::future::Ready;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_http::compression;
use tower_http::compression::CompressionBody;

use super::render::Reader;
use super::service::Compressed;

/// Chunks that are sent before the executor gets a chance to run something else: 256 KiB, some milliseconds with gzip.
const BURST: usize = 8;

/// An answer before it is compressed.
#[derive(Debug)]
pub(super) enum Content {
    Sentence(Bytes),
    Exposition { reader: Reader, burst: usize },
}

impl Default for Content {
    fn default() -> Self {
        Self::Sentence(Bytes::new())
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.get_mut() {
            Self::Sentence(text) if text.is_empty() => Poll::Ready(None),
            Self::Sentence(text) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(text))))),
            Self::Exposition { burst, .. } if *burst == BURST => {
                *burst = 0;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Exposition { reader, burst } => {
                *burst += 1;
                Poll::Ready(reader.next().map(|chunk| chunk.map(Frame::data).map_err(Into::into)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Sentence(text) if text.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Sentence(text) => SizeHint::with_exact(text.len() as u64),
            Self::Exposition { .. } => SizeHint::new(),
        }
    }
}

pin_project! {
    /// The body of an answer of the [`Endpoint`](super::Endpoint).
    pub struct EndpointBody {
        #[pin]
        inner: CompressionBody<Content>,
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
    /// The answer of the [`Endpoint`](super::Endpoint), which is ready at once.
    pub struct ResponseFuture {
        #[pin]
        inner: compression::ResponseFuture<Ready<Result<Response<Content>, Infallible>>, Compressed>,
        is_head: bool,
    }
}

impl ResponseFuture {
    pub(super) fn new(
        inner: compression::ResponseFuture<Ready<Result<Response<Content>, Infallible>>, Compressed>,
        is_head: bool,
    ) -> Self {
        Self { inner, is_head }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<EndpointBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context))?;
        // Compression makes twenty bytes of nothing.
        let body = |inner| EndpointBody { inner: if *this.is_head { CompressionBody::default() } else { inner } };
        Poll::Ready(Ok(response.map(body)))
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
