//! Sampling of spike traces: exactly the slowest, every failure within the budget, and nothing secret.

use std::convert::Infallible;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use mme_metrics::endpoint::SpikeEndpoint;
use mme_metrics::event::{Event, Listener as _, Notes, Source, notify};
use mme_metrics::http::HttpLayer;
use mme_metrics::instrument_metrics;
use mme_metrics::operation::Outcome;
use mme_metrics::spike::{LossReason, SPIKE, Sampler, SpikeCause, Spikes};
use mme_metrics::testing::{Emission, record};
use mme_metrics_tests::future::poll_once;
use tower::{Layer as _, ServiceExt as _, service_fn};

/// A window that no test outlives: what a test sees does not depend on how long it takes.
const ENDLESS: Duration = Duration::from_hours(24);

fn sampler() -> Sampler {
    Sampler::new().window(ENDLESS)
}

fn start(sampler: Sampler) -> Spikes {
    sampler.start().expect("a thread can be had")
}

fn end(spikes: &Spikes, route: &str, outcome: Outcome, seconds: f64) {
    spikes.ended(&Event::new(Source::Http, route, outcome, seconds));
}

/// Spreads numbers over all durations, each a different one (an odd multiplier is a bijection).
fn duration(number: u64) -> f64 {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 * 1e-12
}

#[test]
fn of_a_million_requests_from_64_threads_exactly_the_hundred_slowest_are_kept() {
    const REQUESTS: u64 = 1_000_000;
    let spikes = start(sampler().slowest(100));
    thread::scope(|scope| {
        for thread in 0..64 {
            let spikes = &spikes;
            scope.spawn(move || {
                for number in (thread..REQUESTS).step_by(64) {
                    end(spikes, "/", Outcome::Ok, duration(number));
                }
            });
        }
    });
    let mut all: Vec<f64> = (0..REQUESTS).map(duration).collect();
    all.sort_unstable_by(|one, other| other.total_cmp(one));
    let kept: Vec<f64> = spikes.view().slowest.iter().map(|trace| trace.seconds).collect();
    assert_eq!(kept, all[..100]);
}

#[test]
fn durations_that_only_rise_or_fall_keep_the_slowest_too() {
    for order in [|number: u32| f64::from(number), |number: u32| f64::from(1_000 - number), |_| 1.0] {
        let spikes = start(sampler().slowest(3));
        (0..1_000).for_each(|number| end(&spikes, "/", Outcome::Ok, order(number)));
        let mut all: Vec<f64> = (0..1_000).map(order).collect();
        all.sort_unstable_by(|one, other| other.total_cmp(one));
        let kept: Vec<f64> = spikes.view().slowest.iter().map(|trace| trace.seconds).collect();
        assert_eq!(kept, all[..3]);
    }
}

#[test]
fn failures_and_cancels_are_kept_within_their_budgets_and_the_rest_is_counted() {
    let emission = Emission::new();
    let spikes = emission.record(|| {
        let spikes = start(sampler().slowest(0).errors(3).cancels(2));
        for number in 0..10 {
            end(&spikes, "/fails", if number % 2 == 0 { Outcome::Error("status") } else { Outcome::Panic }, 0.0);
            end(&spikes, "/leaves", Outcome::Cancelled, 0.0);
            end(&spikes, "/works", Outcome::Ok, 9.0);
        }
        spikes
    });
    let view = spikes.view();
    let ends: Vec<_> = view.failed.iter().map(|trace| (&*trace.route, &*trace.end, trace.cause)).collect();
    let (fails, leaves) = ("/fails", ("/leaves", "cancelled", SpikeCause::Cancelled));
    let (error, panic) = ((fails, "error", SpikeCause::Error), (fails, "panic", SpikeCause::Error));
    // Latest first.
    assert_eq!(ends, [error, leaves, panic, leaves, error]);
    assert_eq!(view.lost.budget, 7 + 8);
    let expect = emission.expect().counter(&SPIKE.traces, (SpikeCause::Error,), 3);
    let expect = expect.counter(&SPIKE.traces, (SpikeCause::Cancelled,), 2);
    expect.counter(&SPIKE.lost, (LossReason::Budget,), 15).only();
}

#[test]
fn a_window_that_has_ended_is_shown_and_gives_its_budget_back() {
    let spikes = start(sampler().slowest(2).errors(1));
    for _ in 0..2 {
        for seconds in [1.0, 3.0, 2.0] {
            end(&spikes, "/", Outcome::Ok, seconds);
        }
        end(&spikes, "/fails", Outcome::OTHER, 0.5);
        assert!(spikes.flush(Duration::from_mins(1)));
    }
    let view = spikes.view();
    assert_eq!((view.slowest.len(), view.failed.len(), view.lost.budget), (0, 2, 0));
    assert_eq!(view.slowest_before.iter().map(|trace| trace.seconds).collect::<Vec<_>>(), [3.0, 2.0]);
}

#[test]
fn windows_end_by_themselves() {
    let spikes = start(Sampler::new().window(Duration::from_millis(1)));
    end(&spikes, "/", Outcome::Ok, 1.0);
    // Ends when the thread has taken the window, and not before.
    while !spikes.view().slowest.is_empty() {
        thread::yield_now();
    }
}

#[test]
fn an_event_that_is_not_kept_allocates_nothing() {
    let spikes = start(sampler().slowest(1));
    let layer_like: Arc<dyn mme_metrics::event::Listener> = Arc::new(spikes);
    let notify = |seconds| layer_like.ended(&Event::new(Source::Http, "/", Outcome::Ok, seconds));
    notify(1.0);
    let allocations = allocation_counter::measure(|| (0..1_000).for_each(|_| notify(0.5)));
    assert_eq!(allocations.count_total, 0);
}

async fn promote() -> (Extension<Notes>, &'static str) {
    (Extension(Notes::new().tier("neighbors").attribute("documents", "3")), "three")
}

#[derive(Clone)]
struct Tenant(&'static str);

#[tokio::test]
async fn a_trace_says_route_status_tier_and_what_was_chosen_and_nothing_else() {
    let spikes = start(sampler());
    let layer = HttpLayer::new().listener(spikes.clone());
    let layer = layer.note("tenant", |request| Some(request.extensions.get::<Tenant>()?.0));
    let layer = layer.note("broken", |_| panic!("on purpose"));
    let app = Router::new().route("/promote/{id}", post(promote)).layer(layer).layer(Extension(Tenant("acme")));
    let request =
        Request::post("/promote/secret-id?token=secret-token").header("authorization", "Bearer secret-header");
    let request = request.body(axum::body::Body::from("secret-body")).expect("a request");
    app.oneshot(request).await.expect("it answers").into_body().collect().await.expect("a body");
    let view = spikes.view();
    let [trace] = &view.slowest[..] else { panic!("{view:?}") };
    assert_eq!((&*trace.method, &*trace.route, trace.status), ("POST", "/promote/{id}", Some(200)));
    assert_eq!((&*trace.end, trace.tier.as_deref(), trace.cause), ("ok", Some("neighbors"), SpikeCause::Slow));
    let attributes: Vec<_> = trace.attributes.iter().map(|(key, value)| (&**key, &**value)).collect();
    assert_eq!(attributes, [("documents", "3"), ("tenant", "acme")]);
    let json = serde_json::to_string(&view).expect("it is JSON");
    assert!(!json.contains("secret"), "{json}");
}

#[tokio::test]
async fn requests_that_fail_panic_or_are_dropped_are_traced_once_each() {
    let spikes = start(sampler().slowest(0));
    let layer = || HttpLayer::new().route_fn(|_| Some("/")).listener(spikes.clone());
    let request = || Request::new(Empty::<Bytes>::new());
    type Answer = Result<Response<Full<Bytes>>, Infallible>;

    let falls = layer().layer(service_fn(async |_| -> Answer { panic!("on purpose") }));
    assert!(tokio::spawn(falls.oneshot(request())).await.is_err());
    let hangs = layer().layer(service_fn(async |_| std::future::pending::<Answer>().await));
    let mut future = Box::pin(hangs.oneshot(request()));
    assert!(poll_once(future.as_mut()).is_pending());
    drop(future);
    let refuses = layer().layer(service_fn(async |_| {
        Ok::<_, Infallible>(Response::builder().status(503).body(Full::<Bytes>::default()).expect("a response"))
    }));
    drop(refuses.oneshot(request()).await);
    let works = layer().layer(service_fn(async |_| Answer::Ok(Response::new(Full::default()))));
    drop(works.oneshot(request()).await);

    let view = spikes.view();
    let ends: Vec<_> = view.failed.iter().map(|trace| (&*trace.end, trace.status)).collect();
    assert_eq!(ends, [("error", Some(503)), ("cancelled", None), ("panic", None)]);
}

#[test]
fn a_function_is_sampled_by_the_attribute() {
    let spikes = start(sampler());

    #[instrument_metrics(objective = notify("import", spikes))]
    fn import(spikes: &Spikes) -> Result<(), ()> {
        Err(())
    }

    let _ = record(|| assert!(import(&spikes).is_err()));
    let view = spikes.view();
    assert_eq!((&*view.failed[0].source, &*view.failed[0].route), ("function", "import"));
}

/// Asks the endpoint; returns the status, the type and the body.
async fn ask(app: &Router, method: &str, authorization: &str) -> (u16, String, String) {
    let request = Request::builder().method(method).uri("/spikes").header("authorization", authorization);
    let request = request.body(axum::body::Body::empty()).expect("a request");
    let response = app.clone().oneshot(request).await.expect("it answers");
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().expect("a type").to_owned());
    assert_eq!(response.headers()["cache-control"], "no-store");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, kind.unwrap_or_default(), String::from_utf8(body.to_vec()).expect("a text"))
}

#[tokio::test]
async fn traces_are_shown_to_those_who_know_the_token_and_to_nobody_before_one_is_set() {
    let spikes = start(sampler());
    end(&spikes, "/slow", Outcome::Ok, 2.0);
    let shown = |endpoint: SpikeEndpoint| Router::new().route("/", get(|| async {})).merge(endpoint.into_router());
    let closed = shown(SpikeEndpoint::new(spikes.clone()));
    assert_eq!(ask(&closed, "GET", "Bearer ").await.0, 403);
    let open = shown(SpikeEndpoint::new(spikes).bearer("right").basic("admin", "pass"));
    for wrong in ["", "Bearer wrong", "Bearer", "Basic right", "right"] {
        let (status, _, body) = ask(&open, "GET", wrong).await;
        assert!(status == 401 && !body.contains("/slow"), "{wrong}: {status} {body}");
    }
    let (status, kind, body) = ask(&open, "GET", "Bearer right").await;
    assert_eq!((status, &*kind), (200, "application/json"));
    let view: serde_json::Value = serde_json::from_str(&body).expect("it is JSON");
    assert_eq!((&view["slowest"][0]["route"], &view["lost"]["disk"]), (&"/slow".into(), &0.into()));
    assert_eq!(ask(&open, "HEAD", "Bearer right").await.2, "");
    assert_eq!(ask(&open, "DELETE", "Bearer right").await.0, 405);
}

#[test]
fn nothing_that_is_chosen_or_secret_is_shown_by_debug() {
    let spikes = start(sampler());
    spikes.ended(&Event::new(Source::Http, "/", Outcome::Ok, 1.0).notes(&Notes::new().attribute("tenant", "hidden")));
    let endpoint = SpikeEndpoint::new(spikes.clone()).bearer("hidden");
    assert!(!format!("{spikes:?} {endpoint:?} {:?}", spikes.view()).contains("hidden"));
}

#[test]
fn samplers_are_shared_and_sent_between_threads() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    is_shared::<Spikes>();
    is_shared::<SpikeEndpoint>();
    is_shared::<Notes>();
}
