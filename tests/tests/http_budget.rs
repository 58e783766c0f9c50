//! The budget of routes belongs to the process, so the test that spends it has one of its own.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use mme_metrics::http::HttpLayer;
use mme_metrics::testing::Emission;
use mme_metrics::{Format, metrics};
use tower::ServiceExt;

#[tokio::test]
async fn templates_past_the_budget_are_unmatched() {
    let mut app = Router::new();
    for number in 0..1_200 {
        app = app.route(&format!("/many/{number}"), get(|| async {}));
    }
    let app = app.layer(HttpLayer::new()).with_state(());
    let emission = Emission::new();
    let _recorded = metrics::set_default_local_recorder(emission.recorder());
    for number in 0..1_200 {
        let request = Request::get(format!("/many/{number}")).body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap();
    }
    let text = emission.recorder().render(Format::Text);
    let counts = text.lines().filter(|line| line.starts_with("http_server_request_duration_seconds_count"));
    // The fallback is one more.
    assert_eq!(counts.count(), 1_001);
}
