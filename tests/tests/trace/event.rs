//! Spike traces, slow database operations and audit events carry the ids of their trace.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use http_body_util::BodyExt as _;
use mme_metrics::Recorder;
use mme_metrics::database::{DatabaseClient, DatabaseSystem};
use mme_metrics::endpoint::SpikeEndpoint;
use mme_metrics::event::notify;
use mme_metrics::http::HttpLayer;
use mme_metrics::operation::{Guard, Outcome, measure};
use mme_metrics::security::{AuditEvent, EventOutcome, EventType};
use mme_metrics::spike::Sampler;
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::traced::{Tracing, trace_id, traceparent, under};
use mme_metrics_tests::trail::Trail;
use tower::ServiceExt as _;
use tracing::info_span;

fn request(path: &str, traceparent: &str) -> Request<Body> {
    Request::get(path).header("traceparent", traceparent).body(Body::empty()).expect("a request")
}

#[test]
fn a_spike_trace_and_the_page_of_them_have_the_ids_sampled_or_not() {
    let recorder = Recorder::builder().build().expect("a builder");
    let spikes = Sampler::new().window(Duration::from_hours(1)).start().expect("a thread");
    let page = SpikeEndpoint::new(spikes.clone()).bearer("secret").into_router();
    under(&recorder, async {
        let app = Router::new().route("/slow", get(async || "hello")).layer(HttpLayer::new().listener(spikes.clone()));
        let unsampled = traceparent(7).replace("-01", "-00");
        app.oneshot(request("/slow", &unsampled))
            .await
            .expect("a router does not fail")
            .into_body()
            .collect()
            .await
            .expect("a body");
        let scrape = Request::get("/spikes").header("authorization", "Bearer secret").body(Body::empty());
        let answer = page.oneshot(scrape.expect("a request")).await.expect("a router does not fail");
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        let shown: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(shown["slowest"][0]["trace_id"], trace_id(7));
        assert_eq!(shown["slowest"][0]["span_id"], format!("{:016x}", 7));
    });
    let kept = spikes.view().slowest;
    assert_eq!(kept[0].trace_id, Some(trace_id(7)));
}

#[test]
fn a_function_that_notifies_has_the_ids_of_its_span() {
    run_alone(|| {
        let spikes = Sampler::new().window(Duration::from_hours(1)).start().expect("a thread");
        let import = || notify("import", spikes.clone());
        measure(import(), mme_metrics::operation::AlwaysOk, || ());
        Tracing::sampled().run(|| {
            info_span!("job").in_scope(|| measure(import(), mme_metrics::operation::AlwaysOk, || ()));
        });
        let ids: Vec<_> = spikes.view().slowest.iter().map(|trace| trace.span_id.is_some()).collect();
        assert_eq!(ids.iter().filter(|has_id| **has_id).count(), 1, "{ids:?}");
    });
}

#[test]
fn slow_statements_and_audit_events_have_the_ids_of_their_request() {
    static SLOW: DatabaseClient = DatabaseClient::new(DatabaseSystem::Redis).slow_after(Duration::ZERO);
    run_alone(|| {
        let trail = Trail::default();
        let recorder = Recorder::builder().build().expect("a builder");
        let emit = || {
            Guard::start(SLOW.operation("GET")).end(Outcome::Ok);
            AuditEvent::new(EventType::new("document_signed"), EventOutcome::Success).record();
        };
        let app = Router::new().route("/sign", get(async move || emit())).layer(HttpLayer::new());
        trail.follow(|| {
            let header = traceparent(7);
            under(&recorder, app.oneshot(request("/sign", &header))).expect("a router does not fail");
        });
        let ids = format!(" trace_id={} span_id={:016x}", trace_id(7), 7);
        let told = trail.told();
        assert_eq!(told.len(), 2, "{told:#?}");
        assert!(told[0].starts_with("mme_metrics::database WARN") && told[0].contains(&ids), "{told:#?}");
        assert!(told[1].starts_with("mme::audit INFO") && told[1].ends_with(&ids), "{told:#?}");
    });
}

#[test]
fn events_without_a_trace_have_no_ids() {
    run_alone(|| {
        let trail = Trail::default();
        trail.follow(|| AuditEvent::new(EventType::new("document_signed"), EventOutcome::Success).record());
        assert!(!trail.told()[0].contains("trace_id"), "{:?}", trail.told());
    });
}
