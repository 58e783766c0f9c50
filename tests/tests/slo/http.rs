//! Objectives are exact through the layer that measures requests: of a hundred thousand, each is an event once and bad once,
//! whatever its end and on whichever side of the threshold.

use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Empty};
use mme_metrics::event::{Event, Listener};
use mme_metrics::http::HttpLayer;
use mme_metrics::operation::{Outcome, ResultLabel};
use mme_metrics::slo::Objective;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::future::poll_once;
use mme_metrics_tests::isolated_process::run_alone;
use tower::{Layer as _, ServiceExt as _, service_fn};

const REQUESTS: usize = 100_000;
const THREADS: usize = 8;

/// No bound of any bucket.
const THRESHOLD: Duration = Duration::from_micros(73_291);

/// No bound either, and one that a request can pass a thousand times in a test.
const SHORT: Duration = Duration::from_nanos(73_291);

static SOUND: Objective = Objective::success("http_sound", 0.995);
static QUICK: Objective = Objective::latency("http_quick", 0.95, SHORT);
static BOTH: Objective = Objective::success("http_both", 0.99).within(SHORT);
static CALM: Objective = Objective::latency("http_calm", 0.95, THRESHOLD);

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Works,
    Refused,
    Fails,
    Panics,
    /// The client leaves before there is an answer.
    Dropped,
    /// The client leaves in the middle of the body.
    LeftMidBody,
    /// The body breaks off.
    Breaks,
}

/// What is known of a request before it is sent.
#[derive(Clone, Copy)]
struct Plan {
    end: End,
    /// Whether it takes longer than the threshold, by more than two clocks can disagree.
    is_slow: bool,
    is_post: bool,
}

/// Plans the request with this number: in a thousand there is each of everything together.
fn plan(number: usize) -> Plan {
    let end = match number % 20 {
        0 => End::Fails,
        1 => End::Panics,
        2 => End::Dropped,
        3 => End::Refused,
        4 => End::Breaks,
        5 => End::LeftMidBody,
        _ => End::Works,
    };
    Plan { end, is_slow: (number / 20).is_multiple_of(25), is_post: (number / 500).is_multiple_of(2) }
}

/// Keeps what the layer tells of each request, by the request's number.
#[derive(Default)]
struct Witness(Mutex<Vec<(usize, Outcome, f64)>>);

impl Listener for Witness {
    fn ended(&self, event: &Event<'_>) {
        let number = event.notes.attributes().find(|(key, _)| *key == "number");
        let number = number.and_then(|(_, number)| number.parse().ok()).expect("each request has a number");
        self.0.lock().expect("nothing panics while it is held").push((number, event.outcome, event.seconds));
    }
}

/// One frame, and then whatever the request was to end with.
struct Answer {
    end: End,
    frames: u8,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.frames += 1;
        Poll::Ready(match self.frames {
            1 => Some(Ok(Frame::data(Bytes::from_static(b"hello")))),
            2 if self.end == End::Breaks => Some(Err(io::Error::other("on purpose"))),
            _ => None,
        })
    }
}

async fn handle(request: Request<Empty<Bytes>>) -> Result<Response<Answer>, Infallible> {
    let plan = plan(number(&request));
    if plan.is_slow {
        let begun = Instant::now();
        while begun.elapsed() < SHORT * 2 {
            std::hint::spin_loop();
        }
    }
    let status = match plan.end {
        End::Panics => panic!("on purpose"),
        End::Dropped => std::future::pending().await,
        End::Fails => 502,
        End::Refused => 404,
        End::Works | End::LeftMidBody | End::Breaks => 200,
    };
    let mut response = Response::new(Answer { end: plan.end, frames: 0 });
    *response.status_mut() = http::StatusCode::from_u16(status).expect("these are statuses");
    Ok(response)
}

fn number(request: &Request<Empty<Bytes>>) -> usize {
    request.headers()["number"].to_str().ok().and_then(|number| number.parse().ok()).expect("each request has a number")
}

/// Sends the request with this number, and lets it come to its end.
fn send(layer: &HttpLayer, number: usize) {
    let plan = plan(number);
    let method = if plan.is_post { "POST" } else { "GET" };
    let request = Request::builder().method(method).uri("/").header("number", number);
    let request = request.body(Empty::new()).expect("a request");
    let service = layer.layer(service_fn(handle));
    let answered = catch_unwind(AssertUnwindSafe(|| match poll_once(pin!(service.oneshot(request))) {
        Poll::Ready(Ok(response)) => Some(response),
        Poll::Pending => None,
    }));
    assert_eq!(answered.is_err(), plan.end == End::Panics);
    let Ok(Some(response)) = answered else { return };
    if plan.end == End::LeftMidBody {
        let mut body = response.into_body();
        assert!(matches!(poll_once(pin!(body.frame())), Poll::Ready(Some(Ok(_)))));
    } else {
        let read = poll_once(pin!(response.into_body().collect()));
        assert!(matches!(read, Poll::Ready(read) if read.is_err() == (plan.end == End::Breaks)));
    }
}

/// Counts the requests for which this holds.
fn count(holds: impl Fn(Plan, Outcome, f64) -> bool, told: &[(usize, Outcome, f64)]) -> usize {
    told.iter().filter(|(number, outcome, seconds)| holds(plan(*number), *outcome, *seconds)).count()
}

#[test]
fn of_a_hundred_thousand_requests_each_is_counted_once_by_each_objective_on_its_route() {
    run_alone(|| {
        // Five thousand panics are on purpose, and nobody wants to read of each; one of an assertion is not on purpose.
        std::panic::set_hook(Box::new(|panic| {
            if panic.payload_as_str() != Some("on purpose") {
                eprintln!("{panic}");
            }
        }));
        let recorder = Recorder::builder().process_metrics(false).install().expect("no other recorder in this process");
        let witness = Arc::new(Witness::default());
        let layer = HttpLayer::new()
            .route_fn(|_| Some("/promote"))
            .note("number", |request| request.headers.get("number")?.to_str().ok())
            .listener(Arc::clone(&witness))
            .listener_on("POST /promote", &SOUND)
            .expect("it is a route")
            .listener_on("/promote", &QUICK)
            .expect("it is a route")
            .listener_on("/promote", &BOTH)
            .expect("it is a route")
            .listener_on("GET /promote", &CALM)
            .expect("it is a route");
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let layer = &layer;
                scope.spawn(move || (thread..REQUESTS).step_by(THREADS).for_each(|number| send(layer, number)));
            }
        });
        let mut told = witness.0.lock().expect("nothing panics while it is held").clone();
        told.sort_unstable_by_key(|(number, ..)| *number);
        assert!(told.iter().map(|(number, ..)| *number).eq(0..REQUESTS), "each request is told of once");
        for (number, outcome, seconds) in &told {
            let plan = plan(*number);
            let expected = match plan.end {
                End::Works | End::Refused => ResultLabel::Ok,
                End::Fails | End::Panics | End::Breaks => ResultLabel::Error,
                End::Dropped | End::LeftMidBody => ResultLabel::Cancelled,
            };
            assert_eq!(outcome.result_label(), expected, "{:?}", plan.end);
            assert!(!plan.is_slow || *seconds > SHORT.as_secs_f64(), "{seconds}");
        }

        let text = recorder.render(Format::Text);
        let counted = |objective: &Objective, events: usize, errors: usize, late: usize| {
            let name = objective.name();
            for line in [
                format!("slo_events_total{{slo=\"{name}\"}} {events}\n"),
                format!("slo_bad_events_total{{reason=\"error\",slo=\"{name}\"}} {errors}\n"),
                format!("slo_bad_events_total{{reason=\"latency\",slo=\"{name}\"}} {late}\n"),
            ] {
                assert!(text.contains(&line), "{line}{text}");
            }
        };
        // Known beforehand: of 50 000 posts, two in twenty were cancelled and three failed.
        counted(&SOUND, 45_000, 7_500, 0);
        let is_cancelled = |outcome: Outcome| outcome.result_label() == ResultLabel::Cancelled;
        let is_bad = |outcome: Outcome| outcome.result_label() == ResultLabel::Error;
        let is_late = |seconds: f64| seconds > SHORT.as_secs_f64();
        let events = count(|_, outcome, seconds| !is_cancelled(outcome) || is_late(seconds), &told);
        let late = count(|_, _, seconds| is_late(seconds), &told);
        assert!((4_000..REQUESTS).contains(&late), "{late}");
        counted(&QUICK, events, 0, late);
        counted(&BOTH, events, 15_000, count(|_, outcome, seconds| is_late(seconds) && !is_bad(outcome), &told));
        let is_very_late = |seconds: f64| seconds > THRESHOLD.as_secs_f64();
        let gets = |outcome, seconds| !is_cancelled(outcome) || is_very_late(seconds);
        let events = count(|plan, outcome, seconds| !plan.is_post && gets(outcome, seconds), &told);
        counted(&CALM, events, 0, count(|plan, _, seconds| !plan.is_post && is_very_late(seconds), &told));
    });
}
