//! Messages are counted in both directions, however they are cut, compressed or joined.

use std::convert::Infallible;

use http_body_util::BodyExt;
use mme_metrics::grpc::{CallType, Direction, GRPC, GrpcCode, GrpcRequestBody};
use mme_metrics::testing::Emission;
use mme_metrics_tests::desk::Clerk;
use mme_metrics_tests::desk::proto::Order;
use mme_metrics_tests::desk::proto::desk_client::DeskClient;
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::grpc::{Calls, Script, answer, call, message, messages, method, read, streams};
use tonic::codec::CompressionEncoding;
use tower::{Layer, ServiceExt, service_fn};

use crate::layer;
use crate::wire::{Wire, drain};

const TALK: &str = "desk.v1.Desk/Talk";

/// Sends and answers with these pieces, and requires so many messages each way.
async fn pass(pieces: Vec<Vec<u8>>, count: u64) {
    let script = || pieces.iter().cloned().fold(Script::empty(), Script::data);
    let service = service_fn(|request: http::Request<GrpcRequestBody<Script>>| {
        let response = answer(200, &[], script().trailers(&["0"]));
        async move {
            read(request.into_body()).await?;
            Ok::<_, Infallible>(response)
        }
    });
    let emission = Emission::new();
    let exchange = async {
        let Ok(response) = layer().layer(service).oneshot(call(TALK, script())).await;
        read(response.into_body()).await
    };
    let Ok(()) = emission.record_async(exchange).await;
    let talk = method(TALK);
    let expectation = Calls::new(talk, CallType::BidiStream, GrpcCode::Ok, 1).expect(emission.expect());
    let expectation = streams(expectation, talk, CallType::BidiStream, 1);
    messages(expectation, talk, count, count).only();
}

#[tokio::test]
async fn a_message_is_one_wherever_it_is_cut() {
    let bytes = [message(3), message(0), message(300)].concat();
    for first in 0..=12 {
        for second in first..=bytes.len().min(20) {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            pass(pieces.map(<[u8]>::to_vec).to_vec(), 3).await;
        }
    }
    pass(bytes.chunks(1).map(<[u8]>::to_vec).collect(), 3).await;
}

#[tokio::test]
async fn what_breaks_off_is_no_message() {
    pass(vec![message(3), message(3)[..7].to_vec()], 1).await;
    pass(vec![vec![0, 0, 0]], 0).await;
    pass(vec![vec![0, 255, 255, 255, 255], vec![1; 100]], 0).await;
}

#[tokio::test]
async fn a_message_is_counted_while_its_stream_is_open() {
    let script = || Script::empty().message(1).message(2).message(3).trailers(&["0"]);
    let service = service_fn(|_: http::Request<GrpcRequestBody<Script>>| {
        let response = answer(200, &[], script());
        async { Ok::<_, Infallible>(response) }
    });
    let emission = Emission::new();
    let (talk, kind) = (method(TALK), CallType::BidiStream);
    let Ok(response) = emission.record_async(layer().layer(service).oneshot(call(TALK, Script::empty()))).await;
    let mut body = response.into_body();
    for passed in 1..=3 {
        assert!(emission.record_async(body.frame()).await.unwrap().unwrap().is_data());
        let expectation = emission.expect().gauge(&GRPC.server_active, (talk,), 1.0);
        expectation.counter(&GRPC.server_messages, (talk, Direction::Sent), passed).only();
    }
    emission.record(|| drop(body));
    let expectation = Calls::new(talk, kind, GrpcCode::Cancelled, 1).expect(emission.expect());
    messages(streams(expectation, talk, kind, 1), talk, 0, 3).only();
}

#[tokio::test]
async fn a_message_of_many_frames_is_one() {
    let wire = Wire::serve(DeskServer::new(Clerk::default())).await;
    let mut client = DeskClient::new(wire.channel().await);
    // Frames of HTTP/2 have at most 16 KiB here.
    let order = Order { size: 1_000_000, payload: vec![1; 300_000], ..Order::default() };
    client.ask(order).await.unwrap();
    let ask = method("desk.v1.Desk/Ask");
    let expectation = Calls::new(ask, CallType::Unary, GrpcCode::Ok, 1).expect(wire.emission.expect());
    messages(expectation, ask, 1, 1).only();
}

#[tokio::test]
async fn compressed_messages_count_once() {
    let gzip = CompressionEncoding::Gzip;
    let wire = Wire::serve(DeskServer::new(Clerk::default()).accept_compressed(gzip).send_compressed(gzip)).await;
    let mut client = DeskClient::new(wire.channel().await).accept_compressed(gzip).send_compressed(gzip);
    let order = Order { answers: 50, size: 10_000, payload: vec![1; 50_000], ..Order::default() };
    let orders = tokio_stream::iter(vec![order; 20]);
    let answers = client.talk(orders).await.unwrap();
    let (count, error) = drain(answers.into_inner()).await;
    assert!(count == 50 && error.is_none(), "{count} {error:?}");
    let talk = method(TALK);
    let expectation = Calls::new(talk, CallType::BidiStream, GrpcCode::Ok, 1).expect(wire.emission.expect());
    let expectation = streams(expectation, talk, CallType::BidiStream, 1);
    messages(expectation, talk, 20, 50).only();
}
