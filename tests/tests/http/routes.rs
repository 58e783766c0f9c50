//! The route label, wherever the layer stands in a router.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use mme_metrics::http::{HTTP, HttpErrorType, HttpLayer, HttpMethod, HttpStatus, Route, Scheme};
use mme_metrics::metrics_router;
use mme_metrics::slo::Objective;
use mme_metrics::testing::{Emission, Expectation};
use tower::util::option_layer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

async fn hello() -> &'static str {
    "hello"
}

/// Sends one GET for each path, and reads the answers to their ends.
async fn visit<S, B>(emission: &Emission, service: S, paths: &[&str])
where
    S: Service<Request<Body>, Response = http::Response<B>> + Clone,
    S::Error: std::fmt::Debug,
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    for path in paths {
        let request = Request::get(*path).body(Body::empty()).unwrap();
        let answer = async { service.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap() };
        emission.record_async(answer).await;
    }
}

fn saw<'a>(expect: Expectation<'a>, route: &str, status: u16, count: u64) -> Expectation<'a> {
    // What was never registered reads as the fallback, `_unmatched`.
    let labels = (HttpMethod::Get, Route::find(route), HttpStatus::new(status), Scheme::Http, HttpErrorType::None);
    expect.histogram(&HTTP.server_duration, labels, count)
}

#[tokio::test]
async fn a_router_shows_templates_and_what_it_does_not_match() {
    let app = Router::new().route("/users/{id}", get(hello)).layer(HttpLayer::new());
    let emission = Emission::new();
    visit(&emission, app, &["/users/1", "/users/2", "/nowhere", "/users"]).await;
    saw(saw(emission.expect(), "/users/{id}", 200, 2), "_unmatched", 404, 2).only();
}

#[tokio::test]
async fn a_nested_route_reads_its_whole_template() {
    let inner = || Router::new().route("/items/{id}", get(hello)).layer(HttpLayer::new());
    let app = Router::new().nest("/nested/{shop}", inner()).nest_service("/service", inner());
    let emission = Emission::new();
    visit(&emission, app, &["/nested/a/items/1", "/service/items/2"]).await;
    saw(saw(emission.expect(), "/nested/{shop}/items/{id}", 200, 1), "/service/items/{id}", 200, 1).only();
}

#[tokio::test]
async fn a_layer_around_nested_routers_reads_whole_templates() {
    let inner = Router::new().route("/around/{id}", get(hello));
    let app = Router::new().nest("/outer", inner).layer(HttpLayer::new());
    let emission = Emission::new();
    visit(&emission, app, &["/outer/around/1"]).await;
    saw(emission.expect(), "/outer/around/{id}", 200, 1).only();
}

#[tokio::test]
async fn a_route_layer_leaves_unmatched_requests_out() {
    let app = Router::new().route("/routed", get(hello)).route_layer(HttpLayer::new());
    let emission = Emission::new();
    visit(&emission, app, &["/routed", "/nowhere"]).await;
    saw(emission.expect(), "/routed", 200, 1).only();
}

#[tokio::test]
async fn a_fallback_is_unmatched() {
    let app = Router::new().route("/", post(hello)).fallback(hello).layer(HttpLayer::new());
    let emission = Emission::new();
    visit(&emission, app, &["/a", "/b"]).await;
    saw(emission.expect(), "_unmatched", 200, 2).only();
}

#[tokio::test]
async fn routers_that_are_merged_before_the_layer_leave_unmatched_requests_to_it() {
    let app = Router::new()
        .route("/own", get(hello))
        .merge(metrics_router())
        .layer(HttpLayer::new().skip("/metrics").unwrap());
    let emission = Emission::new();
    visit(&emission, app, &["/own", "/nowhere", "/metrics"]).await;
    saw(saw(emission.expect(), "/own", 200, 1), "_unmatched", 404, 1).only();
}

#[tokio::test]
async fn a_layer_around_a_nested_service_is_told_the_route_by_one_inside() {
    let files = HttpLayer::new().route_fn(|_| Some("/static/{*file}")).layer(get(hello));
    let app = Router::new().nest_service("/static", files).layer(HttpLayer::new());
    let emission = Emission::new();
    visit(&emission, app, &["/static/a", "/static/b/c", "/nowhere"]).await;
    saw(saw(emission.expect(), "/static/{*file}", 200, 2), "_unmatched", 404, 1).only();
}

#[tokio::test]
async fn a_layer_outside_is_told_the_route_by_one_inside() {
    let inner = Router::new().route("/inside/{id}", get(hello)).route_layer(HttpLayer::new());
    let emission = Emission::new();
    visit(&emission, HttpLayer::new().layer(inner), &["/inside/1", "/nowhere"]).await;
    saw(saw(emission.expect(), "/inside/{id}", 200, 1), "_unmatched", 404, 1).only();
}

#[tokio::test]
async fn a_layer_outside_knows_no_route_by_itself() {
    let inner = Router::new().route("/alone/{id}", get(hello));
    let emission = Emission::new();
    visit(&emission, HttpLayer::new().layer(inner), &["/alone/1"]).await;
    saw(emission.expect(), "_unmatched", 200, 1).only();
}

#[tokio::test]
async fn skipped_paths_and_routes_leave_nothing() {
    let layer = ["/health", "/live/{probe}", "/internal/*"]
        .iter()
        .fold(HttpLayer::new(), |layer, path| layer.skip(path).unwrap());
    let paths = ["/health", "/live/{probe}", "/internal/{*rest}"];
    let app = paths.iter().fold(Router::new(), |app, path| app.route(path, get(hello))).layer(layer);
    let emission = Emission::new();
    visit(&emission, app, &["/health", "/live/a", "/internal/a/b"]).await;
    emission.expect().only();
}

#[test]
fn given_routes_stand_at_zero_from_the_start_with_their_usual_statuses() {
    let emission = Emission::new();
    let routes = ["/given", "POST /given/{id}  201 503"];
    let layer = HttpLayer::new().scheme(Scheme::Https).routes(routes).unwrap();
    let _measured = emission.record(|| Router::<()>::new().route("/given/{id}", post(hello)).layer(layer));
    let text = emission.recorder().render(mme_metrics::Format::Text);
    let counts = text.lines().filter_map(|line| line.strip_prefix("http_server_request_duration_seconds_count{"));
    let counts: Vec<_> = counts.filter_map(|line| line.strip_suffix(",url_scheme=\"https\"} 0")).collect();
    assert_eq!(
        counts,
        [
            "http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"/given\"",
            "http_request_method=\"POST\",http_response_status_code=\"201\",http_route=\"/given/{id}\"",
            "error_type=\"503\",http_request_method=\"POST\",http_response_status_code=\"503\",http_route=\"/given/{id}\"",
        ]
    );
}

#[test]
fn a_misspelt_route_method_or_status_is_an_error_that_names_it() {
    for (route, wrong) in [("given", "`given`"), ("PSOT /given", "`PSOT`"), ("/given 2O0", "`2O0`"), ("GET", "`GET`")] {
        let routes = HttpLayer::new().routes([route]).expect_err(route).to_string();
        assert!(routes.contains(wrong), "{routes}");
    }
    static UNHEARD: Objective = Objective::success("unheard", 0.995);
    for (route, wrong) in [("given", "`given`"), ("PSOT /given", "`PSOT`"), ("GET /given 200", "`GET /given 200`")] {
        let listener = HttpLayer::new().listener_on(route, &UNHEARD).expect_err(route).to_string();
        assert!(listener.contains(wrong), "{listener}");
    }
}

#[test]
fn a_skipped_path_without_a_slash_is_an_error_that_says_how_to_write_it() {
    for path in ["metrics", "", "*", "GET /metrics", "/metrics "] {
        let error = HttpLayer::new().skip(path).expect_err(path).to_string();
        assert!(error.contains(&format!("`{path}`")) && error.contains("begins with `/`"), "{error}");
    }
}

#[tokio::test]
async fn a_layer_in_an_option_measures_only_if_it_is_there() {
    let optional = |is_measured: bool| {
        let one_body = || ServiceBuilder::new().map_response(|response: Response<_>| response.map(Body::new));
        let measured = is_measured.then(|| one_body().layer(HttpLayer::new()));
        Router::new().route("/option", get(hello)).layer(option_layer(measured))
    };
    let emission = Emission::new();
    visit(&emission, optional(true), &["/option"]).await;
    saw(emission.expect(), "/option", 200, 1).only();
    let emission = Emission::new();
    visit(&emission, optional(false), &["/option"]).await;
    emission.expect().only();
}

#[tokio::test]
async fn invented_methods_are_one_value() {
    let app = Router::new().route("/methods", get(hello)).layer(HttpLayer::new());
    let emission = Emission::new();
    for method in ["BREW", "get", "PROPFIND"] {
        let request = Request::builder().method(method).uri("/methods").body(Body::empty()).unwrap();
        let answer = async { app.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap() };
        emission.record_async(answer).await;
    }
    let labels = (HttpMethod::Other, Route::find("/methods"), HttpStatus::new(405), Scheme::Http, HttpErrorType::None);
    emission.expect().histogram(&HTTP.server_duration, labels, 3).only();
}

#[tokio::test]
async fn only_http_2_says_the_scheme() {
    let app = Router::new().route("/scheme", get(hello)).layer(HttpLayer::new());
    let emission = Emission::new();
    for version in [Version::HTTP_11, Version::HTTP_2, Version::HTTP_3] {
        let request = Request::get("https://invented.example/scheme").version(version).body(Body::empty()).unwrap();
        let answer = async { app.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap() };
        emission.record_async(answer).await;
    }
    let labels = |scheme| (HttpMethod::Get, Route::find("/scheme"), HttpStatus::new(200), scheme, HttpErrorType::None);
    let expect = emission.expect().histogram(&HTTP.server_duration, labels(Scheme::Http), 1);
    expect.histogram(&HTTP.server_duration, labels(Scheme::Https), 2).only();
}

#[tokio::test]
async fn a_route_function_that_panics_leaves_the_request_unmatched() {
    let app = Router::new().route("/", get(hello)).layer(HttpLayer::new().route_fn(|_| panic!("on purpose")));
    let emission = Emission::new();
    visit(&emission, app, &["/"]).await;
    saw(emission.expect(), "_unmatched", 200, 1).only();
}

#[tokio::test]
async fn what_an_inner_layer_skips_is_not_unmatched_outside() {
    let skipping = HttpLayer::new().skip("/skipped/{id}").unwrap();
    let inner = Router::new().route("/skipped/{id}", get(hello)).route_layer(skipping);
    let outer = HttpLayer::new().body_sizes(true).time_to_first_byte(true);
    let emission = Emission::new();
    visit(&emission, outer.layer(inner), &["/skipped/1"]).await;
    emission.expect().only();
}

#[tokio::test]
async fn a_request_through_two_layers_that_know_its_route_counts_once() {
    let app = Router::new().route("/twice", get(hello)).route_layer(HttpLayer::new()).layer(HttpLayer::new());
    let emission = Emission::new();
    visit(&emission, app, &["/twice"]).await;
    saw(emission.expect(), "/twice", 200, 1).only();
}
