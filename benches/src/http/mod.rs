//! Layers around one route of an axum router, driven in process as a server drives it.
//!
//! A request has three headers and a path with a parameter. The router is cloned for each, as `hyper-util` does, and the body is
//! read to its end. Every layer is added by `Router::layer`, which boxes service and future of every layer, also of one
//! that does nothing; a body of a type of its own is boxed once more.

mod atomics;
mod autometrics;
mod axum_metrics;
mod axum_otel_metrics;
mod axum_prometheus;
mod by_hand;
mod noop;
mod ours;
mod tower_otel;

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use ::http::{HeaderMap, HeaderValue, Request, Uri, header};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use bytes::Bytes;
use http_body::Body as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use tower::ServiceExt as _;

use crate::contest::Contestant;
use crate::load::{self, RECORD_BOUNDS};

/// The layer that passes everything on.
pub const NOOP: &str = "no-op layer";

/// The layer that passes everything on, in a future and a body of its own.
pub const WRAPPING: &str = "no-op layer that wraps the body";

/// This library's layer.
pub const OURS: &str = "mme-metrics";

/// The layer that does all of it on atomics.
pub const ATOMICS: &str = "complete, on bare atomics";

/// The peers that bars compare with.
pub const AXUM_PROMETHEUS: &str = "axum-prometheus";
/// See [`AXUM_PROMETHEUS`].
pub const AXUM_OTEL_METRICS: &str = "axum-otel-metrics";
/// See [`AXUM_PROMETHEUS`].
pub const BY_HAND: &str = "by hand, prometheus";

/// Where the bare routers stand among the contestants.
pub const BARE: [usize; 2] = [0, 1];

/// How many of the first contestants record nothing.
pub const SILENT: usize = 4;

/// Makes all contestants: the bare router twice, the layers that record nothing, ours, the one on atomics, and the peers.
pub fn contestants() -> Vec<Contestant> {
    vec![
        contestant("bare router", app(), || 0),
        contestant("bare router again", app(), || 0),
        noop::contestant(),
        noop::wrapping(),
        ours::contestant(),
        atomics::contestant(),
        axum_prometheus::contestant(),
        axum_metrics::contestant(),
        axum_otel_metrics::contestant(),
        tower_otel::contestant(),
        autometrics::contestant(),
        by_hand::prometheus(),
        by_hand::prometheus_client(),
        by_hand::metrics(),
    ]
}

/// Makes those of them that bars compare ours with, apart from the slow ones.
pub fn few() -> Vec<Contestant> {
    let bare = ["bare router", "bare router again"].map(|name| contestant(name, app(), || 0));
    bare.into_iter()
        .chain([noop::contestant(), noop::wrapping(), ours::contestant(), atomics::contestant(), by_hand::prometheus()])
        .collect()
}

/// Whether requests carry the address of the client, as axum's `into_make_service_with_connect_info` leaves it.
static CONNECTED: AtomicBool = AtomicBool::new(false);

/// Says whether requests carry the address of the client from now on.
pub fn connect(with_address: bool) {
    // Relaxed: set between rounds, by the thread that starts them.
    CONNECTED.store(with_address, Ordering::Relaxed);
}

const ROUTE: &str = "/users/{id}";

async fn user() -> &'static str {
    "somebody who uses the service"
}

fn app() -> Router {
    Router::new().route(ROUTE, get(user))
}

/// A contestant that sends requests to `router`; `done` returns how many its exposition counts.
fn contestant(name: &str, router: Router, done: impl Fn() -> u64 + Send + Sync + 'static) -> Contestant {
    // Once, as servers do; without it a router makes its routes anew for every request.
    let router = router.with_state(());
    Contestant::new(name, move |count| (0..count).for_each(|_| exchange(&router)), done)
}

/// A contestant whose metrics go through the facade to a `metrics-exporter-prometheus` of its own, which buffers samples.
fn through_facade(name: &str, router: Router, metric: &'static str) -> Contestant {
    let recorder = exporter();
    let (handle, upkeep) = (recorder.handle(), recorder.handle());
    let bare = contestant(name, router, move || load::total(&handle.render(), metric));
    let run = bare.run;
    Contestant {
        run: Box::new(move |count| metrics::with_local_recorder(&recorder, || run(count))),
        settle: Box::new(move || upkeep.run_upkeep()),
        ..bare
    }
}

fn exporter() -> PrometheusRecorder {
    PrometheusBuilder::new().set_buckets(&RECORD_BOUNDS).expect("the list is not empty").build_recorder()
}

/// What a client sends.
static HEAD: LazyLock<(Uri, HeaderMap)> = LazyLock::new(|| {
    let headers = [(header::HOST, "users.example"), (header::USER_AGENT, "bench/1.0"), (header::ACCEPT, "*/*")];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (Uri::from_static("/users/42"), headers.into_iter().collect())
});

/// One request, to the last byte of its response.
fn exchange(router: &Router) {
    let mut request = Request::new(Body::empty());
    (*request.uri_mut(), *request.headers_mut()) = HEAD.clone();
    if CONNECTED.load(Ordering::Relaxed) {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000))));
    }
    let context = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(router.clone().oneshot(request)).poll(context) else {
        unreachable!("the handler awaits nothing")
    };
    let mut body = pin!(response.into_body());
    // As a server: it looks whether something follows before it asks for it.
    while !body.is_end_stream() {
        match body.as_mut().poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => _ = black_box(frame.data_ref().map(Bytes::len)),
            Poll::Ready(None) => break,
            Poll::Ready(Some(Err(_))) | Poll::Pending => unreachable!("the body is whole and in memory"),
        }
    }
}
