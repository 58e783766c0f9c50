//! A thousand clients that disconnect, and a thousand that reach their deadline.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mme_metrics::grpc::{CallType, GrpcCode};
use mme_metrics_tests::desk::Clerk;
use mme_metrics_tests::desk::proto::Order;
use mme_metrics_tests::desk::proto::desk_client::DeskClient;
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::grpc::{Calls, messages, method, streams};
use prost::Message as _;
use tokio::net::TcpStream;
use tonic::Request;

use crate::wire::Wire;

const CALLS: u64 = 1_000;

/// Calls under way at one time.
const TOGETHER: usize = 100;

/// Longest time until the server has noticed.
const NOTICED: Duration = Duration::from_secs(2);

const ENDLESS: Order = Order { code: 0, answers: 1, size: 0, endless: true, payload: Vec::new() };

/// Waits until no call is active, which is to be soon.
async fn settle(clerk: &Clerk) {
    let over = Instant::now();
    clerk.rest().await;
    assert!(over.elapsed() < NOTICED, "{:?}", over.elapsed());
}

#[tokio::test]
async fn a_thousand_clients_that_leave_have_cancelled() {
    let clerk = Clerk::default();
    let wire = Wire::serve(DeskServer::new(clerk.clone())).await;
    let client = DeskClient::new(wire.channel().await);
    let leave = |mut client: DeskClient<_>| async move {
        let mut answers = client.watch(ENDLESS).await.unwrap().into_inner();
        // An answer shows that the call has begun.
        answers.message().await.unwrap().unwrap();
    };
    stream::iter(0..CALLS).for_each_concurrent(TOGETHER, |_| leave(client.clone())).await;
    settle(&clerk).await;
    let (watch, kind) = (method("desk.v1.Desk/Watch"), CallType::ServerStream);
    let expectation = Calls::new(watch, kind, GrpcCode::Cancelled, CALLS).expect(wire.emission.expect());
    messages(streams(expectation, watch, kind, CALLS), watch, CALLS, CALLS).only();
}

/// Calls with 50 ms to go, and waits for whatever the server does about it.
///
/// A client of tonic would have a clock of its own, and whichever rings first stops the call.
async fn wait(mut client: http2::SendRequest<Full<Bytes>>) {
    let order = ENDLESS.encode_to_vec();
    let prefix = u32::try_from(order.len()).unwrap().to_be_bytes();
    let request = http::Request::post("http://desk/desk.v1.Desk/Ask")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", "50m")
        .body(Full::from([&[0], &prefix[..], &order].concat()));
    client.ready().await.unwrap();
    let answer = client.send_request(request.unwrap()).await.unwrap();
    assert!(answer.headers().contains_key("grpc-status"), "{answer:?}");
    answer.into_body().collect().await.unwrap();
}

#[tokio::test]
async fn a_thousand_deadlines_of_50_ms_are_exceeded() {
    let clerk = Clerk::default();
    let wire = Wire::serve(DeskServer::new(clerk.clone())).await;
    let io = TokioIo::new(TcpStream::connect(wire.address).await.unwrap());
    let (client, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    stream::iter(0..CALLS).for_each_concurrent(TOGETHER, |_| wait(client.clone())).await;
    settle(&clerk).await;
    let ask = method("desk.v1.Desk/Ask");
    let expectation =
        Calls::new(ask, CallType::Unary, GrpcCode::DeadlineExceeded, CALLS).expect(wire.emission.expect());
    messages(expectation, ask, CALLS, 0).only();
}

#[tokio::test]
async fn a_client_that_leaves_long_before_its_deadline_has_cancelled() {
    let clerk = Clerk::default();
    let wire = Wire::serve(DeskServer::new(clerk.clone())).await;
    let mut client = DeskClient::new(wire.channel().await);
    let mut request = Request::new(ENDLESS);
    request.set_timeout(Duration::from_mins(1));
    let mut answers = client.watch(request).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    drop(answers);
    settle(&clerk).await;
    let (watch, kind) = (method("desk.v1.Desk/Watch"), CallType::ServerStream);
    let expectation = Calls::new(watch, kind, GrpcCode::Cancelled, 1).expect(wire.emission.expect());
    messages(streams(expectation, watch, kind, 1), watch, 1, 1).only();
}
