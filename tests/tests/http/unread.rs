//! What the head has said stands, whoever reads the body: a 5xx is an error of its status for server, client and objectives.

use std::convert::Infallible;
use std::future::ready;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use mme_metrics::http::{HTTP, HttpClientLayer, HttpErrorType, HttpMethod, HttpStatus};
use mme_metrics::label::{ServerAddress, ServerPort};
use mme_metrics::slo::{Objective, SLO, SloName, SloReason};
use mme_metrics::testing::Emission;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{expect, get, layer};

static SOUND: Objective = Objective::success("unread_sound", 0.99);

/// What a request that was answered with `status` and left after the head is an error of.
fn left(status: u16) -> HttpErrorType {
    if status >= 500 { HttpErrorType::Status(HttpStatus::new(status)) } else { HttpErrorType::Cancelled }
}

/// A service that gives each request the answer that `answer` makes.
fn answers<B>(
    answer: impl Fn() -> Response<B> + Clone,
) -> impl Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Infallible, Future: Unpin> + Clone {
    service_fn(move |_| ready(Ok(answer())))
}

/// A body that never ends and never has a frame.
type Endless = StreamBody<stream::Pending<Result<Frame<Bytes>, Infallible>>>;

fn endless(status: u16) -> Response<Endless> {
    Response::builder().status(status).body(StreamBody::new(stream::pending())).unwrap()
}

#[tokio::test]
async fn a_5xx_whose_body_nobody_reads_is_an_error_of_its_status() {
    for status in [200, 404, 499, 500, 503, 599] {
        let emission = Emission::new();
        let service = layer().layer(answers(move || endless(status)));
        emission.record_async(async { drop(service.oneshot(get()).await) }).await;
        expect(&emission, status, left(status), 1).only();
    }
}

#[tokio::test]
async fn a_5xx_that_is_left_in_the_middle_of_its_body_is_an_error_of_its_status() {
    let frames = || stream::iter(["a", "b"].map(|text| Ok::<_, Infallible>(Frame::data(Bytes::from(text)))));
    let answer = move || Response::builder().status(502).body(StreamBody::new(frames())).unwrap();
    let service = layer().layer(answers(answer));
    let emission = Emission::new();
    let midway = async { drop(service.oneshot(get()).await.unwrap().frame().await) };
    emission.record_async(midway).await;
    expect(&emission, 502, left(502), 1).only();
}

#[tokio::test]
async fn an_objective_counts_a_5xx_whose_body_nobody_reads() {
    let emission = Emission::new();
    let service = emission.record(|| layer().listener(&SOUND).layer(answers(|| endless(500))));
    emission.record_async(async { drop(service.oneshot(get()).await) }).await;
    let name = SloName::register("unread_sound").unwrap();
    expect(&emission, 500, left(500), 1)
        .counter(&SLO.events, (name,), 1)
        .counter(&SLO.bad_events, (name, SloReason::Error), 1)
        .among_others();
}

#[tokio::test]
async fn a_client_that_looks_only_at_the_status_counts_it() {
    for status in [200, 503] {
        let emission = Emission::new();
        let service = HttpClientLayer::new().layer(answers(move || endless(status)));
        let request = Request::get("http://unread.example/").body(Empty::<Bytes>::new()).unwrap();
        emission.record_async(async { drop(service.oneshot(request).await) }).await;
        let server = (ServerAddress::new("unread.example"), ServerPort::new("80"));
        let labels = (HttpMethod::Get, server.0, server.1, HttpStatus::new(status), left(status));
        emission.expect().histogram(&HTTP.client_duration, labels, 1).only();
    }
}

#[tokio::test]
async fn a_status_that_http_does_not_have_is_an_error() {
    let emission = Emission::new();
    for status in [600, 999] {
        let answer = move || Response::builder().status(status).body(Empty::<Bytes>::new()).unwrap();
        let service = layer().layer(answers(answer));
        emission.record_async(async { drop(service.oneshot(get()).await) }).await;
    }
    expect(&emission, 600, HttpErrorType::Status(HttpStatus::new(600)), 2).only();
}

/// Answers with a body of `frames`, whose announced length is 3, and reads `reads` frames of it.
async fn announced(frames: &'static [&'static str], reads: usize) -> Emission {
    let frames = move || stream::iter(frames.iter().map(|text| Ok::<_, Infallible>(Frame::data(Bytes::from(*text)))));
    let answer = move || Response::builder().header("content-length", 3).body(StreamBody::new(frames())).unwrap();
    let emission = Emission::new();
    let service = layer().layer(answers(answer));
    let read = async {
        let mut response = service.oneshot(get()).await.unwrap();
        for _ in 0..reads {
            drop(response.frame().await);
        }
    };
    emission.record_async(read).await;
    emission
}

#[tokio::test]
async fn a_body_that_is_longer_or_shorter_than_announced_is_a_body_error() {
    let bodies: [(&[&str], usize); 5] =
        [(&["abcd"], 1), (&["ab", "cd"], 2), (&["abc", "d"], 2), (&["ab"], 2), (&[], 1)];
    for (frames, reads) in bodies {
        expect(&announced(frames, reads).await, 200, HttpErrorType::Body, 1).only();
    }
}

#[tokio::test]
async fn a_body_of_the_announced_length_is_complete_whether_it_is_read_on_or_not() {
    for (frames, reads) in [(&["abc"][..], 1), (&["abc"], 2), (&["ab", "c"], 2), (&["ab", "c", ""], 4)] {
        expect(&announced(frames, reads).await, 200, HttpErrorType::None, 1).only();
    }
    expect(&announced(&["ab", "c"], 1).await, 200, HttpErrorType::Cancelled, 1).only();
}

#[tokio::test]
async fn what_a_body_reports_does_not_hide_what_the_client_was_told() {
    for (length, error) in [("4", HttpErrorType::Body), ("5", HttpErrorType::None), ("6", HttpErrorType::Body)] {
        let answer =
            move || Response::builder().header("content-length", length).body(Full::<Bytes>::from("hello")).unwrap();
        let service = layer().layer(answers(answer));
        let emission = Emission::new();
        let read = async { drop(service.oneshot(get()).await.unwrap().collect().await) };
        emission.record_async(read).await;
        expect(&emission, 200, error, 1).only();
    }
}
