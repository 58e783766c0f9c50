//! The probes of Kubernetes: what each says, who learns why, and that no dependency holds them up.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::future::join_all;
use http::{Request, header};
use http_body_util::BodyExt as _;
use mme_metrics::endpoint::ProbeEndpoint;
use mme_metrics::health::{Dependency, DependencyKind, HealthMonitor, HttpProbe, Readiness};
use mme_metrics::probe::ProbeFailure;
use mme_metrics_tests::peer::{Peer, Reply};
use tokio::time::{Instant, advance, timeout};
use tower::ServiceExt as _;

const SECOND: Duration = Duration::from_secs(1);

/// The answer to a request without credentials: status and body.
async fn ask(router: &Router, path: &str) -> (u16, String) {
    ask_as(router, path, None).await
}

async fn ask_as(router: &Router, path: &str, token: Option<&str>) -> (u16, String) {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("a router answers");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

/// The probes with the token `secret`.
fn probes(readiness: &Readiness) -> Router {
    ProbeEndpoint::new(readiness).bearer("secret").into_router()
}

fn said(status: u16, word: &str) -> (u16, String) {
    (status, format!("{word}\n"))
}

/// A check that succeeds while the switch is on.
fn switched(on: &Arc<AtomicBool>) -> impl Fn() -> std::future::Ready<Result<(), ProbeFailure>> + Send + Sync + 'static {
    let on = Arc::clone(on);
    move || std::future::ready(if on.load(Ordering::SeqCst) { Ok(()) } else { Err(ProbeFailure::Unreachable) })
}

#[tokio::test(start_paused = true)]
async fn startup_lasts_until_the_first_good_round_and_readiness_follows_the_checks() {
    let on = Arc::new(AtomicBool::new(false));
    let router = probes(&Readiness::new().check("store", switched(&on)));
    assert_eq!(ask(&router, "/livez").await, said(200, "live"));
    assert_eq!(ask(&router, "/startupz").await, said(503, "starting"));
    assert_eq!(ask(&router, "/readyz").await, said(503, "starting"));
    on.store(true, Ordering::SeqCst);
    assert_eq!(ask(&router, "/startupz").await, said(200, "ready"));
    assert_eq!(ask(&router, "/startupz").await, said(200, "started"));
    assert_eq!(ask(&router, "/readyz").await, said(200, "ready"));
    on.store(false, Ordering::SeqCst);
    assert_eq!(ask(&router, "/readyz").await, said(200, "ready"), "a success is reused for a second");
    advance(SECOND).await;
    assert_eq!(ask(&router, "/readyz").await, said(503, "not ready"));
    assert_eq!(ask(&router, "/startupz").await, said(200, "started"));
    assert_eq!(ask(&router, "/livez").await, said(200, "live"));
    on.store(true, Ordering::SeqCst);
    assert_eq!(ask(&router, "/readyz").await, said(200, "ready"), "a failure is not reused");
}

#[tokio::test(start_paused = true)]
async fn only_a_caller_with_credentials_learns_what_fails_and_why() {
    let readiness = Readiness::new()
        .check("well", async || Ok(()))
        .check("<b>\"ledger\"</b>", async || Err(ProbeFailure::Status(500)))
        .limit(SECOND)
        .check("hanging", pending::<Result<(), ProbeFailure>>);
    let router = probes(&readiness);
    for token in [None, Some("wrong"), Some("")] {
        assert_eq!(ask_as(&router, "/readyz", token).await, said(503, "starting"), "{token:?}");
        assert_eq!(ask_as(&router, "/startupz", token).await, said(503, "starting"), "{token:?}");
    }
    for path in ["/readyz", "/startupz"] {
        let (status, body) = ask_as(&router, path, Some("secret")).await;
        let report: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let told = |index: usize, key: &str| report["checks"][index][key].as_str().unwrap_or_default().to_owned();
        assert_eq!((status, report["status"].as_str()), (503, Some("starting")), "{path}");
        let names = ["well", "<b>\"ledger\"</b>", "hanging"];
        assert_eq!([0, 1, 2].map(|check| told(check, "name")), names, "{path}");
        assert_eq!([0, 1, 2].map(|check| told(check, "status")), ["up", "down", "down"], "{path}");
        assert_eq!([0, 1, 2].map(|check| told(check, "reason")), ["", "status 500", "timed out"], "{path}");
        assert!(body.ends_with("}\n"), "{body}");
    }
    // Without a token, none is the right one.
    let closed = ProbeEndpoint::new(&readiness).into_router();
    assert_eq!(ask_as(&closed, "/readyz", Some("")).await, said(503, "starting"));
}

#[tokio::test(start_paused = true)]
async fn a_dependency_that_hangs_or_panics_delays_readiness_by_its_own_limit_and_liveness_not_at_all() {
    let readiness = Readiness::new()
        .limit(SECOND)
        .check("panics", || -> std::future::Ready<_> { panic!("on purpose") })
        .limit(SECOND * 3)
        .check("hangs", pending::<Result<(), ProbeFailure>>)
        .limit(SECOND * 2)
        .check("hangs for less", pending::<Result<(), ProbeFailure>>);
    let router = probes(&readiness);
    // The second round takes no longer than the first: nothing of it is left.
    for _ in 0..2 {
        let begun = Instant::now();
        let live = async {
            assert_eq!(ask(&router, "/livez").await, said(200, "live"));
            begun.elapsed()
        };
        let ready = async {
            let (status, body) = ask_as(&router, "/readyz", Some("secret")).await;
            assert!(status == 503 && body.contains("the check panicked") && body.contains("timed out"), "{body}");
            begun.elapsed()
        };
        let (ready, live) = tokio::join!(ready, live);
        assert_eq!((ready, live), (SECOND * 3, Duration::ZERO));
    }
}

#[tokio::test]
async fn a_dependency_that_lies_or_floods_is_down_by_the_probes_of_the_monitor() {
    let bad = [
        ("ready_lying", Peer::always(Reply::http(200, "text/html", "welcome")).await),
        ("ready_endless", Peer::always(Reply::Endless).await),
        ("ready_endless_head", Peer::always(Reply::EndlessHead).await),
        ("ready_silent", Peer::always(Reply::Silence).await),
    ];
    let mut monitor = HealthMonitor::new();
    for (name, peer) in &bad {
        let probe = HttpProbe::new(&peer.url("/")).expect("an address").containing("ok");
        // No answer can come in time where none comes, so the limit decides nothing else.
        let limit = if *name == "ready_silent" { SECOND / 2 } else { SECOND * 60 };
        let dependency = Dependency::register(name, DependencyKind::Http).expect("a name");
        monitor = monitor.limit(limit).probe(dependency, probe);
    }
    let cache = Dependency::register("ready_cache", DependencyKind::Cache).expect("a name");
    monitor = monitor.required(false).probe(cache, pending::<Result<(), ProbeFailure>>);
    let report = Readiness::new().monitor(&monitor).report().await;
    let failed: Vec<_> = report.checks().iter().map(|check| (check.name(), check.result().is_err())).collect();
    assert_eq!(failed, bad.each_ref().map(|(name, _)| (*name, true)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_blocks_its_thread_delays_readiness_by_its_limit_and_liveness_not_at_all() {
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(std::sync::Mutex::new(blocked));
    let blocks = move || {
        let blocked = Arc::clone(&blocked);
        async move { blocked.lock().map_or(Ok(()), |blocked| blocked.recv().map_err(|_| ProbeFailure::Broken)) }
    };
    let router = probes(&Readiness::new().limit(SECOND / 10).check("blocks", blocks));
    for _ in 0..3 {
        assert_eq!(ask(&router, "/readyz").await, said(503, "starting"));
        assert_eq!(ask(&router, "/livez").await, said(200, "live"));
    }
    drop(release);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_probes_shares_one_run_also_if_the_callers_leave() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let check = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(SECOND).await;
            Err(ProbeFailure::Unreachable)
        }
    };
    let router = probes(&Readiness::new().check("slow", check));
    let impatient = join_all((0..100).map(|_| timeout(SECOND / 2, ask(&router, "/readyz"))));
    assert!(impatient.await.iter().all(Result::is_err));
    let answers = join_all((0..1000).map(|_| ask(&router, "/readyz"))).await;
    assert!(answers.iter().all(|answer| *answer == said(503, "starting")));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_readiness_at_once_and_for_good() {
    let readiness = Readiness::new().check("hangs", pending::<Result<(), ProbeFailure>>);
    let router = probes(&readiness);
    let begun = Instant::now();
    readiness.drain();
    assert_eq!(ask(&router, "/readyz").await, said(503, "draining"));
    let (status, body) = ask_as(&router, "/readyz", Some("secret")).await;
    assert_eq!((status, &*body), (503, "{\"status\":\"draining\",\"checks\":[]}\n"));
    assert_eq!(ask(&router, "/livez").await, said(200, "live"));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    // A clone drains too.
    assert!(readiness.clone().is_draining());
}

#[tokio::test]
async fn it_stands_at_its_prefix_under_others_and_alone() {
    let readiness = Readiness::new();
    let nested = Router::new().nest("/internal", probes(&readiness));
    let prefixed = ProbeEndpoint::new(&readiness).prefix("/own/{place}/").into_router();
    for path in ["/livez", "/readyz", "/startupz"] {
        assert_eq!(ask(&nested, &format!("/internal{path}")).await.0, 200, "{path}");
        assert_eq!(ask(&prefixed, &format!("/own/{{place}}{path}")).await.0, 200, "{path}");
        assert_eq!(ask(&prefixed, path).await.0, 404, "{path}");
        assert_eq!(ask(&prefixed, &format!("/own/other{path}")).await.0, 404, "{path}");
        let request = Request::get(path).body(()).expect("a request");
        assert_eq!(ProbeEndpoint::new(&readiness).oneshot(request).await.expect("it answers").status(), 200, "{path}");
    }
    let request = Request::get("/metrics").body(()).expect("a request");
    assert_eq!(ProbeEndpoint::new(&readiness).oneshot(request).await.expect("it answers").status(), 404);
}

#[tokio::test]
async fn a_probe_reads_only() {
    let router = probes(&Readiness::new());
    for path in ["/livez", "/readyz", "/startupz"] {
        for (method, expected) in [("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405), ("BREW", 405)] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
            let response = router.clone().oneshot(request).await.expect("a router answers");
            assert_eq!(response.status(), expected, "{method} {path}");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store", "{method} {path}");
            assert_eq!(response.headers().contains_key(header::ALLOW), expected == 405, "{method} {path}");
        }
    }
}

#[test]
fn it_is_shared_and_sent_between_threads() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    fn is_sent<T: Send + 'static>() {}
    is_shared::<ProbeEndpoint>();
    is_shared::<Readiness>();
    is_sent::<mme_metrics::endpoint::ProbeFuture>();
}
