//! A million invented requests neither grow memory nor reach the exposition.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use mme_metrics::http::HttpLayer;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::isolated_process::run_alone_async;
use mme_metrics_tests::memory::resident_bytes;
use tower::ServiceExt;

const REQUESTS: u64 = 1_000_000;
const METHODS: u64 = 10_000;
const HOSTS: u64 = 100_000;

/// A path, a method, a host and a user agent that nobody has sent before, as long as there are some.
fn invented(number: u64) -> Request<Body> {
    let request = Request::builder()
        .uri(format!("/invented/{number}"))
        .header("host", format!("invented-{}.example", number % HOSTS))
        .header("user-agent", format!("invented/{}", number % HOSTS));
    let invented_method = number.is_multiple_of(REQUESTS / METHODS);
    let request = if invented_method { request.method(&*format!("INVENTED{number}")) } else { request };
    request.body(Body::empty()).unwrap()
}

async fn send(app: &Router, request: Request<Body>) -> StatusCode {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    response.into_body().collect().await.unwrap();
    status
}

/// Returns the requests counted under these labels.
fn count(recorder: &Recorder, labels: &str) -> Option<u64> {
    let series = format!("http_server_request_duration_seconds_count{{{labels},url_scheme=\"http\"}} ");
    recorder.render(Format::Text).lines().find_map(|line| line.strip_prefix(&series)?.parse().ok())
}

fn labels(method: &str, status: u16, route: &str) -> String {
    format!("http_request_method=\"{method}\",http_response_status_code=\"{status}\",http_route=\"{route}\"")
}

// The recorder is the process's, as in a service, because only then handles are kept. So is the budget of routes.
#[test]
fn a_million_invented_requests_are_two_series() {
    run_alone_async(async || {
        let recorder = Recorder::builder().process_metrics(false).install().unwrap();
        let app = Router::new()
            .route("/known/{id}", get(|| async { "hello" }))
            .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
            .layer(HttpLayer::new())
            .with_state(());
        send(&app, Request::new(Body::empty())).await;
        let lines = || recorder.render(Format::Text).lines().count();
        let (before, memory) = (lines(), resident_bytes());

        for number in 1..REQUESTS {
            assert_eq!(send(&app, invented(number)).await, StatusCode::NOT_FOUND);
        }
        assert!(lines() - before <= 64, "{} lines more", lines() - before);
        let grown = resident_bytes().saturating_sub(memory);
        assert!(grown <= 16 << 20, "{grown} bytes more");

        let get = |path| Request::get(path).body(Body::empty()).unwrap();
        send(&app, get("/known/1")).await;
        for _ in 0..7 {
            send(&app, get("/broken")).await;
        }
        let (others, broken) = (METHODS - 1, format!("error_type=\"500\",{}", labels("GET", 500, "/broken")));
        assert_eq!(count(&recorder, &labels("GET", 404, "_unmatched")), Some(REQUESTS - others));
        assert_eq!(count(&recorder, &labels("_OTHER", 404, "_unmatched")), Some(others));
        assert_eq!(count(&recorder, &labels("GET", 200, "/known/{id}")), Some(1));
        assert_eq!(count(&recorder, &broken), Some(7));
        let text = recorder.render(Format::Text);
        assert!(!text.to_lowercase().contains("invented"));
        let active = text.lines().filter(|line| line.starts_with("http_server_active_requests{"));
        assert!(active.map(|line| line.ends_with(" 0")).eq([true, true]), "{text}");
    });
}
