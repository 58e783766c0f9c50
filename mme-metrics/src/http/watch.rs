//! The server's side of an exchange: what is noted at its head and recorded at its end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use ::http::{Method, Request, Response, StatusCode, Version, header};
use bytes::Buf;
use http_body::Body;

use super::label::{HttpMethod, HttpStatus, HttpStreamKind, Route, Scheme};
use super::metrics::HTTP;
use super::request_body::{HttpRequestSize, request_size};
use super::rules::{ExtraValues, RequestHead, ResponseHead, Rules};
use super::series::{Aspect, Outcome, RouteSeries};
use super::stream::{OpenStream, StreamGuard};
use crate::clock::Moment;
use crate::event::{Event, Notes, Source};
use crate::exchange::{End, Observe, Watch};
use crate::metric::InFlight;

/// What an [`HttpLayer`](super::HttpLayer) was built to do.
#[derive(Clone, Debug, Default)]
pub struct HttpWatch {
    pub(super) scheme: Option<Scheme>,
    pub(super) body_sizes: bool,
    pub(super) first_byte: bool,
    pub(super) rules: Option<Arc<Rules>>,
}

/// Where an inner layer tells the route to one that stands outside the router; nothing where it skips the request.
#[derive(Clone, Debug, Default)]
struct LateRoute(Arc<OnceLock<Option<&'static RouteSeries>>>);

/// Tells inner layers that this request is measured and needs nothing from them.
#[derive(Clone, Copy, Debug)]
struct Measured;

impl<B: 'static> Watch<B> for HttpWatch {
    type Observer = HttpExchange;
    type Body = B;

    fn begin(&self, request: &mut Request<B>) -> Option<HttpExchange> {
        let rules = self.rules.as_deref();
        let matched = matched(request, rules);
        if rules.is_some_and(|rules| rules.skips(request.uri(), matched)) {
            // A layer further out that measures this request and could not see its route leaves it out too.
            LateRoute::tell(request, None);
            return None;
        }
        let route = matched.map(RouteSeries::of);
        if request.extensions_mut().insert(Measured).is_some() {
            // A layer further out measures this request.
            if route.is_some() {
                LateRoute::tell(request, route);
            }
            return None;
        }
        let rare = self.rare(request, route.is_some());
        let heard = self.rules.as_ref().filter(|rules| !rules.listeners.is_empty()).cloned();
        let method = HttpMethod::of(request.method());
        let scheme = self.scheme.unwrap_or_else(|| scheme(request));
        Some(HttpExchange {
            started: Moment::now(),
            route: route.unwrap_or_else(RouteSeries::unmatched),
            active: Some(HTTP.server_active.track((method, scheme))),
            sent: 0,
            heard,
            rare,
            method,
            scheme,
            status: HttpStatus::NONE,
            body_sizes: self.body_sizes,
            first_byte: self.first_byte,
            is_skipped: false,
        })
    }

    #[inline]
    fn request(_: Option<&HttpExchange>, request: Request<B>) -> Request<B> {
        request
    }
}

impl LateRoute {
    /// Tells the route to a layer that waits for it. Of two layers inside one, the first to know tells it.
    fn tell<B>(request: &Request<B>, route: Option<&'static RouteSeries>) {
        if let Some(late) = request.extensions().get::<Self>() {
            let _ = late.0.set(route);
        }
    }
}

impl HttpWatch {
    /// Collects what only some requests need, so that the others pay nothing for it.
    #[inline]
    fn rare<B: 'static>(&self, request: &mut Request<B>, routed: bool) -> Option<Box<RequestState>> {
        let upgrade = upgrade_kind(request);
        let told = self.rules.as_ref().is_some_and(|rules| rules.reads_requests());
        let needed = !routed || upgrade.is_some() || self.body_sizes || told;
        if needed { self.collect(request, routed, upgrade) } else { None }
    }

    fn collect<B: 'static>(
        &self,
        request: &mut Request<B>,
        routed: bool,
        upgrade: Option<HttpStreamKind>,
    ) -> Option<Box<RequestState>> {
        let labelled = self.rules.as_ref().filter(|rules| rules.has_labels());
        let has_route_fn = self.rules.as_ref().is_some_and(|rules| rules.route.is_some());
        let rare = RequestState {
            late: (!routed && !has_route_fn).then(LateRoute::default),
            labels: labelled.map(|rules| (Arc::clone(rules), rules.request_labels(RequestHead::of(request)))),
            upgrade: upgrade.map(StreamGuard::new),
            received: self.body_sizes.then(|| request_size(request)).flatten(),
            notes: self.rules.as_ref().map_or(Notes::new(), |rules| rules.request_notes(RequestHead::of(request))),
            stream: None,
        };
        if let Some(late) = &rare.late {
            request.extensions_mut().insert(late.clone());
        }
        if let Some(upgrade) = &rare.upgrade {
            request.extensions_mut().insert(upgrade.clone());
        }
        let has_one = rare.late.is_some() || rare.labels.is_some() || rare.upgrade.is_some() || rare.received.is_some();
        (has_one || !rare.notes.is_empty()).then(|| Box::new(rare))
    }
}

/// Returns the template of the route, if it is known here.
fn matched<'a, B>(request: &'a Request<B>, rules: Option<&Rules>) -> Option<&'a str> {
    if let Some(route) = rules.and_then(|rules| rules.route.as_ref()) {
        // A panic in it loses the route and nothing else.
        return catch_unwind(AssertUnwindSafe(|| route(RequestHead::of(request)))).ok().flatten();
    }
    #[cfg(feature = "axum")]
    return request.extensions().get::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str);
    #[cfg(not(feature = "axum"))]
    None
}

fn scheme<B>(request: &Request<B>) -> Scheme {
    // HTTP/2 says it; HTTP/1.1 only to a proxy, which this is not: a target with a scheme in it is a stranger's invention.
    let said = request.version() >= Version::HTTP_2 && request.uri().scheme() == Some(&::http::uri::Scheme::HTTPS);
    if said { Scheme::Https } else { Scheme::Http }
}

/// Says what the connection would become if the service agreed.
fn upgrade_kind<B>(request: &Request<B>) -> Option<HttpStreamKind> {
    let headers = request.headers();
    if *request.method() == Method::CONNECT {
        // RFC 8441: a WebSocket over HTTP/2 is a CONNECT that says so.
        let websocket = headers.contains_key(header::SEC_WEBSOCKET_VERSION);
        return Some(if websocket { HttpStreamKind::Websocket } else { HttpStreamKind::Connect });
    }
    let protocol = headers.get(header::UPGRADE)?;
    let websocket = protocol.as_bytes().eq_ignore_ascii_case(b"websocket");
    Some(if websocket { HttpStreamKind::Websocket } else { HttpStreamKind::Connect })
}

/// One request to the server. It moves with future and body, so it is small, and what few requests need is elsewhere.
#[derive(Debug)]
pub struct HttpExchange {
    started: Moment,
    route: &'static RouteSeries,
    /// Nothing once the request is over.
    active: Option<InFlight>,
    sent: u64,
    /// Those who are told of the end.
    heard: Option<Arc<Rules>>,
    rare: Option<Box<RequestState>>,
    method: HttpMethod,
    scheme: Scheme,
    status: HttpStatus,
    body_sizes: bool,
    first_byte: bool,
    /// An inner layer was told to leave the request out.
    is_skipped: bool,
}

#[derive(Debug, Default)]
struct RequestState {
    late: Option<LateRoute>,
    labels: Option<(Arc<Rules>, ExtraValues)>,
    upgrade: Option<StreamGuard>,
    received: Option<HttpRequestSize>,
    /// What those who are told of the end are told beside it.
    notes: Notes,
    /// The stream that the response has become; the request is recorded then.
    stream: Option<OpenStream>,
}

impl Observe for HttpExchange {
    fn head<B: Body>(&mut self, response: &Response<B>) {
        self.status = HttpStatus::new(response.status().as_u16());
        self.learn_route();
        if self.is_skipped {
            // It may become a stream and live long.
            self.active = None;
            return;
        }
        if let Some((rules, extra)) = self.rare.as_deref_mut().and_then(|rare| rare.labels.as_mut()) {
            rules.response_labels(ResponseHead::of(response), extra);
        }
        if self.heard.is_some()
            && let Some(later) = response.extensions().get::<Notes>()
        {
            self.rare.get_or_insert_default().notes.extend(later);
        }
        if self.first_byte {
            let handle = self.route.aspect(Aspect::ResponseStart, self.method, self.status);
            handle.record(self.started.seconds());
        }
        if is_event_stream(response) && self.method != HttpMethod::Head {
            self.record(End::Complete);
            self.rare.get_or_insert_default().stream = Some(OpenStream::start(self.route.route, HttpStreamKind::Sse));
        } else if self.is_upgrade(response.status())
            && let Some(upgrade) = self.rare.as_mut().and_then(|rare| rare.upgrade.take())
        {
            upgrade.open(self.route.route);
        }
    }

    fn data<D: Buf>(&mut self, data: &D) {
        self.sent += data.remaining() as u64;
    }

    fn end(mut self, end: End) {
        if self.rare.as_mut().and_then(|rare| rare.stream.take()).is_none() {
            self.learn_route();
            self.record(end);
        }
        if self.body_sizes && !self.is_skipped {
            let record = |aspect, bytes: u64| self.route.aspect(aspect, self.method, self.status).record(bytes as f64);
            record(Aspect::ResponseSize, self.sent);
            if let Some(received) = self.rare.as_ref().and_then(|rare| rare.received.as_ref()) {
                record(Aspect::RequestSize, received.bytes());
            }
        }
    }
}

impl HttpExchange {
    /// Takes the route over that an inner layer found after this one began.
    fn learn_route(&mut self) {
        match self.rare.as_ref().and_then(|rare| rare.late.as_ref()?.0.get()) {
            Some(Some(route)) => self.route = route,
            Some(None) => self.is_skipped = true,
            None => {}
        }
    }

    fn is_upgrade(&self, status: StatusCode) -> bool {
        status == StatusCode::SWITCHING_PROTOCOLS || (self.method == HttpMethod::Connect && status.is_success())
    }

    /// The request is over: its duration, and one fewer in flight.
    fn record(&mut self, end: End) {
        // Lowered last, so that a request is in flight until it is counted.
        let _active = self.active.take();
        if self.is_skipped {
            return;
        }
        let seconds = self.started.seconds();
        let outcome = Outcome { method: self.method, scheme: self.scheme, status: self.status, end };
        match self.rare.as_mut().and_then(|rare| rare.labels.take()) {
            None => self.route.duration(outcome).record(seconds),
            Some((rules, extra)) => rules.record(self.route, outcome, extra, seconds),
        }
        if let Some(rules) = self.heard.take() {
            let notes = self.rare.as_ref().map_or(Notes::NONE, |rare| &rare.notes);
            rules.listeners.notify(&Event {
                source: Source::Http,
                name: self.route.route.as_str(),
                method: self.method.as_str(),
                status: Some(self.status.code()).filter(|code| *code != 0),
                outcome: outcome.read(),
                seconds,
                notes,
            });
        }
    }
}

/// Says whether the response is a stream of events: of that type, and with no length to it.
pub(super) fn is_event_stream<B: Body>(response: &Response<B>) -> bool {
    response.body().size_hint().exact().is_none()
        && response.status() == StatusCode::OK
        && response.headers().get(header::CONTENT_TYPE).is_some_and(|value| {
            // Parameters such as a charset may follow.
            let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
            essence.trim_ascii().eq_ignore_ascii_case(b"text/event-stream")
        })
}

impl Outcome {
    /// Makes the duration series of a route with labels beside the catalogue's.
    pub(super) fn duration_with(
        self,
        route: Route,
        extra: impl Iterator<Item = metrics::Label>,
    ) -> crate::metric::HistogramHandle {
        HTTP.server_duration.with_extra((self.method, route, self.status, self.scheme, self.error_type()), extra)
    }
}
