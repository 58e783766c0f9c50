//! Optional parts of the layer: labels from heads, body sizes, time to first byte.

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http::Request;
use http_body_util::BodyExt;
use mme_metrics::Format;
use mme_metrics::http::{HTTP, HttpErrorType, HttpLayer, HttpMethod, HttpStatus, Route, Scheme};
use mme_metrics::testing::Emission;
use tower::ServiceExt;

async fn echo(body: String) -> String {
    body
}

/// Posts `body` as this tenant and reads the answer to its end.
async fn send(emission: &Emission, app: &Router, tenant: &str, body: &'static str) {
    let request = Request::post("/labels").header("x-tenant", tenant).body(Body::from(body)).unwrap();
    let answer = async { app.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap() };
    emission.record_async(answer).await;
}

fn app(layer: HttpLayer) -> Router {
    Router::new().route("/labels", post(echo)).layer(layer)
}

fn tenants(emission: &Emission) -> Vec<String> {
    let text = emission.recorder().render(Format::Text);
    let counts = text.lines().filter(|line| line.starts_with("http_server_request_duration_seconds_count"));
    let value = |line: &str| {
        let tenant = line.split("tenant=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("none");
        format!("{tenant} {}", line.rsplit(' ').next().unwrap())
    };
    let mut values: Vec<_> = counts.map(value).collect();
    values.sort();
    values
}

#[tokio::test]
async fn an_extra_label_tells_its_budget_apart_and_folds_the_rest() {
    let layer = HttpLayer::new().label("tenant", 2, |request| request.headers.get("x-tenant")?.to_str().ok());
    let (emission, app) = (Emission::new(), app(layer));
    for tenant in ["a", "b", "c", "d", "a", &"x".repeat(200)] {
        send(&emission, &app, tenant, "").await;
    }
    assert_eq!(tenants(&emission), ["_overflow 3", "a 2", "b 1"]);
    let text = emission.recorder().render(Format::Text);
    assert!(text.contains("mme_series_overflow_total{family=\"http\"} 3\n"), "{text}");
}

#[tokio::test]
async fn a_label_function_that_panics_or_knows_nothing_leaves_the_label_out() {
    let layer = HttpLayer::new()
        .label("tenant", 2, |_| panic!("on purpose"))
        .response_label("cache", 2, |response| response.headers.get("x-cache")?.to_str().ok());
    let (emission, app) = (Emission::new(), app(layer));
    send(&emission, &app, "a", "").await;
    assert_eq!(tenants(&emission), ["none 1"]);
}

#[tokio::test]
async fn a_response_label_is_read_from_the_response() {
    let layer = HttpLayer::new()
        .response_label("tenant", 2, |response| response.headers.get("content-type")?.to_str().ok()?.split(';').next());
    let (emission, app) = (Emission::new(), app(layer));
    send(&emission, &app, "a", "").await;
    assert_eq!(tenants(&emission), ["text/plain 1"]);
}

#[tokio::test]
async fn sizes_and_time_to_first_byte_are_recorded_when_asked_for() {
    let (emission, app) = (Emission::new(), app(HttpLayer::new().body_sizes(true).time_to_first_byte(true)));
    send(&emission, &app, "a", "four").await;
    let (method, route, status) = (HttpMethod::Post, Route::find("/labels"), HttpStatus::new(200));
    emission
        .expect()
        .histogram(&HTTP.server_duration, (method, route, status, Scheme::Http, HttpErrorType::None), 1)
        .histogram(&HTTP.server_request_size, (method, route, status), 1)
        .histogram(&HTTP.server_response_size, (method, route, status), 1)
        .histogram(&HTTP.server_response_start, (method, route, status), 1)
        .only();
    let text = emission.recorder().render(Format::Text);
    assert_eq!(text.lines().filter(|line| line.contains("size_bytes_sum") && line.ends_with(" 4")).count(), 2);
}

#[test]
fn layers_are_cloned_and_shared() {
    fn assert<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: T) {}
    assert(HttpLayer::new().skip("/health").unwrap().label("tenant", 1, |_| None));
    assert(mme_metrics::http::HttpClientLayer::new());
}
