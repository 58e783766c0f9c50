//! The budgets of routes and servers belong to the process, so each test that spends one has a process of its own.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use mme_metrics::http::{HttpClientLayer, HttpLayer};
use mme_metrics::testing::Emission;
use mme_metrics::{Format, metrics};
use mme_metrics_tests::isolated_process::{run_alone, run_alone_async};
use tower::{Layer, Service, ServiceExt, service_fn};

#[test]
fn templates_past_the_budget_are_unmatched() {
    run_alone_async(async || {
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
    });
}

#[test]
fn servers_past_the_budget_are_one_and_counted_as_folded() {
    run_alone(|| {
        let emission = Emission::new();
        emission.record(|| {
            for number in 0..105 {
                let never =
                    service_fn(|_| std::future::pending::<Result<http::Response<Body>, std::convert::Infallible>>());
                let request = Request::get(format!("http://server-{number}.example/")).body(Body::empty()).unwrap();
                drop(HttpClientLayer::new().layer(never).call(request));
            }
        });
        let text = emission.recorder().render(Format::Text);
        let count = |server: &str| {
            let start = format!(
                "http_client_request_duration_seconds_count{{error_type=\"cancelled\",http_request_method=\"GET\",server_address=\"{server}\""
            );
            text.lines().find(|line| line.starts_with(&start)).and_then(|line| line.rsplit(' ').next())
        };
        assert_eq!(
            [count("server-99.example"), count("server-100.example"), count("_overflow")],
            [Some("1"), None, Some("5")]
        );
        // A request is one duration, and moves its gauge up and down.
        assert!(text.contains("mme_series_overflow_total{family=\"http\"} 15\n"), "{text}");
    });
}
