//! A client that gives up while it sends its request, over a real HTTP/2 connection: never an error of the server.

use std::convert::Infallible;
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use mme_metrics::grpc::{CallType, Direction, GRPC, GrpcCode, GrpcMethod, GrpcRequestBody};
use mme_metrics::metrics;
use mme_metrics::testing::Emission;
use mme_metrics_tests::desk::Clerk;
use mme_metrics_tests::desk::proto::Order;
use mme_metrics_tests::desk::proto::desk_client::DeskClient;
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::grpc::{Calls, Script, call, message, messages, method, read, streams};
use mme_metrics_tests::http2::frame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tower::{Layer, ServiceExt, service_fn};

use crate::layer;
use crate::wire::{Wire, drain};

/// A text of HPACK, as it is.
fn text(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

/// The head of a call on stream 1; its messages are to come.
fn headers(name: &str, timeout: &str) -> Vec<u8> {
    let path = [&[0x04][..], &text(&format!("/{name}"))].concat();
    let content_type = [&[0x0f, 0x10][..], &text("application/grpc")].concat();
    let timeout = [&[0x00][..], &text("grpc-timeout"), &text(timeout)].concat();
    frame(1, 0x4, 1, &[&[0x83, 0x86][..], &path, &content_type, &timeout].concat())
}

/// How a client gives up.
#[derive(Clone, Copy, Debug)]
enum GivesUp {
    /// It resets the stream with this code.
    Resets(u32),
    /// Its connection is gone.
    HangsUp,
    /// It does not: it ends the request, in due form.
    Ends,
}

/// Serves one call whose client sends these bytes of a message and gives up.
async fn upload(name: &str, timeout: &str, sent: &[u8], how: GivesUp) -> Emission {
    let emission = Emission::new();
    serve(&emission, name, timeout, sent, how).await;
    emission
}

async fn serve(emission: &Emission, name: &str, timeout: &str, sent: &[u8], how: GivesUp) {
    let _recorded = metrics::set_default_local_recorder(emission.recorder());
    let arrived = Arc::new(Notify::new());
    let desk = DeskServer::new(Clerk::default());
    let arrives = Arc::clone(&arrived);
    let service = layer().layer(service_fn(move |request: Request<GrpcRequestBody<Incoming>>| {
        arrives.notify_one();
        desk.clone().oneshot(request)
    }));
    let (client, server) = tokio::io::duplex(64 * 1024);
    let (mut reader, mut writer) = tokio::io::split(client);
    let connection = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(server), TowerToHyperService::new(service));
    let write = async {
        writer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let data = frame(0, 0, 1, sent);
        writer.write_all(&[frame(4, 0, 0, &[]), headers(name, timeout), data].concat()).await.unwrap();
        arrived.notified().await;
        let end = match how {
            GivesUp::Resets(code) => frame(3, 0, 1, &code.to_be_bytes()),
            GivesUp::HangsUp => vec![],
            GivesUp::Ends => frame(0, 0x1, 1, &[]),
        };
        writer.write_all(&end).await.unwrap();
        // What has ended in due form is answered.
        while matches!(how, GivesUp::Ends) && !has_ended(emission) {
            tokio::task::yield_now().await;
        }
        writer.shutdown().await.unwrap();
    };
    let drained = async { reader.read_to_end(&mut Vec::new()).await };
    // A connection that hangs up within a request may fail.
    let ((), _, _) = tokio::join!(write, connection, drained);
    // Streams are tasks; the last one is told of the end in its next turn.
    tokio::task::yield_now().await;
}

/// Says whether a call has ended.
fn has_ended(emission: &Emission) -> bool {
    let text = emission.recorder().render(mme_metrics::Format::Text);
    text.lines().any(|line| line.starts_with("rpc_server_streams_total") && line.ends_with(" 1"))
}

/// How a client can give up, by every code with which it can reset a stream.
fn ways() -> impl Iterator<Item = GivesUp> {
    (0..=13).map(GivesUp::Resets).chain([GivesUp::HangsUp])
}

/// Bytes of a message, from none to all but the last.
fn beginnings() -> [Vec<u8>; 4] {
    [0, 3, 5, 9].map(|length| message(5)[..length].to_vec())
}

#[tokio::test]
async fn a_client_that_gives_up_within_its_request_has_cancelled_whatever_it_has_sent() {
    for name in ["desk.v1.Desk/Ask", "desk.v1.Desk/Upload", "desk.v1.Desk/Watch", "desk.v1.Desk/Talk"] {
        for how in ways() {
            for sent in beginnings() {
                let emission = upload(name, "1H", &sent, how).await;
                let call_type = crate::METHODS.iter().find(|(known, _)| *known == name).unwrap().1;
                let calls = Calls::new(method(name), call_type, GrpcCode::Cancelled, 1);
                let expectation = streams(calls.expect(emission.expect()), method(name), call_type, 1);
                // Shown if the next line fails.
                println!("{name} {how:?} {sent:?}");
                expectation.only();
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_gives_up_after_its_deadline_has_exceeded_it() {
    for how in [GivesUp::Resets(8), GivesUp::Resets(2), GivesUp::HangsUp] {
        for sent in beginnings() {
            let emission = upload("desk.v1.Desk/Ask", "1n", &sent, how).await;
            let calls = Calls::new(method("desk.v1.Desk/Ask"), CallType::Unary, GrpcCode::DeadlineExceeded, 1);
            calls.expect(emission.expect()).only();
        }
    }
}

#[tokio::test]
async fn a_request_that_ends_too_soon_is_what_the_client_is_told() {
    for sent in beginnings() {
        let emission = upload("desk.v1.Desk/Ask", "1H", &sent, GivesUp::Ends).await;
        let calls = Calls::new(method("desk.v1.Desk/Ask"), CallType::Unary, GrpcCode::Internal, 1);
        // To see the end, the test has read the metrics, and with it those of the recorder itself.
        calls.expect(emission.expect()).among_others();
    }
}

#[tokio::test]
async fn an_unregistered_stream_is_one_as_soon_as_it_has_two_messages() {
    let wire = Wire::unregistered(DeskServer::new(Clerk::default())).await;
    let mut client = DeskClient::new(wire.channel().await);
    let order = || Order { answers: 3, ..Order::default() };
    client.ask(order()).await.unwrap();
    client.upload(tokio_stream::iter([order(), order()])).await.unwrap();
    drain(client.watch(order()).await.unwrap().into_inner()).await;
    drain(client.talk(tokio_stream::iter([order(), order()])).await.unwrap().into_inner()).await;
    let other = GrpcMethod::FALLBACK;
    let mut expectation = messages(wire.emission.expect(), other, 6, 8);
    expectation = Calls::new(other, CallType::Unknown, GrpcCode::Ok, 4).expect(expectation);
    expectation = expectation.counter(&GRPC.server_streams, (other, CallType::Unknown, GrpcCode::Ok), 1);
    for call_type in [CallType::ClientStream, CallType::ServerStream, CallType::BidiStream] {
        expectation = expectation.counter(&GRPC.server_streams, (other, call_type, GrpcCode::Ok), 1);
        expectation = streams(expectation, other, call_type, 1);
    }
    expectation.only();
}

#[tokio::test]
async fn a_request_body_that_a_layer_cuts_off_is_what_the_client_is_told() {
    // An error that is not of the connection: the client is still there.
    let service = service_fn(|request: Request<GrpcRequestBody<Script>>| async {
        read(request.into_body()).await?;
        Ok::<_, Infallible>(mme_metrics_tests::grpc::answer(200, &["13"], Script::empty()))
    });
    let emission = Emission::new();
    let name = "desk.v1.Desk/Ask";
    let cut = call(name, Script::empty().data(message(5)[..7].to_vec()));
    drop(emission.record_async(layer().layer(service).oneshot(cut)).await);
    let calls = Calls::new(method(name), CallType::Unary, GrpcCode::Internal, 1).expect(emission.expect());
    calls.counter(&GRPC.server_messages, (method(name), Direction::Received), 0).only();
}
