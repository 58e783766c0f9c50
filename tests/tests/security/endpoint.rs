//! The admin endpoint shows addresses only to clients with the token.

use std::net::Ipv6Addr;

use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use mme_metrics::endpoint::SourcesEndpoint;
use mme_metrics::security::SourceTracker;
use mme_metrics::testing::record;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::sources::{Time, client};

const PATH: &str = "/metrics/security/sources";

async fn ask(endpoint: SourcesEndpoint, path: &str, authorization: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::get(path);
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = endpoint.into_router().oneshot(request).await.expect("a router answers");
    assert_eq!(response.headers().get(header::CACHE_CONTROL).is_some(), response.status() != StatusCode::NOT_FOUND);
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

fn tracker() -> (SourceTracker, Time) {
    let time = Time::default();
    let tracker = time.tracker(SourceTracker::builder());
    let _ = record(|| {
        (0..12).for_each(|_| _ = client(&tracker, [203, 0, 113, 7]).failure());
        client(&tracker, Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 3, 4, 5, 6)).failure();
        (0..200_u8).for_each(|low| _ = client(&tracker, [198, 51, 100, low]).failure());
    });
    (tracker, time)
}

#[tokio::test]
async fn the_worst_come_first_with_their_addresses() {
    let (tracker, time) = tracker();
    time.set(25_000);
    let (status, body) = ask(SourcesEndpoint::new(&tracker, "token"), PATH, Some("Bearer token")).await;
    assert_eq!(status, StatusCode::OK);
    let listed: Value = serde_json::from_str(&body).expect("JSON");
    let sources = listed["sources"].as_array().expect("a list");
    assert_eq!(sources.len(), 100);
    let worst = json!({ "source": "203.0.113.7", "minute": 12, "hour": 12, "seconds_ago": 25, "over_limit": true });
    assert_eq!(sources[0], worst);
    assert!(body.contains("\"2001:db8:1:2::/64\"") || sources.iter().all(|source| source["hour"] != 0));
}

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let (tracker, _) = tracker();
    for authorization in
        [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Bearer tokens"), Some("Basic dG9rZW46")]
    {
        let (status, body) = ask(SourcesEndpoint::new(&tracker, "token"), PATH, authorization).await;
        assert_eq!((status, body.as_str()), (StatusCode::UNAUTHORIZED, "credentials are missing or wrong\n"));
    }
    let (status, _) = ask(SourcesEndpoint::new(&tracker, ""), PATH, Some("Bearer ")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn tokens_can_be_replaced_and_the_path_chosen() {
    let endpoint = || SourcesEndpoint::new(&tracker().0, "old").bearer("new").path("admin/{sources}");
    for token in ["Bearer old", "Bearer new"] {
        assert_eq!(ask(endpoint(), "/admin/{sources}", Some(token)).await.0, StatusCode::OK);
    }
    assert_eq!(ask(endpoint(), "/admin/other", Some("Bearer old")).await.0, StatusCode::NOT_FOUND);
    assert!(!format!("{:?}", endpoint()).contains("old"));
}

#[tokio::test]
async fn nobody_who_has_failed_is_an_empty_list() {
    let (status, body) =
        ask(SourcesEndpoint::new(&SourceTracker::default(), "token"), PATH, Some("Bearer token")).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "{\"sources\":[]}\n"));
}
