//! Streams: what a response or an upgraded connection becomes after its request is over.

use std::sync::{Arc, OnceLock};

use super::label::{HttpStreamKind, Route};
use super::metrics::HTTP;
use crate::clock::Moment;
use crate::metric::InFlight;

/// One open stream, which ends when this is dropped.
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

/// The life of an upgraded connection: a WebSocket, or a tunnel.
///
/// [`HttpLayer`](super::HttpLayer) leaves this in the extensions of every request that asks for an upgrade. Keep it beside the
/// connection: the stream lasts from the head of the response until the last clone is dropped. If nobody keeps it, the request
/// still ends at its head, and nothing is told of the stream, rather than something wrong.
///
/// The layer cannot do this alone. hyper makes the upgraded connection itself and hands it to whoever awaits the upgrade; neither
/// request nor response has a place for something that lives as long, and nobody but hyper can make an `OnUpgrade` to put in
/// the place of the one that is there.
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

    /// Runs `future`, for instance what talks over the connection, and keeps the stream open until it ends or is dropped.
    pub async fn during<F: Future>(self, future: F) -> F::Output {
        let _open = self;
        future.await
    }

    /// Begins the stream, if anybody else holds it.
    pub(super) fn open(self, route: Route) {
        if let Some(upgrade) = self.0.filter(|upgrade| Arc::strong_count(upgrade) > 1) {
            // One response answers a request, so it is opened once.
            let _ = upgrade.open.set(OpenStream::start(route, upgrade.kind));
        }
    }
}

/// Takes the guard of this request; where there is no [`HttpLayer`](super::HttpLayer) or no upgrade was asked for, it
/// measures nothing.
#[cfg(feature = "axum")]
impl<S: Sync> axum::extract::FromRequestParts<S> for StreamGuard {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut ::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.remove().unwrap_or(Self(None)))
    }
}
