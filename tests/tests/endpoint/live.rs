//! The live page over HTTP: its headers, its size, and the samples that it asks for.

use std::io::Write as _;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use mme_metrics::Recorder;
use mme_metrics::live::LivePage;
use mme_metrics::settings::Settings;
use serde_json::Value;
use tower::ServiceExt as _;

/// The promise of the page, compressed.
const PROMISE: usize = 60 * 1024;

async fn get(router: &Router, target: &str) -> (u16, HeaderMap, Vec<u8>) {
    let request = Request::get(target).header(header::AUTHORIZATION, "Bearer secret").body(Body::empty());
    let response = router.clone().oneshot(request.expect("a request")).await.expect("a router answers");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (head.status.as_u16(), head.headers, body.to_vec())
}

async fn samples(router: &Router, query: &str) -> Value {
    let (status, _, body) = get(router, &format!("/live?{query}")).await;
    assert_eq!(status, 200);
    serde_json::from_slice(&body).expect("JSON")
}

fn recorder() -> Recorder {
    Recorder::builder().process_metrics(false).build().expect("a recorder")
}

fn router(recorder: &Recorder) -> Router {
    LivePage::new(recorder.clone()).bearer("secret").into_router()
}

fn jobs(recorder: &Recorder, kind: &str, count: u64) {
    metrics::with_local_recorder(recorder, || {
        metrics::counter!("live_jobs_total", "kind" => kind.to_owned()).increment(count);
    });
}

/// Makes a router, and lets the paused clock run until its first sample is over, so that what follows is between two samples.
async fn sampled(page: LivePage) -> Router {
    let router = page.bearer("secret").into_router();
    tokio::time::sleep(Duration::from_secs(1)).await;
    router
}

/// Lets the paused clock run to the next samples.
async fn wait(samples: u32) {
    for _ in 0..samples {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

/// The chart of a metric.
fn chart<'a>(answer: &'a Value, name: &str) -> Option<&'a Value> {
    let sections = answer["sections"].as_array().expect("sections");
    let charts = sections.iter().flat_map(|section| section["charts"].as_array().expect("charts"));
    charts.into_iter().find(|chart| chart["name"] == name)
}

#[tokio::test]
async fn the_page_is_one_small_document_that_may_run_nothing_else() {
    let (status, headers, body) = get(&router(&recorder()), "/live").await;
    assert_eq!((status, &headers[header::CONTENT_TYPE]), (200, &"text/html; charset=utf-8".parse().expect("a type")));
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
    let rules = [
        "default-src 'none'",
        "script-src 'sha256-",
        "style-src 'sha256-",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ];
    assert!(rules.iter().all(|rule| policy.contains(rule)) && !policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(headers[name], value);
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&body).expect("memory");
    let size = gzip.finish().expect("memory").len();
    assert!(size <= PROMISE, "{size}");
    let html = String::from_utf8(body).expect("text");
    for outside in ["src=", "@import", "url(", "https://", "<link rel=\"stylesheet\""] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_asks_for_what_it_lacks_and_begins_anew_after_a_restart() {
    let recorder = recorder();
    let router = sampled(LivePage::new(recorder.clone())).await;
    jobs(&recorder, "mail", 10);
    wait(3).await;
    let all = samples(&router, "since=0").await;
    let (instance, sample) = (all["instance"].as_str().expect("text"), all["sample"].as_u64().expect("a number"));
    let line = &chart(&all, "live_jobs_total").expect("it has events")["groups"][0]["lines"][0];
    let values = line["values"].as_array().expect("values");
    assert_eq!(values.iter().filter(|value| **value == 2.0).count(), 1, "{line}");
    jobs(&recorder, "mail", 5);
    wait(1).await;
    let next = samples(&router, &format!("since={sample}&instance={instance}")).await;
    let line = &chart(&next, "live_jobs_total").expect("it stays")["groups"][0]["lines"][0];
    assert_eq!((&line["first"], &line["values"]), (&(sample + 1).into(), &serde_json::json!([1.0])));
    // Another instance, as after a restart, gets all.
    let anew = samples(&router, &format!("since={sample}&instance=other")).await;
    let line = &chart(&anew, "live_jobs_total").expect("it stays")["groups"][0]["lines"][0];
    assert!(line["values"].as_array().expect("values").len() > 1);
    let other = samples(&self::router(&recorder), "since=0").await;
    assert_ne!(other["instance"], all["instance"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_service_does_not_use_is_not_there() {
    let recorder = recorder();
    let router = sampled(LivePage::new(recorder.clone())).await;
    wait(1).await;
    let answer = samples(&router, "since=0").await;
    let sections: Vec<_> =
        answer["sections"].as_array().expect("sections").iter().map(|section| &section["id"]).collect();
    assert_eq!(sections, ["mme"], "only the library itself is there");
    jobs(&recorder, "none", 0);
    wait(1).await;
    assert!(chart(&samples(&router, "since=0").await, "live_jobs_total").is_none());
}

#[tokio::test(start_paused = true)]
async fn labels_of_any_kind_arrive_as_they_are() {
    let recorder = recorder();
    let router = sampled(LivePage::new(recorder.clone())).await;
    let hostile = ["<img src=x onerror=alert(1)>", "\"},{\"", "\u{202e}evil", "${x}", "&lt;"];
    hostile.iter().for_each(|kind| jobs(&recorder, kind, 7));
    jobs(&recorder, &"x".repeat(1024), 9);
    wait(2).await;
    let answer = samples(&router, "since=0").await;
    let groups = chart(&answer, "live_jobs_total").expect("it has events")["groups"].clone();
    let values: Vec<_> = groups.as_array().expect("groups").iter().map(|group| group["labels"][0][1].clone()).collect();
    for kept in ["<img src=x onerror=alert(1)>", "\"},{\"", "${x}", "&lt;"] {
        assert!(values.iter().any(|value| value == kept), "{kept}: {values:?}");
    }
    // The recorder has cut it, and has replaced what turns the text around it.
    assert!(
        values
            .iter()
            .all(|value| value.as_str().is_some_and(|value| value.len() <= 128 && !value.contains('\u{202e}')))
    );
}

#[tokio::test(start_paused = true)]
async fn queries_of_any_kind_are_answered() {
    let router = sampled(LivePage::new(recorder())).await;
    wait(2).await;
    for query in [
        "since=",
        "since=-1",
        "since=99999999999999999999999",
        "since=x&instance=%00",
        "since=18446744073709551615",
        "since=0&since=1",
    ] {
        assert!(samples(&router, query).await["sample"].as_u64() > Some(0), "{query}");
    }
    for query in ["", "?route=/a", "?Since=1", "?instance=a"] {
        let (status, headers, _) = get(&router, &format!("/live{query}")).await;
        assert!(
            status == 200 && headers[header::CONTENT_TYPE].to_str().expect("text").starts_with("text/html"),
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_readers_at_once_read_the_same() {
    let recorder = recorder();
    (0..500).for_each(|at| jobs(&recorder, &format!("k{at}"), at));
    let router = router(&recorder);
    while samples(&router, "since=0").await["sample"] == 0 {
        tokio::task::yield_now().await;
    }
    let readers = (0..10).map(|_| {
        let router = router.clone();
        tokio::spawn(async move { samples(&router, "since=0").await["instance"].clone() })
    });
    let mut instances = Vec::new();
    for reader in readers.collect::<Vec<_>>() {
        instances.push(reader.await.expect("no panic"));
    }
    instances.dedup();
    assert_eq!(instances.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn samples_end_with_the_router() {
    let polled = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&polled);
    let count = move || _ = counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let recorder = Recorder::builder().process_metrics(false).collect(count).build().expect("a recorder");
    let page = LivePage::new(recorder);
    wait(3).await;
    assert_eq!(polled.load(std::sync::atomic::Ordering::SeqCst), 0, "a page that is not served samples nothing");
    let router = sampled(page).await;
    let clone = router.clone();
    wait(3).await;
    drop(router);
    let before = polled.load(std::sync::atomic::Ordering::SeqCst);
    assert!(before >= 3, "{before}");
    wait(2).await;
    assert_eq!(polled.load(std::sync::atomic::Ordering::SeqCst), before + 2, "a clone keeps it");
    drop(clone);
    wait(3).await;
    assert!(polled.load(std::sync::atomic::Ordering::SeqCst) <= before + 3);
    let end = polled.load(std::sync::atomic::Ordering::SeqCst);
    wait(3).await;
    assert_eq!(polled.load(std::sync::atomic::Ordering::SeqCst), end);
}

#[test]
fn a_router_that_is_made_outside_a_runtime_samples_from_its_first_request_on() {
    let router = router(&recorder());
    let ask = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let before = samples(&router, "since=0").await["sample"].as_u64().expect("a number");
            wait(2).await;
            samples(&router, "since=0").await["sample"].as_u64().expect("a number") - before
        })
    };
    // The second runtime follows the end of the first, with which its task has ended.
    assert!(ask() >= 2 && ask() >= 2);
}

#[tokio::test(start_paused = true)]
async fn what_the_operator_has_set_is_a_note_and_what_is_disabled_is_not_shown() {
    let shown = async |settings: &str| {
        let settings = Settings::from_toml(settings).expect("it is TOML");
        let recorder = Recorder::builder().process_metrics(false).settings(settings).build().expect("it fits");
        jobs(&recorder, "mail", 1);
        let router = sampled(LivePage::new(recorder.clone())).await;
        jobs(&recorder, "mail", 1);
        wait(2).await;
        samples(&router, "since=0").await
    };
    let set = shown("disabled_families = [\"other\"]").await;
    let note = "The operator has set: disabled_families = [\"other\"].";
    assert!(set["notes"].as_array().is_some_and(|notes| notes.iter().any(|found| found == note)), "{set}");
    assert!(!set.to_string().contains("live_jobs_total"), "{set}");
    let unset = shown("").await;
    assert!(unset["notes"].as_array().is_some_and(Vec::is_empty), "{unset}");
    assert!(unset.to_string().contains("live_jobs_total"), "{unset}");
}
