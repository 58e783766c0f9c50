//! A request through the HTTP layer, with and without listeners to its end.
//!
//! Each contestant has a route of its own, so that each counts in series of its own, in the order in which they are made.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{Empty, Full};
use mme_metrics::event::{Event, Listener as _, Source};
use mme_metrics::http::HttpLayer;
use mme_metrics::operation::Outcome;
use mme_metrics::slo::Objective;
use mme_metrics::spike::{Sampler, Spikes};
use mme_metrics::{Format, Recorder};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::contest::Contestant;

static SOUND: Objective = Objective::success("sound", 0.995);
static QUICK: Objective = Objective::latency("quick", 0.95, Duration::from_secs(1));
static LATE: Objective = Objective::latency("late", 0.95, Duration::from_nanos(1));

/// Where contestants stand whose differences are of interest.
pub mod place {
    /// The layer without a listener.
    pub const LAYER: usize = 2;
    /// One objective.
    pub const OBJECTIVE: usize = 3;
    /// One objective that every request misses.
    pub const MISSED: usize = 4;
    /// Two objectives.
    pub const OBJECTIVES: usize = 5;
    /// A sampler that keeps none of the requests.
    pub const SAMPLER: usize = 6;
}

/// Makes all contestants; the recorder has to be the process's.
///
/// # Panics
///
/// When a layer is given a wrong route.
pub fn contestants(recorder: &Recorder) -> Vec<Contestant> {
    let layer = |route: &'static str| HttpLayer::new().route_fn(move |_| Some(route));
    let measured = |name: &str, route: &'static str, layer: HttpLayer| {
        let service = layer.layer(Hello);
        let recorder = recorder.clone();
        let done = move || count(&recorder, route);
        Contestant::new(name, move |times| drive(service.clone(), times), done)
    };
    vec![
        bare("bare service"),
        bare("bare service again"),
        measured("layer", "/layer", layer("/layer")),
        measured("with an objective", "/one", layer("/one").listener_on("/one", &SOUND).expect("it is a route")),
        measured(
            "with one that is missed",
            "/late",
            layer("/late").listener_on("/late", &LATE).expect("it is a route"),
        ),
        measured(
            "with two objectives",
            "/two",
            layer("/two")
                .listener_on("/two", &SOUND)
                .expect("it is a route")
                .listener_on("/two", &QUICK)
                .expect("it is a route"),
        ),
        measured("with a sampler", "/spike", layer("/spike").listener(full())),
        measured(
            "with a sampler and two objectives",
            "/all",
            layer("/all")
                .listener(full())
                .listener_on("/all", &SOUND)
                .expect("it is a route")
                .listener_on("/all", &QUICK)
                .expect("it is a route"),
        ),
    ]
}

/// Makes contestants of the listeners alone.
pub fn listeners() -> Vec<Contestant> {
    let (spikes, layer) = (full(), Event::new(Source::Http, "/", Outcome::Ok, 0.001));
    vec![
        Contestant::new("bare loop", |times| (0..times).for_each(|at| _ = black_box(at)), || 0),
        Contestant::new("bare loop again", |times| (0..times).for_each(|at| _ = black_box(at)), || 0),
        Contestant::new("objective", move |times| (0..times).for_each(|_| SOUND.ended(black_box(&layer))), || 0),
        Contestant::new(
            "objective that is missed",
            move |times| (0..times).for_each(|_| LATE.ended(black_box(&layer))),
            || 0,
        ),
        Contestant::new("sampler", move |times| (0..times).for_each(|_| spikes.ended(black_box(&layer))), || 0),
    ]
}

/// Returns a sampler whose window is full of slower events.
///
/// # Panics
///
/// When no thread can be had.
fn full() -> Spikes {
    let sampler = Sampler::new().window(Duration::from_hours(24)).slowest(100);
    let spikes = sampler.start().expect("a thread can be had");
    (0..100).for_each(|_| spikes.ended(&Event::new(Source::Http, "/", Outcome::Ok, 1e9)));
    spikes
}

fn bare(name: &str) -> Contestant {
    Contestant::new(name, |times| drive(Hello, times), || 0)
}

/// Sends requests, and reads each answer to its end.
fn drive<S, B>(mut service: S, times: u64)
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>>,
    B: http_body::Body,
{
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..times {
        let future = pin!(service.call(black_box(Request::new(Empty::new()))));
        let Poll::Ready(Ok(response)) = future.poll(&mut context) else { continue };
        let mut body = pin!(response.into_body());
        while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
            let _ = black_box(frame.is_ok());
            if body.is_end_stream() {
                break;
            }
        }
    }
}

/// Returns how many requests were counted on a route.
fn count(recorder: &Recorder, route: &str) -> u64 {
    let text = recorder.render(Format::Text);
    let name = "http_server_request_duration_seconds_count{";
    let on_route = |line: &&str| line.starts_with(name) && line.contains(&format!("http_route=\"{route}\""));
    text.lines().filter(on_route).filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
}

/// Answers at once.
#[derive(Clone, Copy, Debug)]
struct Hello;

impl Service<Request<Empty<Bytes>>> for Hello {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Empty<Bytes>>) -> Self::Future {
        ready(Ok(Response::new(Full::from("hello"))))
    }
}
