//! The layer that a service writes itself, on three libraries: the duration by method, route and status and the requests in
//! flight by method, as ours, but only to the head of the response and not if the future is dropped.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use ::http::{Method, Request, Response, StatusCode};
use axum::extract::MatchedPath;
use metrics::{Gauge as FacadeGauge, Histogram as FacadeHistogram, Key, Label, Recorder as _};
use pin_project_lite::pin_project;
use prometheus::{HistogramOpts, HistogramVec, IntGaugeVec, Opts, Registry, TextEncoder};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry as ClientRegistry;
use tower::Service;
use tower::layer::layer_fn;

use super::{BY_HAND, ROUTE, app, exporter};
use crate::contest::Contestant;
use crate::load::{self, RECORD_BOUNDS};
use crate::peer::METADATA;

/// What such a layer does with a request and its response. It stands in a static, so that no request counts references to it.
trait Record: Send + Sync + 'static {
    fn started(&self, method: &'static str);
    fn ended(&self, method: &'static str, route: Option<&MatchedPath>, status: StatusCode, seconds: f64);
}

pub(super) fn prometheus() -> Contestant {
    let registry = Registry::new();
    let options = HistogramOpts::new("request_seconds", "Requests.").buckets(RECORD_BOUNDS.to_vec());
    let durations = HistogramVec::new(options, &["method", "route", "status"]).expect("the names are valid");
    let active = IntGaugeVec::new(Opts::new("active_requests", "Requests."), &["method"]).expect("the names are valid");
    registry.register(Box::new(durations.clone())).expect("the name comes once");
    registry.register(Box::new(active.clone())).expect("the name comes once");
    let record = Vectors { durations, active };
    contestant(BY_HAND, record, move || {
        let text = TextEncoder::new().encode_to_string(&registry.gather()).expect("the exposition is text");
        load::total(&text, "request_seconds")
    })
}

pub(super) fn prometheus_client() -> Contestant {
    let mut registry = ClientRegistry::default();
    let record = Families {
        durations: Family::new_with_constructor(|| Histogram::new(RECORD_BOUNDS)),
        active: Family::default(),
    };
    registry.register("request_seconds", "Requests", record.durations.clone());
    registry.register("active_requests", "Requests", record.active.clone());
    contestant("by hand, prometheus-client", record, move || {
        let mut exposition = String::new();
        text::encode(&mut exposition, &registry).expect("writing to a string does not fail");
        load::total(&exposition, "request_seconds")
    })
}

pub(super) fn metrics() -> Contestant {
    let recorder = exporter();
    let (handle, upkeep) = (recorder.handle(), recorder.handle());
    let label = |key: &'static str, value: &'static str| Label::new(key, value);
    let duration = |class: &'static str| {
        let labels = vec![label("method", "GET"), label("route", ROUTE), label("status", class)];
        recorder.register_histogram(&Key::from_parts("request_seconds", labels), &METADATA)
    };
    let active = Key::from_parts("active_requests", vec![label("method", "GET")]);
    let record = Handles {
        durations: ["1xx", "2xx", "3xx", "4xx", "5xx"].map(duration),
        active: recorder.register_gauge(&active, &METADATA),
    };
    let name = "by hand, kept `metrics` handles";
    let contestant = contestant(name, record, move || load::total(&handle.render(), "request_seconds"));
    Contestant { settle: Box::new(move || upkeep.run_upkeep()), ..contestant }
}

fn contestant(name: &str, record: impl Record, done: impl Fn() -> u64 + Send + Sync + 'static) -> Contestant {
    let record = &*Box::leak(Box::new(record));
    super::contestant(name, app().layer(layer_fn(move |inner| MeasuredService { inner, record })), done)
}

struct Vectors {
    durations: HistogramVec,
    active: IntGaugeVec,
}

impl Record for Vectors {
    fn started(&self, method: &'static str) {
        self.active.with_label_values(&[method]).inc();
    }

    fn ended(&self, method: &'static str, route: Option<&MatchedPath>, status: StatusCode, seconds: f64) {
        let route = route.map_or("", MatchedPath::as_str);
        self.durations.with_label_values(&[method, route, status.as_str()]).observe(seconds);
        self.active.with_label_values(&[method]).dec();
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ActiveLabels {
    method: &'static str,
}

struct Families {
    durations: Family<RequestLabels, Histogram, fn() -> Histogram>,
    active: Family<ActiveLabels, Gauge>,
}

impl Record for Families {
    fn started(&self, method: &'static str) {
        self.active.get_or_create(&ActiveLabels { method }).inc();
    }

    fn ended(&self, method: &'static str, route: Option<&MatchedPath>, status: StatusCode, seconds: f64) {
        let route = route.map_or("", MatchedPath::as_str).to_owned();
        let labels = RequestLabels { method, route, status: status.as_u16() };
        self.durations.get_or_create(&labels).observe(seconds);
        self.active.get_or_create(&ActiveLabels { method }).dec();
    }
}

/// The handles of one method on one route, which the layer is made for: the fastest that the facade has.
struct Handles {
    durations: [FacadeHistogram; 5],
    active: FacadeGauge,
}

impl Record for Handles {
    fn started(&self, _: &'static str) {
        self.active.increment(1.0);
    }

    fn ended(&self, _: &'static str, _: Option<&MatchedPath>, status: StatusCode, seconds: f64) {
        self.durations[usize::from(status.as_u16() / 100 - 1).min(4)].record(seconds);
        self.active.decrement(1.0);
    }
}

fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}

struct MeasuredService<S, R: 'static> {
    inner: S,
    record: &'static R,
}

impl<S: Clone, R> Clone for MeasuredService<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), record: self.record }
    }
}

impl<S, R, B, P> Service<Request<B>> for MeasuredService<S, R>
where
    S: Service<Request<B>, Response = Response<P>>,
    R: Record,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = MeasuredFuture<S::Future, R>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (started, method) = (Instant::now(), name(request.method()));
        let route = request.extensions().get::<MatchedPath>().cloned();
        self.record.started(method);
        MeasuredFuture { inner: self.inner.call(request), record: self.record, started, method, route }
    }
}

pin_project! {
    struct MeasuredFuture<F, R: 'static> {
        #[pin]
        inner: F,
        record: &'static R,
        started: Instant,
        method: &'static str,
        route: Option<MatchedPath>,
    }
}

impl<F, R, P, E> Future for MeasuredFuture<F, R>
where
    F: Future<Output = Result<Response<P>, E>>,
    R: Record,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answered = ready!(this.inner.poll(context));
        let status = answered.as_ref().map_or(StatusCode::INTERNAL_SERVER_ERROR, Response::status);
        this.record.ended(this.method, this.route.as_ref(), status, this.started.elapsed().as_secs_f64());
        Poll::Ready(answered)
    }
}
