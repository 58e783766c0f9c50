//! The server's side of an exchange: planned at the head of the request, recorded at its end.

use std::sync::Arc;

use ::http::{Request, Response, StatusCode, header};
use bytes::Buf;
use http_body::Body;

use super::label::{HttpMethod, HttpStatus, HttpStreamKind, Route, Scheme};
use super::metrics::HTTP;
use super::plan::{LateRoute, MeasurementMark, Plan, RequestPlan};
use super::request_body::{HttpRequestSize, request_size};
use super::rules::{ExtraValues, ResponseHead, Rules};
use super::series::{Aspect, Outcome, RouteSeries};
use super::stream::{OpenStream, StreamGuard};
use crate::clock::Moment;
use crate::event::{Event, Notes, Source};
use crate::exchange::{End, Observe, Watch};
use crate::metric::InFlight;
use crate::trace::{RequestTrace, TraceContext};

/// The settings of an [`HttpLayer`](super::HttpLayer).
#[derive(Clone, Debug, Default)]
pub struct HttpWatch {
    pub(super) scheme: Option<Scheme>,
    pub(super) body_sizes: bool,
    pub(super) first_byte: bool,
    pub(super) rules: Option<Arc<Rules>>,
}

impl<B: 'static> Watch<B> for HttpWatch {
    type Observer = HttpExchange;
    type Body = B;

    fn begin(&self, request: &mut Request<B>) -> Option<HttpExchange> {
        let plan = match Plan::of(request, self.rules.as_deref(), self.scheme) {
            Plan::Measure(plan) => plan,
            Plan::Skip => {
                // A layer further out that measures this request and cannot see its route skips it too.
                LateRoute::set(request, None);
                return None;
            }
            Plan::Inform(route) => {
                if route.is_some() {
                    LateRoute::set(request, route);
                }
                return None;
            }
        };
        request.extensions_mut().insert(MeasurementMark);
        let (route, method, scheme) = (plan.route, plan.method, plan.scheme);
        Some(HttpExchange {
            trace: RequestTrace::of(request.headers()),
            state: self.state(request, plan),
            listeners: self.rules.as_ref().filter(|rules| !rules.listeners.is_empty()).cloned(),
            started: Moment::now(),
            route: route.unwrap_or_else(RouteSeries::unmatched),
            active: Some(HTTP.server_active.track((method, scheme))),
            sent: 0,
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

impl HttpWatch {
    /// Makes what only some requests need, so that the others do not pay for it.
    #[inline]
    fn state<B: 'static>(&self, request: &mut Request<B>, plan: RequestPlan) -> Option<Box<RequestState>> {
        let is_needed = plan.route.is_none()
            || plan.upgrade.is_some()
            || plan.labels.is_some()
            || !plan.notes.is_empty()
            || self.body_sizes;
        if is_needed { self.make_state(request, plan) } else { None }
    }

    fn make_state<B: 'static>(&self, request: &mut Request<B>, plan: RequestPlan) -> Option<Box<RequestState>> {
        let has_route_fn = self.rules.as_ref().is_some_and(|rules| rules.route.is_some());
        let state = RequestState {
            late: (plan.route.is_none() && !has_route_fn).then(LateRoute::default),
            labels: self.rules.clone().zip(plan.labels),
            upgrade: plan.upgrade.map(StreamGuard::new),
            received: self.body_sizes.then(|| request_size(request)).flatten(),
            notes: plan.notes,
            stream: None,
        };
        if let Some(late) = &state.late {
            request.extensions_mut().insert(late.clone());
        }
        if let Some(upgrade) = &state.upgrade {
            request.extensions_mut().insert(upgrade.clone());
        }
        let is_needed = state.late.is_some()
            || state.labels.is_some()
            || state.upgrade.is_some()
            || state.received.is_some()
            || !state.notes.is_empty();
        is_needed.then(|| Box::new(state))
    }
}

/// One request to the server. It moves with the future and the body, so it is small: what few requests need is in a box.
#[derive(Debug)]
pub struct HttpExchange {
    started: Moment,
    trace: RequestTrace,
    route: &'static RouteSeries,
    /// `None` once the request is over.
    active: Option<InFlight>,
    sent: u64,
    /// The rules with the listeners, if there are any.
    listeners: Option<Arc<Rules>>,
    state: Option<Box<RequestState>>,
    method: HttpMethod,
    scheme: Scheme,
    status: HttpStatus,
    body_sizes: bool,
    first_byte: bool,
    /// Whether an inner layer skips the request.
    is_skipped: bool,
}

/// What only some requests need.
#[derive(Debug, Default)]
struct RequestState {
    late: Option<LateRoute>,
    labels: Option<(Arc<Rules>, ExtraValues)>,
    upgrade: Option<StreamGuard>,
    received: Option<HttpRequestSize>,
    /// The attributes for listeners.
    notes: Notes,
    /// The stream that the response has become. The request is recorded by then.
    stream: Option<OpenStream>,
}

impl Observe for HttpExchange {
    #[inline]
    fn trace(&self) -> Option<TraceContext> {
        self.trace.context()
    }

    fn head<B: Body>(&mut self, response: &Response<B>) {
        self.trace.learn(response.extensions());
        let _scope = self.trace.enter();
        self.status = HttpStatus::new(response.status().as_u16());
        self.learn_route();
        if self.is_skipped {
            // Not at the end: the response may be a stream that lives long.
            self.active = None;
            return;
        }
        if let Some((rules, extra)) = self.state.as_deref_mut().and_then(|state| state.labels.as_mut()) {
            rules.response_labels(ResponseHead::of(response), extra);
        }
        if self.listeners.is_some()
            && let Some(later) = response.extensions().get::<Notes>()
        {
            self.state.get_or_insert_default().notes.extend(later);
        }
        if self.first_byte {
            let handle = self.route.aspect(Aspect::ResponseStart, self.method, self.status);
            handle.record(self.started.seconds());
        }
        if is_event_stream(response) && self.method != HttpMethod::Head {
            self.record(End::Complete);
            self.state.get_or_insert_default().stream = Some(OpenStream::start(self.route.route, HttpStreamKind::Sse));
        } else if self.is_upgrade(response.status())
            && let Some(upgrade) = self.state.as_mut().and_then(|state| state.upgrade.take())
        {
            upgrade.open(self.route.route);
        }
    }

    fn data<D: Buf>(&mut self, data: &D) {
        self.sent += data.remaining() as u64;
    }

    fn end(mut self, end: End) {
        let _scope = self.trace.enter();
        if self.state.as_mut().and_then(|state| state.stream.take()).is_none() {
            self.learn_route();
            self.record(end);
        }
        if self.body_sizes && !self.is_skipped {
            let record = |aspect, bytes: u64| self.route.aspect(aspect, self.method, self.status).record(bytes as f64);
            record(Aspect::ResponseSize, self.sent);
            if let Some(received) = self.state.as_ref().and_then(|state| state.received.as_ref()) {
                record(Aspect::RequestSize, received.bytes());
            }
        }
    }
}

impl HttpExchange {
    /// Takes the route from an inner layer that found it after this one began.
    fn learn_route(&mut self) {
        match self.state.as_ref().and_then(|state| state.late.as_ref()?.0.get()) {
            Some(Some(route)) => self.route = route,
            Some(None) => self.is_skipped = true,
            None => {}
        }
    }

    fn is_upgrade(&self, status: StatusCode) -> bool {
        status == StatusCode::SWITCHING_PROTOCOLS || (self.method == HttpMethod::Connect && status.is_success())
    }

    /// Records the end of the request.
    fn record(&mut self, end: End) {
        // Dropped last, so that a request is in flight until it is counted.
        let _active = self.active.take();
        if self.is_skipped {
            return;
        }
        let seconds = self.started.seconds();
        let outcome = Outcome { method: self.method, scheme: self.scheme, status: self.status, end };
        match self.state.as_mut().and_then(|state| state.labels.take()) {
            None => self.route.duration(outcome).record(seconds),
            Some((rules, extra)) => rules.record(self.route, outcome, extra, seconds),
        }
        if let Some(rules) = self.listeners.take() {
            let notes = self.state.as_ref().map_or(Notes::NONE, |state| &state.notes);
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

/// Returns whether the response is an event stream: a 200 of that media type without a length.
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
    /// Makes the duration series of a route with extra labels.
    pub(super) fn duration_with(
        self,
        route: Route,
        extra: impl Iterator<Item = metrics::Label>,
    ) -> crate::metric::HistogramHandle {
        HTTP.server_duration.with_extra((self.method, route, self.status, self.scheme, self.error_type()), extra)
    }
}
