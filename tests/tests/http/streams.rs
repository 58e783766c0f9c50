//! Streams: the request ends at the head, and the lifetime of the stream is measured separately.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use mme_metrics::http::{HTTP, HttpErrorType, HttpMethod, HttpStreamKind, Scheme, StreamGuard};
use mme_metrics::testing::{Emission, Expectation};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tower::{Layer, ServiceExt, service_fn};

use crate::{ROUTE, ended, get, layer};

const STREAMS: u16 = 100;

fn expect(emission: &Emission, kind: HttpStreamKind, status: u16, open: u16) -> Expectation<'_> {
    let stream = || (mme_metrics::http::Route::find(ROUTE), kind);
    emission
        .expect()
        .histogram(&HTTP.server_duration, ended(status, HttpErrorType::None), STREAMS.into())
        .gauge(&HTTP.server_streams, stream(), open.into())
        .histogram(&HTTP.server_stream_duration, stream(), (STREAMS - open).into())
}

#[tokio::test]
async fn event_streams_end_their_request_at_the_head() {
    let events = service_fn(|_: Request<_>| async {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(1);
        sender.send(Bytes::from_static(b"data: 1\n\n")).await.unwrap();
        let frames = futures_util::stream::poll_fn(move |context| {
            // The sender lives as long as the stream, which therefore never ends.
            let _open = &sender;
            receiver.poll_recv(context).map(|data| data.map(|data| Ok::<_, Infallible>(Frame::data(data))))
        });
        let response = Response::builder().header("content-type", "text/event-stream; charset=utf-8");
        Ok::<_, Infallible>(response.body(StreamBody::new(frames)).unwrap())
    });
    let (emission, service) = (Emission::new(), layer().layer(events));
    let open = join_all((0..STREAMS).map(|_| service.clone().oneshot(get())));
    let mut open = emission.record_async(open).await;
    expect(&emission, HttpStreamKind::Sse, 200, STREAMS).only();
    let frame = emission.record_async(open[0].as_mut().unwrap().frame()).await;
    assert_eq!(frame.unwrap().unwrap().into_data().unwrap(), "data: 1\n\n");
    emission.record(|| drop(open));
    expect(&emission, HttpStreamKind::Sse, 200, 0).only();
}

#[tokio::test]
async fn a_stream_that_ends_under_another_recorder_is_open_where_it_began() {
    let (first, second) = (Emission::new(), Emission::new());
    let events = service_fn(|_: Request<_>| async {
        let endless = StreamBody::new(futures_util::stream::pending::<Result<Frame<Bytes>, Infallible>>());
        let response = Response::builder().header("content-type", "text/event-stream");
        Ok::<_, Infallible>(response.body(endless).unwrap())
    });
    let open = first.record_async(layer().layer(events).oneshot(get())).await;
    let stream = (mme_metrics::http::Route::find(ROUTE), HttpStreamKind::Sse);
    let expect = || first.expect().histogram(&HTTP.server_duration, ended(200, HttpErrorType::None), 1);
    expect().gauge(&HTTP.server_streams, stream, 1.0).only();
    second.record(|| drop(open));
    expect().only();
    second.expect().histogram(&HTTP.server_stream_duration, stream, 1).only();
}

/// Agrees to an upgrade, and echoes until the client is gone, with the guard beside the connection.
fn upgrade(
    mut request: Request<hyper::body::Incoming>,
    keep: bool,
) -> std::future::Ready<Result<Response<Empty<Bytes>>, Infallible>> {
    let guard = request.extensions().get::<StreamGuard>().filter(|_| keep).cloned();
    let upgraded = hyper::upgrade::on(&mut request);
    drop(request);
    tokio::spawn(async move {
        let _open = guard;
        let mut io = TokioIo::new(upgraded.await.unwrap());
        let (mut reader, mut writer) = tokio::io::split(&mut io);
        tokio::io::copy(&mut reader, &mut writer).await.unwrap();
    });
    let response = Response::builder().status(101).header("upgrade", "websocket").header("connection", "upgrade");
    std::future::ready(Ok(response.body(Empty::new()).unwrap()))
}

/// Opens a connection, upgrades it, and sends one message to and fro.
async fn open(keep: bool) -> DuplexStream {
    let (mut client, server) = tokio::io::duplex(1_024);
    let service = TowerToHyperService::new(layer().layer(service_fn(move |request| upgrade(request, keep))));
    tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(server), service).with_upgrades());
    let head = "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nping";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\nping") {
        client.read_buf(&mut received).await.unwrap();
    }
    assert!(received.starts_with(b"HTTP/1.1 101"));
    client
}

/// Closes the connection, and lets the server see it.
async fn close(mut connection: DuplexStream) {
    connection.shutdown().await.unwrap();
    connection.read_to_end(&mut Vec::new()).await.unwrap();
}

// What a test spawns runs on its own thread, so that a recorder of that thread sees all of it.
#[tokio::test]
async fn websockets_end_their_request_at_the_head() {
    let emission = Emission::new();
    let _recorded = mme_metrics::metrics::set_default_local_recorder(emission.recorder());
    let connections = join_all((0..STREAMS).map(|_| open(true))).await;
    expect(&emission, HttpStreamKind::Websocket, 101, STREAMS).only();
    join_all(connections.into_iter().map(close)).await;
    expect(&emission, HttpStreamKind::Websocket, 101, 0).only();
}

#[tokio::test]
async fn an_upgrade_whose_guard_nobody_keeps_tells_nothing_of_its_stream() {
    let emission = Emission::new();
    let _recorded = mme_metrics::metrics::set_default_local_recorder(emission.recorder());
    let connection = open(false).await;
    emission.expect().histogram(&HTTP.server_duration, ended(101, HttpErrorType::None), 1).only();
    close(connection).await;
}

#[tokio::test]
async fn a_tunnel_lives_until_its_guard_is_dropped() {
    let emission = Emission::new();
    let agree = service_fn(|request: Request<Empty<Bytes>>| async move {
        let guard = request.extensions().get::<StreamGuard>().cloned();
        let mut response = Response::new(Empty::<Bytes>::new());
        response.extensions_mut().insert(guard);
        Ok::<_, Infallible>(response)
    });
    let request = Request::builder().method(Method::CONNECT).uri("a:443").body(Empty::new()).unwrap();
    let response = emission.record_async(layer().layer(agree).oneshot(request)).await.unwrap();
    let (_, route, status, scheme, error) = ended(200, HttpErrorType::None);
    let labels = || (HttpMethod::Connect, route, status, scheme, error);
    let expect = || emission.expect().histogram(&HTTP.server_duration, labels(), 1);
    expect().gauge(&HTTP.server_streams, (route, HttpStreamKind::Connect), 1.0).only();
    emission.record(|| drop(response));
    expect().histogram(&HTTP.server_stream_duration, (route, HttpStreamKind::Connect), 1).only();
    assert_eq!(scheme, Scheme::Http);
}
