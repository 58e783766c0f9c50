//! The gate of the admin endpoints: path, credentials and method are checked in one order, with one set of answers.

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use mme_metrics::Recorder;
use mme_metrics::endpoint::{Endpoint, SourcesEndpoint, SpikeEndpoint};
use mme_metrics::live::LivePage;
use mme_metrics::security::SourceTracker;
use mme_metrics::spike::Sampler;
use tower::{Service, ServiceExt as _};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"];

/// `Authorization` headers, and whether the token `secret` or the password of `user` is among them.
const AUTHORIZATIONS: [(Option<&str>, bool); 9] = [
    (Some("Bearer secret"), true),
    (Some("bearer secret"), true),
    (Some("Basic dXNlcjpwYXNzd29yZA=="), true),
    (None, false),
    (Some(""), false),
    (Some("Bearer "), false),
    (Some("Bearer wrong"), false),
    (Some("Basic dXNlcjp3cm9uZw=="), false),
    (Some("secret"), false),
];

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

async fn ask(router: &Router, method: &str, path: &str, authorization: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let request = request.body(Body::empty()).expect("a request");
    read(router.clone().oneshot(request).await.expect("a router answers")).await
}

async fn read<B>(response: http::Response<B>) -> Answer
where
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).expect("text"),
    }
}

fn recorder() -> Recorder {
    Recorder::builder().build().expect("a recorder")
}

/// The endpoints with the token `secret` and the password of `user`, each at `/admin`.
fn closed() -> [(&'static str, Router); 4] {
    let spikes = Sampler::new().start().expect("a sampler");
    let sources = SourcesEndpoint::new(&SourceTracker::default(), "secret");
    [
        ("metrics", Endpoint::new(recorder()).path("/admin").bearer("secret").basic("user", "password").into_router()),
        ("spikes", SpikeEndpoint::new(spikes).path("/admin").bearer("secret").basic("user", "password").into_router()),
        ("sources", sources.path("/admin").basic("user", "password").into_router()),
        ("live", LivePage::new(recorder()).path("/admin").bearer("secret").basic("user", "password").into_router()),
    ]
}

#[tokio::test]
async fn every_method_and_credential_is_answered_alike_by_every_endpoint() {
    for (name, router) in closed() {
        for method in METHODS {
            for (authorization, is_right) in AUTHORIZATIONS {
                let answer = ask(&router, method, "/admin", authorization).await;
                let is_read = matches!(method, "GET" | "HEAD");
                let expected = match (is_right, is_read) {
                    (false, _) => 401,
                    (true, false) => 405,
                    (true, true) => 200,
                };
                let case = format!("{name}: {method} {authorization:?}");
                assert_eq!(answer.status, expected, "{case}");
                assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store", "{case}");
                assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{case}");
                assert_eq!(answer.headers.contains_key(header::WWW_AUTHENTICATE), expected == 401, "{case}");
                assert_eq!(
                    answer.headers.get_all(header::WWW_AUTHENTICATE).iter().count(),
                    2 * usize::from(expected == 401)
                );
                assert_eq!(
                    answer.headers.get(header::ALLOW).is_some_and(|allow| allow == "GET, HEAD"),
                    expected == 405,
                    "{case}"
                );
                assert_eq!(answer.body.is_empty(), method == "HEAD", "{case}");
                assert!(method == "HEAD" || answer.body.ends_with('\n'), "{case}: {}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn other_paths_are_not_found_whatever_the_method_and_the_credentials() {
    for (name, router) in closed() {
        for method in METHODS {
            for (authorization, _) in AUTHORIZATIONS {
                for path in ["/", "/admin/", "/Admin", "/adm", "/admin/x", "/metrics"] {
                    let answer = ask(&router, method, path, authorization).await;
                    assert_eq!(answer.status, 404, "{name}: {method} {path} {authorization:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn without_a_router_the_path_is_told_only_if_every_caller_may_read() {
    let ask = async |mut endpoint: Endpoint| {
        let request = Request::get("/other").body(Body::empty()).expect("a request");
        read(endpoint.call(request).await.expect("it answers")).await
    };
    let open = ask(Endpoint::new(recorder()).path("/own/place")).await;
    assert_eq!((open.status, &*open.body), (404, "not found: metrics are at /own/place\n"));
    let closed = ask(Endpoint::new(recorder()).path("/own/place").bearer("secret")).await;
    assert_eq!((closed.status, &*closed.body), (404, "not found\n"));
}

#[tokio::test]
async fn without_credentials_metrics_are_open_and_what_names_more_is_closed() {
    let open = Endpoint::new(recorder()).into_router();
    let traces = SpikeEndpoint::new(Sampler::new().start().expect("a sampler")).into_router();
    let live = LivePage::new(recorder()).into_router();
    for (authorization, _) in AUTHORIZATIONS {
        assert_eq!(ask(&open, "GET", "/metrics", authorization).await.status, 200, "{authorization:?}");
        assert_eq!(ask(&open, "POST", "/metrics", authorization).await.status, 405, "{authorization:?}");
        for (closed, path) in [(&traces, "/spikes"), (&live, "/live"), (&live, "/live?since=0")] {
            for method in METHODS {
                let answer = ask(closed, method, path, authorization).await;
                assert_eq!(answer.status, 403, "{path} {method} {authorization:?}");
                assert!(method == "HEAD" || answer.body.contains("set a token"), "{}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn empty_secrets_match_no_request() {
    let spikes = Sampler::new().start().expect("a sampler");
    for router in [
        Endpoint::new(recorder()).path("/admin").bearer("").into_router(),
        Endpoint::new(recorder()).path("/admin").basic("user", "").into_router(),
        SpikeEndpoint::new(spikes).path("/admin").bearer("").into_router(),
        SourcesEndpoint::new(&SourceTracker::default(), "").path("/admin").into_router(),
        LivePage::new(recorder()).path("/admin").bearer("").basic("user", "").into_router(),
    ] {
        for authorization in [None, Some("Bearer "), Some("Bearer"), Some("Basic dXNlcjo=")] {
            assert_eq!(ask(&router, "GET", "/admin", authorization).await.status, 401, "{authorization:?}");
        }
    }
}

#[tokio::test]
async fn the_recorder_serves_itself() {
    let recorder = recorder();
    metrics::with_local_recorder(&recorder, || metrics::counter!("gate_jobs").increment(3));
    let answer = ask(&recorder.router(), "GET", "/metrics", None).await;
    assert!(answer.status == 200 && answer.body.contains("gate_jobs_total 3\n"), "{answer:?}");
}
