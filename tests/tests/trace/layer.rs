//! The layers give what they measure the trace of the request's header, however the request ends.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, StreamBody};
use mme_metrics::endpoint::Endpoint;
use mme_metrics::grpc::{CallType, GrpcRequestBody, GrpcServerLayer};
use mme_metrics::http::{HttpClientLayer, HttpLayer};
use mme_metrics::recorder::ExemplarFilter;
use mme_metrics::{Counter, Histogram, Recorder, Unit, buckets, family, instrument_metrics};
use mme_metrics_tests::future::poll_once;
use mme_metrics_tests::traced::{Exemplar, exemplars, trace_id, traceparent, under};
use tower::{Layer as _, ServiceExt as _, service_fn};

family! {
    /// What a handler of these tests records itself.
    static TRACED: TracedMetrics {
        /// Events.
        events: Counter<()> = Counter::new("traced_events_total", Unit::None);
        /// Waits.
        wait: Histogram<()> = Histogram::new("traced_wait_seconds", Unit::Seconds, buckets::REQUEST);
    }
}

fn recorder() -> Recorder {
    Recorder::builder().family(&TRACED).build().expect("a builder")
}

fn request(path: &str, number: u64) -> Request<Body> {
    Request::get(path).header("traceparent", traceparent(number)).body(Body::empty()).expect("a request")
}

/// Returns the names of the metrics with an exemplar, each once, all of them of the trace with this number.
#[track_caller]
fn metrics_of(exemplars: &[Exemplar], number: u64) -> Vec<String> {
    let mut names = Vec::new();
    for exemplar in exemplars {
        assert_eq!(exemplar.labels["trace_id"], trace_id(number), "{exemplar:?}");
        assert_eq!(exemplar.labels["span_id"], format!("{number:016x}"), "{exemplar:?}");
        assert_eq!(exemplar.labels.len(), 2, "{exemplar:?}");
        names.push(exemplar.series.split('{').next().unwrap_or_default().to_owned());
    }
    names.dedup();
    names
}

const DURATION: &str = "http_server_request_duration_seconds_bucket";

#[instrument_metrics]
async fn work() {
    tokio::task::yield_now().await;
    TRACED.events.increment(());
    TRACED.wait.record((), 0.25);
    metrics::counter!("traced_elsewhere").increment(2);
}

#[test]
fn a_request_and_the_code_that_it_runs_have_the_trace_of_its_header() {
    let recorder = recorder();
    under(&recorder, async {
        let app =
            Router::new().route("/work", get(work)).layer(HttpLayer::new().body_sizes(true).time_to_first_byte(true));
        let response = app.oneshot(request("/work", 7)).await.expect("a router does not fail");
        response.into_body().collect().await.expect("a body in memory");
        // After the request nothing has its trace.
        TRACED.wait.record((), 100.0);
    });
    let names = metrics_of(&exemplars(&recorder), 7);
    let expected = [
        "function_calls_duration_seconds_bucket",
        "function_calls_total",
        "http_server_request_body_size_bytes_bucket",
        DURATION,
        "http_server_response_body_size_bytes_bucket",
        "http_server_response_start_duration_seconds_bucket",
        "traced_elsewhere_total",
        "traced_events_total",
        "traced_wait_seconds_bucket",
    ];
    assert_eq!(names, expected);
    let text = recorder.render(mme_metrics::Format::Text);
    assert!(text.contains(&format!("mme_exemplars_total {}\n", expected.len())), "{text}");
}

#[test]
fn an_exemplar_has_the_value_the_bucket_and_the_time_of_its_observation() {
    let recorder = recorder();
    let before = std::time::SystemTime::now();
    under(&recorder, async {
        let app = Router::new().route("/work", get(work)).layer(HttpLayer::new());
        app.oneshot(request("/work", 7)).await.expect("a router does not fail");
    });
    let since = |time: std::time::SystemTime| {
        time.duration_since(std::time::UNIX_EPOCH).expect("the clock is past 1970").as_secs_f64()
    };
    let all = exemplars(&recorder);
    let of = |series: &str| all.iter().find(|exemplar| exemplar.series == series).expect(series);
    let wait = of("traced_wait_seconds_bucket{le=\"0.25\"}");
    assert_eq!(wait.value, 0.25);
    // Times are cut to milliseconds.
    assert!((since(before) - 0.001..=since(std::time::SystemTime::now())).contains(&wait.timestamp), "{wait:?}");
    assert_eq!(of("traced_elsewhere_total").value, 2.0);
}

#[test]
fn an_unsampled_trace_is_an_exemplar_only_if_the_service_wants_it() {
    for (filter, expected) in
        [(ExemplarFilter::TraceBased, false), (ExemplarFilter::AlwaysOn, true), (ExemplarFilter::AlwaysOff, false)]
    {
        let recorder = Recorder::builder().exemplars(filter).build().expect("a builder");
        under(&recorder, async {
            let app = Router::new().route("/work", get(work)).layer(HttpLayer::new());
            let unsampled = traceparent(7).replace("-01", "-00");
            let request = Request::get("/work").header("traceparent", unsampled).body(Body::empty());
            app.oneshot(request.expect("a request")).await.expect("a router does not fail");
        });
        assert_eq!(!exemplars(&recorder).is_empty(), expected, "{filter:?}");
    }
}

#[test]
fn a_request_that_fails_panics_or_is_dropped_has_its_trace_too() {
    type Answer = Result<Response<Full<Bytes>>, std::io::Error>;
    async fn answer(request: Request<Body>) -> Answer {
        match request.uri().path() {
            "/fails" => Err(std::io::Error::other("no")),
            "/panics" => panic!("no"),
            _ => std::future::pending().await,
        }
    }
    for (path, error_type) in [("/fails", "service"), ("/panics", "panic"), ("/dropped", "cancelled")] {
        let recorder = recorder();
        under(&recorder, async {
            let service = HttpLayer::new().layer(service_fn(answer));
            let mut future = Box::pin(service.oneshot(request(path, 7)));
            let _ = AssertUnwindSafe(async { drop(poll_once(future.as_mut())) }).catch_unwind().await;
        });
        let all = exemplars(&recorder);
        assert_eq!(metrics_of(&all, 7), [DURATION], "{path}");
        assert!(all[0].series.contains(error_type), "{all:?}");
    }
}

#[test]
fn a_body_that_ends_after_its_request_has_the_trace_too() {
    for is_read in [true, false] {
        let recorder = recorder();
        under(&recorder, async {
            let service = service_fn(|_: Request<Body>| async {
                let frame = Ok::<_, Infallible>(http_body::Frame::data(Bytes::from("abc")));
                Ok::<_, Infallible>(Response::new(StreamBody::new(futures_util::stream::iter([frame]))))
            });
            let response = HttpLayer::new().layer(service).oneshot(request("/", 7)).await.expect("it cannot fail");
            if is_read {
                response.into_body().collect().await.expect("it cannot fail");
            }
        });
        assert_eq!(metrics_of(&exemplars(&recorder), 7), [DURATION]);
    }
}

#[test]
fn each_of_two_requests_in_turn_has_its_own_trace() {
    let recorder = recorder();
    under(&recorder, async {
        let app = Router::new().route(
            "/{status}",
            get(async |axum::extract::Path(status): axum::extract::Path<u16>| {
                tokio::task::yield_now().await;
                http::StatusCode::from_u16(status).expect("a status")
            }),
        );
        let app = app.layer(HttpLayer::new());
        let (one, other) = (app.clone().oneshot(request("/201", 1)), app.oneshot(request("/202", 2)));
        let _ = tokio::join!(one, other);
    });
    let all = exemplars(&recorder);
    let status = |exemplar: &Exemplar| (exemplar.number(), exemplar.series.contains("\"201\""));
    let mut found: Vec<_> = all.iter().map(status).collect();
    found.sort_unstable();
    assert_eq!(found, [(1, true), (2, false)]);
}

#[test]
fn a_scrape_makes_no_exemplar_of_itself() {
    let recorder =
        Recorder::builder().collect(|| metrics::counter!("collected").increment(1)).build().expect("a builder");
    let endpoint = Endpoint::new(recorder.clone());
    under(&recorder, async {
        let app =
            Router::new().route("/other", get(async || "hello")).merge(endpoint.into_router()).layer(HttpLayer::new());
        for path in ["/metrics", "/other", "/metrics"] {
            let response = app.clone().oneshot(request(path, 7)).await.expect("a router does not fail");
            response.into_body().collect().await.expect("a body in memory");
        }
    });
    let all = exemplars(&recorder);
    assert_eq!(metrics_of(&all, 7), [DURATION]);
    assert!(all.iter().all(|exemplar| exemplar.series.contains("/other")), "{all:?}");
}

#[test]
fn a_request_to_a_server_is_part_of_the_request_that_sends_it() {
    let recorder = recorder();
    under(&recorder, async {
        let answer = |_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("abc")))) };
        let client = HttpClientLayer::new().layer(service_fn(answer));
        let app = Router::new().route(
            "/",
            get(async move || {
                let request = Request::get("http://elsewhere.example/").body(Body::empty()).expect("a request");
                client
                    .oneshot(request)
                    .await
                    .expect("it cannot fail")
                    .into_body()
                    .collect()
                    .await
                    .expect("it cannot fail");
            }),
        );
        app.layer(HttpLayer::new()).oneshot(request("/", 7)).await.expect("a router does not fail");
    });
    assert_eq!(metrics_of(&exemplars(&recorder), 7), ["http_client_request_duration_seconds_bucket", DURATION]);
}

#[test]
fn a_grpc_call_has_the_trace_of_its_header() {
    let recorder = recorder();
    under(&recorder, async {
        let answer = |_: Request<GrpcRequestBody<Body>>| async {
            TRACED.events.increment(());
            Ok::<_, Infallible>(Response::builder().header("grpc-status", "0").body(Body::empty()).expect("a response"))
        };
        let layer = GrpcServerLayer::new().method("trace.v1.Desk/Ask", CallType::Unary).expect("a method");
        let mut call = request("/trace.v1.Desk/Ask", 7);
        *call.method_mut() = http::Method::POST;
        call.headers_mut().insert("content-type", "application/grpc".parse().expect("a value"));
        layer.layer(service_fn(answer)).oneshot(call).await.expect("it cannot fail");
    });
    let names = metrics_of(&exemplars(&recorder), 7);
    assert_eq!(names, ["rpc_server_call_duration_seconds_bucket", "rpc_server_streams_total", "traced_events_total"]);
}
