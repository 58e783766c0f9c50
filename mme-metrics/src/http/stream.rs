//! Streams: what a response or an upgraded connection becomes after its request is over.

use std::sync::{Arc, OnceLock};

use super::label::{Kind, Route};
use super::metrics::HTTP;
use crate::clock::Moment;
use crate::spec::Raised;

/// One open stream, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Clocked {
    route: Route,
    kind: Kind,
    started: Moment,
    _open: Raised,
}

impl Clocked {
    pub(super) fn start(route: Route, kind: Kind) -> Self {
        Self { route, kind, started: Moment::now(), _open: HTTP.server_streams.raise((route, kind)) }
    }
}

impl Drop for Clocked {
    fn drop(&mut self) {
        HTTP.server_stream_duration.record((self.route, self.kind), self.started.seconds());
    }
}

/// The life of an upgraded connection: a WebSocket, or a tunnel.
///
/// A layer sees a connection only until it is upgraded; then it belongs to whoever awaits the upgrade. So
/// [`HttpLayer`](super::HttpLayer) leaves this in the extensions of every request that asks for one. Keep it beside the
/// connection: the stream lasts from the head of the response until the last clone is dropped. If nobody keeps it, nothing
/// is told of the stream, rather than something wrong.
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::Router;
/// use axum::extract::Request;
/// use axum::routing::any;
/// use mme_metrics::http::{HttpLayer, StreamGuard};
///
/// // With axum's `ws` feature, `ws: WebSocketUpgrade` is one more argument, and the last line reads
/// // `ws.on_upgrade(move |socket| async move { let _open = open; chat(socket).await })`.
/// async fn chat(open: StreamGuard, request: Request) {
///     tokio::spawn(async move {
///         let _open = open;
///         // … await the upgrade of `request`, and talk.
///         drop(request);
///     });
/// }
///
/// let app = Router::<()>::new().route("/chat", any(chat)).layer(HttpLayer::new());
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "dropping this ends the measurement"]
pub struct StreamGuard(Option<Arc<Upgrade>>);

#[derive(Debug)]
struct Upgrade {
    kind: Kind,
    open: OnceLock<Clocked>,
}

impl StreamGuard {
    pub(super) fn new(kind: Kind) -> Self {
        Self(Some(Arc::new(Upgrade { kind, open: OnceLock::new() })))
    }

    /// Begins the stream, if anybody else holds it.
    pub(super) fn open(self, route: Route) {
        if let Some(upgrade) = self.0.filter(|upgrade| Arc::strong_count(upgrade) > 1) {
            // One response answers a request, so it is opened once.
            let _ = upgrade.open.set(Clocked::start(route, upgrade.kind));
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
