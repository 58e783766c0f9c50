//! Ten kinds of bodies through a real hyper server: one completion and one size each, and the client receives the same bytes
//! as without the layer.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use mme_metrics::http::{
    HTTP, HttpErrorType, HttpMethod, HttpRequestBody, HttpStatus, Route, Scheme, count_request_body,
};
use mme_metrics::testing::Emission;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

use crate::{ROUTE, layer};

type AnyBody = UnsyncBoxBody<Bytes, BoxError>;

fn data(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(text.as_bytes()))
}

/// A body of these frames, of which nobody knows the length.
fn streamed<const N: usize>(frames: [Frame<Bytes>; N]) -> AnyBody {
    StreamBody::new(stream::iter(frames.map(Ok))).boxed_unsync()
}

/// A body that fails after one frame.
fn failing() -> AnyBody {
    StreamBody::new(stream::iter([Ok(data("ab")), Err("on purpose".into())])).boxed_unsync()
}

async fn answer(request: Request<Incoming>) -> Result<Response<AnyBody>, Infallible> {
    let full = || Full::from("0123456789").map_err(Into::into).boxed_unsync();
    let response = Response::builder();
    let response = match request.uri().path() {
        "/empty" => response.body(Empty::new().map_err(Into::into).boxed_unsync()),
        "/exact" => response.header("content-length", "4").body(streamed([data("ab"), data("cd")])),
        "/short" => response.header("content-length", "10").body(streamed([data("ab"), data("cd")])),
        "/long" => response.header("content-length", "3").body(streamed([data("ab"), data("cd")])),
        "/chunked" => response.body(streamed([data("ab"), data(""), data("cd")])),
        "/trailers" => {
            let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "7".parse().unwrap())]);
            response.header("trailer", "x-sum").body(streamed([data("ab"), Frame::trailers(trailers)]))
        }
        "/error" => response.body(failing()),
        "/endless" => response.body(StreamBody::new(stream::repeat_with(|| Ok(data("endless ")))).boxed_unsync()),
        _ => response.body(full()),
    };
    Ok(response.unwrap())
}

/// Serves one connection with a real hyper server.
async fn serve<S, B>(service: S, io: DuplexStream)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Data = Bytes, Error = BoxError> + 'static,
{
    // A body that fails fails its connection.
    let _ = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(io), TowerToHyperService::new(service))
        .await;
}

/// Sends one request and returns all that comes back; `limit` bytes at most, after which the client leaves.
async fn receive(mut io: DuplexStream, method: &str, path: &str, limit: usize) -> Vec<u8> {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: a\r\nte: trailers\r\nconnection: close\r\n\r\n");
    io.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    io.take(limit as u64).read_to_end(&mut bytes).await.unwrap();
    bytes
}

async fn check(method: &str, path: &str, error: HttpErrorType, sizes: u64) {
    let limit = if path == "/endless" { 4_096 } else { usize::MAX };
    let (client, server) = tokio::io::duplex(1_024);
    let (bare, ()) = tokio::join!(receive(client, method, path, limit), serve(service_fn(answer), server));

    let emission = Emission::new();
    let (client, server) = tokio::io::duplex(1_024);
    let measured = emission.record_async(serve(layer().body_sizes(true).layer(service_fn(answer)), server));
    let (ours, ()) = tokio::join!(receive(client, method, path, limit), measured);
    assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&bare));

    let (method, route, status) = (HttpMethod::from_name(method), Route::find(ROUTE), HttpStatus::new(200));
    emission
        .expect()
        .histogram(&HTTP.server_duration, (method, route, status, Scheme::Http, error), 1)
        .histogram(&HTTP.server_response_size, (method, route, status), 1)
        .only();
    if path != "/endless" {
        let text = emission.recorder().render(mme_metrics::Format::Text);
        let line = text.lines().find(|line| line.starts_with("http_server_response_body_size_bytes_sum")).unwrap();
        assert!(line.ends_with(&format!(" {sizes}")), "{line}, not {sizes}");
    }
}

#[tokio::test]
async fn full() {
    check("GET", "/full", HttpErrorType::None, 10).await;
}

#[tokio::test]
async fn empty() {
    check("GET", "/empty", HttpErrorType::None, 0).await;
}

#[tokio::test]
async fn exact_length_stream() {
    check("GET", "/exact", HttpErrorType::None, 4).await;
}

#[tokio::test]
async fn shorter_than_announced() {
    check("GET", "/short", HttpErrorType::Body, 4).await;
}

#[tokio::test]
async fn longer_than_announced() {
    check("GET", "/long", HttpErrorType::Body, 4).await;
}

#[tokio::test]
async fn chunked() {
    check("GET", "/chunked", HttpErrorType::None, 4).await;
}

#[tokio::test]
async fn trailers() {
    check("GET", "/trailers", HttpErrorType::None, 2).await;
}

#[tokio::test]
async fn error_frame() {
    check("GET", "/error", HttpErrorType::Body, 2).await;
}

#[tokio::test]
async fn early_drop() {
    check("GET", "/endless", HttpErrorType::Cancelled, 0).await;
}

#[tokio::test]
async fn head() {
    check("HEAD", "/full", HttpErrorType::None, 0).await;
}

#[tokio::test]
async fn head_of_a_stream() {
    check("HEAD", "/chunked", HttpErrorType::None, 0).await;
}

#[tokio::test]
async fn a_request_body_of_any_kind_is_counted_as_it_is_read() {
    let read = |request: Request<HttpRequestBody<Incoming>>| async {
        let body = request.into_body().collect().await?.to_bytes();
        Ok::<_, BoxError>(Response::new(Full::new(body)))
    };
    let service = layer().body_sizes(true).layer(service_fn(read)).map_request(count_request_body);
    let (mut client, server) = tokio::io::duplex(1_024);
    let emission = Emission::new();
    let served = http1::Builder::new().serve_connection(TokioIo::new(server), TowerToHyperService::new(service));
    let posted = async {
        let head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
        client.write_all(format!("{head}3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n").as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        client.read_to_end(&mut bytes).await.unwrap();
        bytes
    };
    let (served, received) = tokio::join!(emission.record_async(served), posted);
    served.unwrap();
    assert!(received.ends_with(b"abcdefg"));
    let labels = (HttpMethod::Post, Route::find(ROUTE), HttpStatus::new(200));
    emission.expect().histogram(&HTTP.server_request_size, labels, 1).among_others();
    let text = emission.recorder().render(mme_metrics::Format::Text);
    let sums = text.lines().filter(|line| line.contains("body_size_bytes_sum"));
    assert!(sums.map(|line| line.ends_with(" 7")).eq([true, true]), "{text}");
}
