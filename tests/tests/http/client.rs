//! The client's side: the same ends, told by server.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::TokioIo;
use mme_metrics::http::{ErrorType, HTTP, HttpClientLayer, Method, ReqwestService, SendMeasured, ServerPort, Status};
use mme_metrics::label::ServerAddress;
use mme_metrics::testing::Emission;
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceExt, service_fn};

type ClientLabels = (Method, ServerAddress, ServerPort, Status, ErrorType);

fn labels(address: &'static str, port: u16, status: u16, error: ErrorType) -> ClientLabels {
    let (address, port) = (ServerAddress::new(address), ServerPort::new(port.to_string()));
    (Method::Get, address, port, Status::new(status), error)
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
        .histogram(&HTTP.client_duration, labels("a.example", 80, 200, ErrorType::None), 2)
        .histogram(&HTTP.client_duration, labels("a.example", 443, 200, ErrorType::None), 1)
        .histogram(&HTTP.client_duration, labels("[::1]", 81, 200, ErrorType::None), 1)
        .only();
}

#[test]
fn a_call_that_nobody_awaits_is_cancelled() {
    let emission = Emission::new();
    let never = service_fn(|_| std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>());
    let request = Request::get("http://b.example/").body(Empty::<Bytes>::new()).unwrap();
    emission.record(|| drop(HttpClientLayer::new().layer(never).oneshot(request)));
    // `oneshot` calls only when it is polled, so nothing began.
    emission.expect().only();
}

#[test]
fn a_call_that_began_without_a_recorder_leaves_no_gauge_below_zero() {
    let never = service_fn(|_| std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>());
    let request = Request::get("http://early.example/").body(Empty::<Bytes>::new()).unwrap();
    let begun = HttpClientLayer::new().layer(never).call(request);
    let emission = mme_metrics::testing::record(|| drop(begun));
    emission.expect().histogram(&HTTP.client_duration, labels("early.example", 80, 0, ErrorType::Cancelled), 1).only();
}

#[test]
fn a_call_that_ends_under_another_recorder_is_in_flight_where_it_began() {
    let (first, second) = (Emission::new(), Emission::new());
    let never = service_fn(|_| std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>());
    let request = Request::get("http://moved.example/").body(Empty::<Bytes>::new()).unwrap();
    let begun = first.record(|| HttpClientLayer::new().layer(never).call(request));
    second.record(|| drop(begun));
    first.expect().only();
    second.expect().histogram(&HTTP.client_duration, labels("moved.example", 80, 0, ErrorType::Cancelled), 1).only();
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
    emission.expect().histogram(&HTTP.client_duration, labels("127.0.0.1", port, 200, ErrorType::None), 1).only();
}

#[tokio::test]
async fn an_unreachable_server_is_a_service_error() {
    let emission = Emission::new();
    let service = HttpClientLayer::new().layer(ReqwestService::new(reqwest::Client::new()));
    // Port 1 of this host is nobody's.
    let request = Request::get("http://127.0.0.1:1/").body(reqwest::Body::default()).unwrap();
    emission.record_async(service.oneshot(request)).await.unwrap_err();
    emission.expect().histogram(&HTTP.client_duration, labels("127.0.0.1", 1, 0, ErrorType::Service), 1).only();
}
