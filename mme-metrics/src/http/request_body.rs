//! How many bytes of a request's body were really received.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use ::http::Request;
use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

/// Bytes that the service has read so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Received(Arc<AtomicU64>);

impl Received {
    pub(super) fn bytes(&self) -> u64 {
        // Relaxed: the body was read by the exchange that asks, or was handed on by it.
        self.0.load(Ordering::Relaxed)
    }
}

/// Begins to count the body of `request`, or finds that it is counted already.
pub(super) fn count<B: 'static>(request: &mut Request<B>) -> Option<Received> {
    if let Some(received) = request.extensions().get::<Received>() {
        return Some(received.clone());
    }
    #[cfg(feature = "axum")]
    {
        let body = (request.body_mut() as &mut dyn std::any::Any).downcast_mut::<axum::body::Body>()?;
        let received = Received::default();
        let inner = std::mem::take(body);
        *body = axum::body::Body::new(CountedBody { inner, received: received.clone() });
        Some(received)
    }
    #[cfg(not(feature = "axum"))]
    None
}

pin_project! {
    /// A request body that tells [`HttpLayer::body_sizes`](super::HttpLayer::body_sizes) how much of it was read.
    ///
    /// A layer cannot change the type of a body that the service has chosen, and most types cannot hold another body. axum's
    /// can, so requests inside a router need nothing. Around any other service, this goes around the layer:
    ///
    /// ```
    /// use http::{Request, Response};
    /// use http_body::Body;
    /// use http_body_util::{BodyExt, Empty, Full};
    /// use mme_metrics::http::{CountedBody, HttpLayer};
    /// use tower::{Layer, ServiceExt, service_fn};
    ///
    /// // Its body is `Incoming` behind a hyper server.
    /// async fn echo<B: Body>(request: Request<CountedBody<B>>) -> Result<Response<Full<bytes::Bytes>>, B::Error> {
    ///     Ok(Response::new(Full::new(request.into_body().collect().await?.to_bytes())))
    /// }
    ///
    /// let layer = HttpLayer::new().route_fn(|_| Some("/echo")).body_sizes(true);
    /// let service = layer.layer(service_fn(echo)).map_request(CountedBody::of);
    /// # drop(service.oneshot(Request::new(Empty::<bytes::Bytes>::new())));
    /// ```
    pub struct CountedBody<B> {
        #[pin]
        inner: B,
        received: Received,
    }
}

impl<B> CountedBody<B> {
    /// Begins to count the body of a request.
    pub fn of(mut request: Request<B>) -> Request<Self> {
        let received = Received::default();
        request.extensions_mut().insert(received.clone());
        request.map(|inner| Self { inner, received })
    }
}

impl<B: Body> Body for CountedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let polled = ready!(this.inner.poll_frame(context));
        if let Some(Ok(frame)) = &polled
            && let Some(data) = frame.data_ref()
        {
            // Relaxed: a figure that orders nothing.
            this.received.0.fetch_add(data.remaining() as u64, Ordering::Relaxed);
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> fmt::Debug for CountedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountedBody").field("received", &self.received.bytes()).finish_non_exhaustive()
    }
}
