//! The client layer: every outcome, by server.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::task::Poll;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper_util::rt::TokioIo;
use mme_metrics::exchange::ExchangeBody;
use mme_metrics::http::{
    HTTP, HttpClientExchange, HttpClientLayer, HttpErrorType, HttpMethod, HttpStatus, ReqwestService, SendMeasured,
};
use mme_metrics::label::{ServerAddress, ServerPort};
use mme_metrics::testing::Emission;
use tokio::net::TcpListener;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

type ClientLabels = (HttpMethod, ServerAddress, ServerPort, HttpStatus, HttpErrorType);

fn labels(address: &'static str, port: u16, status: u16, error: HttpErrorType) -> ClientLabels {
    let (address, port) = (ServerAddress::new(address), ServerPort::new(port.to_string()));
    (HttpMethod::Get, address, port, HttpStatus::new(status), error)
}

async fn call(emission: &Emission, uri: &str) {
    let hello = service_fn(|_| async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("hello"))) });
    let request = Request::get(uri).body(Empty::<Bytes>::new()).unwrap();
    let answer = async { HttpClientLayer::new().layer(hello).oneshot(request).await.unwrap().collect().await };
    emission.record_async(answer).await.unwrap();
}

#[tokio::test]
async fn servers_are_told_apart_by_host_and_port_and_nothing_else() {
    let emission = Emission::new();
    for uri in ["http://A.example/x?y", "http://user:secret@a.example:80/", "https://a.example/", "http://[::1]:81/"] {
        call(&emission, uri).await;
    }
    emission
        .expect()
        .histogram(&HTTP.client_duration, labels("a.example", 80, 200, HttpErrorType::None), 2)
        .histogram(&HTTP.client_duration, labels("a.example", 443, 200, HttpErrorType::None), 1)
        .histogram(&HTTP.client_duration, labels("[::1]", 81, 200, HttpErrorType::None), 1)
        .only();
}

#[test]
fn a_call_is_cancelled_by_a_drop_and_what_never_called_is_nothing() {
    let emission = Emission::new();
    let never = || service_fn(|_| std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>());
    let request = || Request::get("http://b.example/").body(Empty::<Bytes>::new()).unwrap();
    // `oneshot` calls only when it is polled, so nothing began.
    emission.record(|| drop(HttpClientLayer::new().layer(never()).oneshot(request())));
    emission.expect().only();
    emission.record(|| drop(HttpClientLayer::new().layer(never()).call(request())));
    emission.expect().histogram(&HTTP.client_duration, labels("b.example", 80, 0, HttpErrorType::Cancelled), 1).only();
}

/// Sends a request that is answered by `answer`, and lets `read` do with the response what a client might.
async fn ends<B, F>(answer: impl Fn() -> Response<B>, read: impl FnOnce(Response<MeasuredBody<B>>) -> F) -> Emission
where
    B: Body,
    F: Future<Output = ()>,
{
    let emission = Emission::new();
    let service = HttpClientLayer::new().layer(service_fn(|_| std::future::ready(Ok::<_, Infallible>(answer()))));
    let request = Request::get("http://ends.example/").body(Empty::<Bytes>::new()).unwrap();
    emission.record_async(async { read(service.oneshot(request).await.unwrap()).await }).await;
    emission
}

type MeasuredBody<B> = ExchangeBody<B, HttpClientExchange>;

#[track_caller]
fn ended(emission: &Emission, status: u16, error: HttpErrorType) {
    emission.expect().histogram(&HTTP.client_duration, labels("ends.example", 80, status, error), 1).only();
}

/// A body of two frames; `second` is the other.
fn frames(second: Result<Frame<Bytes>, BoxError>) -> impl Body<Data = Bytes, Error = BoxError> + Unpin {
    StreamBody::new(stream::iter([Ok(Frame::data(Bytes::from("first"))), second]))
}

#[tokio::test]
async fn a_response_that_is_dropped_midway_is_cancelled_with_its_status() {
    let answer = || Response::new(frames(Ok(Frame::data(Bytes::new()))));
    let emission = ends(answer, async |mut response| drop(response.frame().await)).await;
    ended(&emission, 200, HttpErrorType::Cancelled);
}

#[tokio::test]
async fn a_body_that_breaks_is_a_body_error() {
    let answer = || Response::new(frames(Err("on purpose".into())));
    let emission = ends(answer, async |response| assert!(response.collect().await.is_err())).await;
    ended(&emission, 200, HttpErrorType::Body);
}

#[tokio::test]
async fn a_body_that_panics_is_a_panic() {
    let panics =
        || StreamBody::new(stream::poll_fn(|_| -> Poll<Option<Result<Frame<Bytes>, Infallible>>> { panic!() }));
    let read = async |mut response: Response<MeasuredBody<_>>| {
        let caught = AssertUnwindSafe(response.frame()).catch_unwind().await;
        assert!(caught.is_err());
    };
    ended(&ends(|| Response::new(panics()), read).await, 200, HttpErrorType::Panic);
}

#[tokio::test]
async fn a_5xx_is_an_error_of_its_number_and_a_4xx_is_none() {
    for (status, error) in [(503, HttpErrorType::Status(HttpStatus::new(503))), (404, HttpErrorType::None)] {
        let answer = || Response::builder().status(status).body(Full::<Bytes>::from("text")).unwrap();
        let emission = ends(answer, async |response| drop(response.collect().await.unwrap())).await;
        ended(&emission, status, error);
    }
}

#[tokio::test]
async fn an_event_stream_ends_at_its_head() {
    let endless = || StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>());
    let answer = || Response::builder().header("content-type", "text/event-stream").body(endless()).unwrap();
    let emission = ends(answer, async |response| drop(response)).await;
    ended(&emission, 200, HttpErrorType::None);
}

#[test]
fn a_call_that_began_without_a_recorder_leaves_no_gauge_below_zero() {
    let never = service_fn(|_| std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>());
    let request = Request::get("http://early.example/").body(Empty::<Bytes>::new()).unwrap();
    let begun = HttpClientLayer::new().layer(never).call(request);
    let emission = mme_metrics::testing::record(|| drop(begun));
    emission
        .expect()
        .histogram(&HTTP.client_duration, labels("early.example", 80, 0, HttpErrorType::Cancelled), 1)
        .only();
}

#[test]
fn a_call_that_ends_under_another_recorder_is_in_flight_where_it_began() {
    let (first, second) = (Emission::new(), Emission::new());
    let never = service_fn(|_| std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>());
    let request = Request::get("http://moved.example/").body(Empty::<Bytes>::new()).unwrap();
    let begun = first.record(|| HttpClientLayer::new().layer(never).call(request));
    second.record(|| drop(begun));
    first.expect().only();
    second
        .expect()
        .histogram(&HTTP.client_duration, labels("moved.example", 80, 0, HttpErrorType::Cancelled), 1)
        .only();
}

/// Answers every request of one connection with `hello`; returns its port.
async fn serve_hello() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let hello = |_| async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("hello"))) };
        let (io, _) = listener.accept().await.unwrap();
        let service = hyper::service::service_fn(hello);
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(io), service).await.unwrap();
    });
    port
}

#[tokio::test]
async fn reqwest_sends_and_measures_with_one_word_changed() {
    let (emission, port) = (Emission::new(), serve_hello().await);
    let url = format!("http://127.0.0.1:{port}/path");
    let response = emission.record_async(reqwest::Client::new().get(&url).send_measured()).await.unwrap();
    assert_eq!(response.url().as_str(), url);
    assert_eq!(emission.record_async(response.text()).await.unwrap(), "hello");
    emission.expect().histogram(&HTTP.client_duration, labels("127.0.0.1", port, 200, HttpErrorType::None), 1).only();
}

#[tokio::test]
async fn an_unreachable_server_is_a_service_error() {
    let emission = Emission::new();
    let service = HttpClientLayer::new().layer(ReqwestService::new(reqwest::Client::new()));
    // Port 1 of this host is nobody's.
    let request = Request::get("http://127.0.0.1:1/").body(reqwest::Body::default()).unwrap();
    emission.record_async(service.oneshot(request)).await.unwrap_err();
    emission.expect().histogram(&HTTP.client_duration, labels("127.0.0.1", 1, 0, HttpErrorType::Service), 1).only();
}
