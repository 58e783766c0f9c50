//! The size of a request's body: the bytes of it that the service read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::http::Request;
use bytes::Buf;

use crate::exchange::{End, ExchangeBody, Observe};

/// A request body whose bytes [`HttpLayer::body_sizes`](super::HttpLayer::body_sizes) counts; made by [`count_request_body`].
pub type HttpRequestBody<B> = ExchangeBody<B, HttpRequestSize>;

/// Counts the bytes of one request body as they are read.
#[derive(Clone, Debug, Default)]
pub struct HttpRequestSize(Arc<AtomicU64>);

impl HttpRequestSize {
    pub(super) fn bytes(&self) -> u64 {
        // Relaxed: the body was read by the exchange that asks, or was handed on by it.
        self.0.load(Ordering::Relaxed)
    }
}

impl Observe for HttpRequestSize {
    const NEEDS_END: bool = false;

    fn data<D: Buf>(&mut self, data: &D) {
        // Relaxed: the number orders nothing.
        self.0.fetch_add(data.remaining() as u64, Ordering::Relaxed);
    }

    fn end(self, _: End) {}
}

/// Counts the body of a request for an [`HttpLayer`](super::HttpLayer) with [`body_sizes`](super::HttpLayer::body_sizes).
///
/// Requests inside an axum router need no call of this: the layer counts axum's bodies by itself. It cannot change the type of
/// other bodies, so around any other service this function goes around the layer:
///
/// ```
/// use http::{Request, Response};
/// use http_body::Body;
/// use http_body_util::{BodyExt, Empty, Full};
/// use mme_metrics::http::{HttpLayer, HttpRequestBody, count_request_body};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// // Behind a hyper server, `B` is `Incoming`.
/// async fn echo<B>(request: Request<HttpRequestBody<B>>) -> Result<Response<Full<bytes::Bytes>>, B::Error>
/// where
///     B: Body<Error: 'static>,
/// {
///     Ok(Response::new(Full::new(request.into_body().collect().await?.to_bytes())))
/// }
///
/// let layer = HttpLayer::new().route_fn(|_| Some("/echo")).body_sizes(true);
/// let service = layer.layer(service_fn(echo)).map_request(count_request_body);
/// # drop(service.oneshot(Request::new(Empty::<bytes::Bytes>::new())));
/// ```
pub fn count_request_body<B>(mut request: Request<B>) -> Request<HttpRequestBody<B>> {
    let size = HttpRequestSize::default();
    request.extensions_mut().insert(size.clone());
    request.map(|body| ExchangeBody::new(body, Some(size)))
}

/// Returns the size of a request's body, counted from here on if it was not counted before; `None` for a body that is not axum's.
pub(super) fn request_size<B: 'static>(request: &mut Request<B>) -> Option<HttpRequestSize> {
    if let Some(size) = request.extensions().get::<HttpRequestSize>() {
        return Some(size.clone());
    }
    #[cfg(feature = "axum")]
    {
        let body = (request.body_mut() as &mut dyn std::any::Any).downcast_mut::<axum::body::Body>()?;
        let size = HttpRequestSize::default();
        let inner = std::mem::take(body);
        *body = axum::body::Body::new(ExchangeBody::new(inner, Some(size.clone())));
        Some(size)
    }
    #[cfg(not(feature = "axum"))]
    None
}
