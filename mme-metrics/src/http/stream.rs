//! Streams: event streams and upgraded connections, which outlive their request.

use std::sync::{Arc, OnceLock};

use super::label::{HttpStreamKind, Route};
use super::metrics::HTTP;
use crate::clock::Moment;
use crate::metric::InFlight;

/// One open stream. Dropping it ends the stream.
#[derive(Debug)]
pub(super) struct OpenStream {
    route: Route,
    kind: HttpStreamKind,
    started: Moment,
    _open: InFlight,
}

impl OpenStream {
    pub(super) fn start(route: Route, kind: HttpStreamKind) -> Self {
        Self { route, kind, started: Moment::now(), _open: HTTP.server_streams.track((route, kind)) }
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        HTTP.server_stream_duration.record((self.route, self.kind), self.started.seconds());
    }
}

/// The guard of an upgraded connection, which is a WebSocket or a tunnel.
///
/// [`HttpLayer`](super::HttpLayer) puts it into the extensions of every request for an upgrade. Keep it as long as the connection:
/// the stream lasts from the head of the response until the last clone is dropped. If the service does not keep it, the request
/// ends at the head of the response, and the stream is not measured.
///
/// The layer cannot keep it by itself. hyper makes the upgraded connection and hands it to the code that awaits the upgrade.
/// Neither the request nor the response lives as long, and no other code than hyper can make an `OnUpgrade`.
///
/// A WebSocket of axum, measured by one argument and one word:
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::extract::ws::{WebSocket, WebSocketUpgrade};
/// use axum::response::Response;
/// use axum::{Router, routing::any};
/// use mme_metrics::http::{HttpLayer, StreamGuard};
///
/// async fn chat(upgrade: WebSocketUpgrade, open: StreamGuard) -> Response {
///     upgrade.on_upgrade(|socket| open.during(talk(socket)))
/// }
///
/// async fn talk(mut socket: WebSocket) {
///     while let Some(Ok(message)) = socket.recv().await {
///         if socket.send(message).await.is_err() {
///             break;
///         }
///     }
/// }
///
/// let app = Router::<()>::new().route("/chat", any(chat)).layer(HttpLayer::new());
/// # }
/// ```
///
/// A tunnel through a hyper service, where the guard is an extension of the request:
///
/// ```
/// use http::{Request, Response};
/// use http_body_util::Empty;
/// use mme_metrics::http::{HttpLayer, StreamGuard};
/// use tower::{Layer, service_fn};
///
/// async fn tunnel<B>(mut request: Request<B>) -> Result<Response<Empty<bytes::Bytes>>, std::convert::Infallible> {
///     let open = request.extensions_mut().remove::<StreamGuard>();
///     tokio::spawn(async move {
///         let _open = open;
///         // `hyper::upgrade::on(request).await`, and copy to and fro.
///     });
///     Ok(Response::new(Empty::new()))
/// }
///
/// let service = HttpLayer::new().route_fn(|_| Some("/tunnel")).layer(service_fn(tunnel::<Empty<bytes::Bytes>>));
/// ```
#[derive(Clone, Debug)]
#[must_use = "dropping this ends the measurement"]
pub struct StreamGuard(Option<Arc<Upgrade>>);

#[derive(Debug)]
struct Upgrade {
    kind: HttpStreamKind,
    open: OnceLock<OpenStream>,
}

impl StreamGuard {
    pub(super) fn new(kind: HttpStreamKind) -> Self {
        Self(Some(Arc::new(Upgrade { kind, open: OnceLock::new() })))
    }

    /// Runs `future`, for instance the handler of the connection, and keeps the stream open until it ends or is dropped.
    pub async fn during<F: Future>(self, future: F) -> F::Output {
        let _open = self;
        future.await
    }

    /// Begins the stream, if the service holds a clone.
    pub(super) fn open(self, route: Route) {
        if let Some(upgrade) = self.0.filter(|upgrade| Arc::strong_count(upgrade) > 1) {
            // A request has one response, so this happens once.
            let _ = upgrade.open.set(OpenStream::start(route, upgrade.kind));
        }
    }
}

/// Extracts the guard of the request. Without an [`HttpLayer`](super::HttpLayer), or for a request without an upgrade, the guard
/// measures nothing.
#[cfg(feature = "axum")]
impl<S: Sync> axum::extract::FromRequestParts<S> for StreamGuard {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut ::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.remove().unwrap_or(Self(None)))
    }
}
