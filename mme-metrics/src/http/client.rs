//! The client layer, and the observer of one request to a server.

use ::http::{Request, Response, header, uri};
use http_body::Body;
use tower_layer::Layer;

use super::label::{HttpMethod, HttpStatus, Scheme};
use super::series::{Outcome, ServerSeries};
use super::watch::is_event_stream;
use crate::clock::Moment;
use crate::exchange::{End, ExchangeService, Observe, Watch};
use crate::metric::InFlight;
use crate::trace::{RequestTrace, TraceContext};

/// Measures every request that a client sends, from the call to the last byte of the response.
///
/// Put it around any tower service over `http` types: hyper-util's client, a stack of tower-http layers, or `reqwest` with the
/// feature of that name. With a retry layer outside of it, each attempt counts; with one inside, all attempts count as one
/// request.
///
/// A process has 100 servers, by host and port, with label values of their own; later ones share `_overflow`.
///
/// ```
/// use mme_metrics::http::HttpClientLayer;
/// use tower_layer::Layer;
///
/// # fn connect() -> impl Sized {}
/// let client = HttpClientLayer::new().layer(connect());
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct HttpClientLayer {
    watch: HttpClientWatch,
}

impl HttpClientLayer {
    /// Measures duration and requests in flight.
    pub const fn new() -> Self {
        Self { watch: HttpClientWatch {} }
    }
}

impl<S> Layer<S> for HttpClientLayer {
    type Service = HttpClientService<S>;

    fn layer(&self, inner: S) -> HttpClientService<S> {
        ExchangeService::new(inner, self.watch)
    }
}

/// A client measured by an [`HttpClientLayer`].
pub type HttpClientService<S> = ExchangeService<S, HttpClientWatch>;

/// The settings of an [`HttpClientLayer`].
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct HttpClientWatch {}

impl<B> Watch<B> for HttpClientWatch {
    type Observer = HttpClientExchange;
    type Body = B;

    fn begin(&self, request: &mut Request<B>) -> Option<HttpClientExchange> {
        let secure = request.uri().scheme() == Some(&uri::Scheme::HTTPS);
        let scheme = if secure { Scheme::Https } else { Scheme::Http };
        let server = ServerSeries::of(authority(request), scheme);
        Some(HttpClientExchange {
            trace: RequestTrace::of(request.headers()),
            started: Moment::now(),
            server,
            method: HttpMethod::of(request.method()),
            scheme,
            status: HttpStatus::NONE,
            active: Some(server.active.track()),
        })
    }

    #[inline]
    fn request(_: Option<&HttpClientExchange>, request: Request<B>) -> Request<B> {
        request
    }
}

/// Returns `host` or `host:port` of the server, without user information.
fn authority<B>(request: &Request<B>) -> &str {
    let authority = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        // A client of a single connection names the server only in this header.
        None => request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default(),
    };
    authority.rsplit_once('@').map_or(authority, |(_, server)| server)
}

/// One request to a server.
#[derive(Debug)]
pub struct HttpClientExchange {
    started: Moment,
    trace: RequestTrace,
    server: &'static ServerSeries,
    method: HttpMethod,
    scheme: Scheme,
    status: HttpStatus,
    /// `None` once the request is recorded; an event stream is recorded at its head.
    active: Option<InFlight>,
}

impl Observe for HttpClientExchange {
    #[inline]
    fn trace(&self) -> Option<TraceContext> {
        self.trace.context()
    }

    fn head<B: Body>(&mut self, response: &Response<B>) {
        self.trace.learn(response.extensions());
        self.status = HttpStatus::new(response.status().as_u16());
        if is_event_stream(response) {
            self.record(End::Complete);
        }
    }

    fn end(mut self, end: End) {
        self.record(end);
    }
}

impl HttpClientExchange {
    fn record(&mut self, end: End) {
        let Some(active) = self.active.take() else { return };
        let _scope = self.trace.enter();
        let outcome = Outcome { method: self.method, scheme: self.scheme, status: self.status, end };
        self.server.duration(outcome).record(self.started.seconds());
        drop(active);
    }
}
