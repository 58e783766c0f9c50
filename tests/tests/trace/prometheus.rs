//! A real Prometheus scrapes a service, and its API returns the traces of the requests that were sent.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::routing::get;
use mme_metrics::Recorder;
use mme_metrics::endpoint::Endpoint;
use mme_metrics::http::HttpLayer;
use mme_metrics_tests::http::request;
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::prometheus::{Prometheus, patiently};
use mme_metrics_tests::traced::{Tracing, trace_id, traceparent};
use serde_json::Value;
use tower::ServiceBuilder;
use tracing::{Instrument as _, info_span};

/// Serves three routes and `/metrics` on a free port, until the process ends.
fn serve(with_spans: bool) -> SocketAddr {
    let recorder = Recorder::builder().install().expect("no other test runs here");
    let (sender, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let span = move |request: axum::extract::Request, next: axum::middleware::Next| {
                let span = if with_spans { info_span!("request") } else { tracing::Span::none() };
                next.run(request).instrument(span)
            };
            let app = Router::new()
                .route("/one", get(async || ()))
                .route("/two", get(async || ()))
                .route("/three", get(async || ()))
                .merge(Endpoint::new(recorder).into_router());
            let outside = ServiceBuilder::new().layer(axum::middleware::from_fn(span)).layer(HttpLayer::new());
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
            sender.send(listener.local_addr().expect("it is bound")).expect("the test waits for it");
            axum::serve(listener, app.layer(outside)).await.expect("it serves until the process ends");
        });
    });
    address.recv().expect("it serves")
}

/// Sends a request with this trace to the service.
fn ask(address: SocketAddr, path: &str, number: u64) {
    let header = format!("traceparent: {}", traceparent(number));
    let answer = request(address, "GET", path, &[&header]).expect("an answer");
    assert_eq!(answer.status, 200);
}

fn scrape(address: SocketAddr) -> Prometheus {
    let target = address.to_string();
    let server = Prometheus::setup().feature("exemplar-storage").scrape("service", &target, "/metrics").start();
    server.wait_until_up("service");
    server
}

/// Waits until the API has exemplars of `count` traces, and returns their ids.
fn trace_ids(server: &Prometheus, query: &str, count: usize) -> BTreeSet<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs();
    let (start, end) = ((now - 600).to_string(), (now + 600).to_string());
    let look = || {
        let data = server.get("/api/v1/query_exemplars", &[("query", query), ("start", &start), ("end", &end)]);
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let exemplars = list(&data).into_iter().flat_map(|series| list(&series["exemplars"]));
        let id = |exemplar: Value| exemplar["labels"]["trace_id"].as_str().expect("an exemplar has the id").to_owned();
        let found: BTreeSet<_> = exemplars.map(id).collect();
        if found.len() >= count { Ok(found) } else { Err(data) }
    };
    patiently(look).unwrap_or_else(|data| panic!("{query}: {data:#}\n{}", server.said()))
}

const QUERY: &str = "histogram_quantile(0.99, sum by (le) (rate(http_server_request_duration_seconds_bucket[1m])))";

#[test]
fn a_panels_query_leads_to_the_traces_of_the_requests() {
    run_alone(|| {
        let address = serve(false);
        // Each has series of its own, so that no second has to pass between them.
        for (path, number) in [("/one", 1), ("/two", 2), ("/three", 3)] {
            ask(address, path, number);
        }
        let server = scrape(address);
        assert_eq!(trace_ids(&server, QUERY, 3), [1, 2, 3].map(trace_id).into());
        // Scrapes have no trace, and no other series has an exemplar of another one.
        assert_eq!(trace_ids(&server, "{job='service'}", 3), [1, 2, 3].map(trace_id).into());
        server.wait_for("mme_exemplars_total >= 3", |samples| samples.len() == 1);
    });
}

#[test]
fn the_ids_of_spans_arrive_too() {
    run_alone(|| {
        Tracing::sampled().install();
        let address = serve(true);
        ask(address, "/one", 1);
        let found = trace_ids(&scrape(address), QUERY, 1);
        // The span is a root of its own: nothing in this service continues the caller's trace.
        assert!(found.len() == 1 && !found.contains(&trace_id(1)), "{found:?}");
    });
}
