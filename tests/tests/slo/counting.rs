//! Objectives count events, bad events and their reasons exactly, wherever they are attached.

use std::convert::Infallible;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Full};
use mme_metrics::event::{Event, Listener as _, Source};
use mme_metrics::http::HttpLayer;
use mme_metrics::operation::{ClassifyReturn, Operation, Outcome};
use mme_metrics::slo::{Objective, SLO, SloName, SloReason};
use mme_metrics::testing::{Emission, Expectation, record};
use mme_metrics::{Format, Recorder, instrument_metrics};
use mme_metrics_tests::future::poll_once;
use mme_metrics_tests::isolated_process::run_alone;
use tower::{Layer as _, ServiceExt as _, service_fn};

/// No bound of any bucket.
const THRESHOLD: Duration = Duration::from_micros(73_291);

fn labels(name: &str) -> (SloName,) {
    // Registering again returns the same name.
    (SloName::register(name).expect("these tests have few objectives"),)
}

/// Expects what an objective has counted, and that it was declared.
fn counted<'a>(expect: Expectation<'a>, objective: &Objective, events: u64, bad: [u64; 2]) -> Expectation<'a> {
    let (slo,) = labels(objective.name());
    expect.counter(&SLO.events, (slo,), events).counter(&SLO.bad_events, (slo, SloReason::Error), bad[0]).counter(
        &SLO.bad_events,
        (slo, SloReason::Latency),
        bad[1],
    )
}

fn declared<'a>(expect: Expectation<'a>, name: &str, ratio: f64, threshold: Option<Duration>) -> Expectation<'a> {
    let expect = expect.gauge(&SLO.objective, labels(name), ratio);
    threshold
        .into_iter()
        .fold(expect, |expect, threshold| expect.gauge(&SLO.threshold, labels(name), threshold.as_secs_f64()))
}

/// The end of an event by its number: every shape of it, spread evenly, with durations on both sides of the threshold and
/// exactly on it.
fn event(number: u64) -> (Outcome, f64) {
    let outcome = match number % 10 {
        0 => Outcome::Error("status"),
        1 => Outcome::Panic,
        2 => Outcome::Cancelled,
        _ => Outcome::Ok,
    };
    let threshold = THRESHOLD.as_secs_f64();
    let seconds = match number / 10 % 4 {
        0 => threshold,
        1 => threshold + 1e-9,
        2 => threshold / 2.0,
        _ => threshold * 2.0,
    };
    (outcome, seconds)
}

#[test]
fn a_hundred_thousand_known_events_from_eight_threads_are_counted_exactly() {
    static SOUND: Objective = Objective::success("exact_success", 0.995);
    static QUICK: Objective = Objective::latency("exact_latency", 0.95, THRESHOLD);
    static BOTH: Objective = Objective::success("exact_both", 0.99).within(THRESHOLD);
    run_alone(|| {
        let recorder = Recorder::builder().process_metrics(false).install().expect("no other recorder in this process");
        let tell = |thread: u64| {
            for number in (thread..100_000).step_by(8) {
                let (outcome, seconds) = event(number);
                let event = Event::new(Source::Http, "/", outcome, seconds);
                [&SOUND, &QUICK, &BOTH].iter().for_each(|objective| objective.ended(&event));
            }
        };
        thread::scope(|scope| (0..8).map(|thread| scope.spawn(move || tell(thread))).for_each(drop));
        let text = recorder.render(Format::Text);
        // Of 100 000: 20 000 failed and 10 000 were cancelled; of each kind a half was late.
        for (name, events, errors, late) in [
            ("exact_success", 90_000, 20_000, 0),
            ("exact_latency", 95_000, 0, 50_000),
            ("exact_both", 95_000, 20_000, 40_000),
        ] {
            for line in [
                format!("slo_events_total{{slo=\"{name}\"}} {events}\n"),
                format!("slo_bad_events_total{{reason=\"error\",slo=\"{name}\"}} {errors}\n"),
                format!("slo_bad_events_total{{reason=\"latency\",slo=\"{name}\"}} {late}\n"),
            ] {
                assert!(text.contains(&line), "{line}{text}");
            }
        }
    });
}

async fn answer(request: Request<Empty<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::from("hello"));
    *response.status_mut() = match request.uri().path() {
        "/fails" => StatusCode::BAD_GATEWAY,
        "/refuses" => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    };
    Ok(response)
}

fn request(method: &str, path: &str) -> Request<Empty<Bytes>> {
    Request::builder().method(method).uri(path).body(Empty::new()).expect("a request")
}

/// Sends requests to a service with this layer, which takes them all for one route.
async fn visit(emission: &Emission, layer: HttpLayer, requests: &[(&str, &str)]) {
    let service = layer.route_fn(|_| Some("/promote")).layer(service_fn(answer));
    for (method, path) in requests {
        let answer = async {
            let response = service.clone().oneshot(request(method, path)).await.expect("it answers");
            response.into_body().collect().await.expect("a body")
        };
        emission.record_async(answer).await;
    }
}

#[tokio::test]
async fn two_objectives_on_one_route_count_independently() {
    static SOUND: Objective = Objective::success("route_success", 0.995);
    static SLOW: Objective = Objective::latency("route_latency", 0.95, Duration::from_hours(1));
    static NEVER: Objective = Objective::latency("route_never", 0.95, Duration::from_nanos(1));
    let layer = || {
        let layer = HttpLayer::new().listener_on("POST /promote", &SOUND)?;
        layer.listener_on("/promote", &SLOW)?.listener_on("/promote", &NEVER)
    };
    let emission = Emission::new();
    visit(
        &emission,
        layer().expect("they are routes"),
        &[("POST", "/"), ("POST", "/fails"), ("GET", "/fails"), ("POST", "/refuses")],
    )
    .await;
    let expect = counted(emission.expect(), &SOUND, 3, [1, 0]);
    let expect = counted(expect, &SLOW, 4, [0, 0]);
    counted(expect, &NEVER, 4, [0, 4]).among_others();
}

#[tokio::test]
async fn another_route_and_another_method_are_not_counted() {
    static OTHER: Objective = Objective::success("other_route", 0.995);
    static GET: Objective = Objective::success("other_method", 0.995);
    let emission = Emission::new();
    let layer =
        HttpLayer::new().listener_on("/demote", &OTHER).and_then(|layer| layer.listener_on("GET /promote", &GET));
    visit(&emission, layer.expect("they are routes"), &[("POST", "/fails"), ("HEAD", "/")]).await;
    let text = emission.recorder().render(Format::Text);
    assert!(!text.contains("slo_events_total{"), "{text}");
}

#[tokio::test]
async fn a_layer_declares_what_it_is_given_before_the_first_request() {
    static READY: Objective = Objective::success("declared_ready", 0.995).within(THRESHOLD);
    let layer = HttpLayer::new().listener_on("/promote", &READY).expect("it is a route");
    let emission = record(|| drop(layer.layer(service_fn(answer))));
    declared(emission.expect(), "declared_ready", 0.995, Some(THRESHOLD)).only();
    let text = emission.recorder().render(Format::Text);
    for line in [
        "slo_events_total{slo=\"declared_ready\"} 0\n",
        "slo_bad_events_total{reason=\"error\",slo=\"declared_ready\"} 0\n",
        "slo_bad_events_total{reason=\"latency\",slo=\"declared_ready\"} 0\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn a_request_that_is_dropped_counts_only_where_it_was_late() {
    static SOUND: Objective = Objective::success("dropped_success", 0.995);
    static LATE: Objective = Objective::latency("dropped_late", 0.95, Duration::from_nanos(1));
    static EARLY: Objective = Objective::latency("dropped_early", 0.95, Duration::from_hours(1));
    let emission = record(|| {
        let layer = HttpLayer::new().listener(&SOUND).listener(&LATE).listener(&EARLY);
        let hangs = service_fn(async |_: Request<Empty<Bytes>>| {
            std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>().await
        });
        let mut future = Box::pin(layer.layer(hangs).oneshot(request("GET", "/")));
        assert!(poll_once(future.as_mut()).is_pending());
        drop(future);
    });
    let expect = counted(emission.expect(), &SOUND, 0, [0, 0]);
    counted(counted(expect, &LATE, 1, [0, 1]), &EARLY, 0, [0, 0]).among_others();
}

static WORKS: Objective = Objective::success("function_works", 0.99);
static AT_ONCE: Objective = Objective::latency("function_at_once", 0.99, Duration::from_hours(1));

#[instrument_metrics(objective = &WORKS, objective = &AT_ONCE)]
fn works(fail: bool) -> Result<(), ()> {
    if fail { Err(()) } else { Ok(()) }
}

#[test]
fn a_function_counts_for_each_of_its_objectives_and_for_itself() {
    let emission = record(|| [false, true, false].map(works).map(drop).into_iter().for_each(drop));
    counted(counted(emission.expect(), &WORKS, 3, [1, 0]), &AT_ONCE, 3, [0, 0]).among_others();
    let text = emission.recorder().render(Format::Text);
    let own = "function_calls_total{function=\"works\",module=\"slo::counting\",result=\"ok\"} 2\n";
    assert!(text.contains(own), "{text}");
}

/// An operation that takes every third value for a failure.
struct Rng;

impl Operation for Rng {
    fn end(self, _: Outcome, _: f64) {}
}

impl ClassifyReturn<u32> for Rng {
    fn classify(&mut self, returned: &u32) -> Outcome {
        if returned.is_multiple_of(3) { Outcome::OTHER } else { Outcome::Ok }
    }
}

static LUCK: Objective = Objective::success("judged_luck", 0.5);

#[instrument_metrics(record = Rng, objective = &LUCK)]
async fn throw(value: u32) -> u32 {
    value
}

#[test]
fn an_operation_that_judges_does_so_for_the_objective_beside_it() {
    let emission = record(|| (1..=6).for_each(|value| _ = poll_once(std::pin::pin!(throw(value)))));
    let expect = declared(counted(emission.expect(), &LUCK, 6, [2, 0]), "judged_luck", 0.5, None);
    expect.only();
}

static STEADY: Objective = Objective::success("panic_steady", 0.5);

#[instrument_metrics(objective = &STEADY)]
fn falls() {
    panic!("on purpose");
}

#[instrument_metrics(objective = &STEADY)]
async fn waits() {
    std::future::pending::<()>().await;
}

#[test]
fn a_panic_is_bad_and_a_cancelled_call_is_nothing() {
    let emission = record(|| {
        assert!(std::panic::catch_unwind(falls).is_err());
        let mut future = Box::pin(waits());
        assert!(poll_once(future.as_mut()).is_pending());
        drop(future);
        // Never polled: nothing began.
        drop(waits());
    });
    counted(emission.expect(), &STEADY, 1, [1, 0]).among_others();
}

#[test]
fn objectives_are_shared_between_threads_and_say_what_they_are() {
    fn is_shared<T: Send + Sync + 'static>(_: &T) {}
    is_shared(&WORKS);
    let shown = format!("{WORKS:?}");
    assert!(shown.contains("function_works") && shown.contains("0.99"), "{shown}");
}
