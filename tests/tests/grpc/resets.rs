//! gRPC calls that an HTTP/2 client resets at once (rapid reset, CVE-2023-44487), on a real hyper server.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use mme_metrics::grpc::{CallType, GrpcCode, GrpcRequestBody, GrpcServerLayer};
use mme_metrics::metrics;
use mme_metrics::testing::Emission;
use mme_metrics_tests::grpc::{Calls, Script, method, streams};
use mme_metrics_tests::http2::{Arrivals, attack, frame};
use tokio::io::AsyncReadExt;
use tower::{Layer, service_fn};

const RESETS: u32 = 10_000;

const METHOD: &str = "desk.v1.Desk/Talk";

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

// The whole test runs on one thread, so that a recorder of that thread sees all of it.
#[tokio::test]
async fn every_call_that_was_reset_is_cancelled_once() {
    let emission = Emission::new();
    let _recorded = metrics::set_default_local_recorder(emission.recorder());
    let arrivals = Arc::new(Arrivals::default());
    let never = {
        let arrivals = Arc::clone(&arrivals);
        service_fn(move |_: Request<GrpcRequestBody<Incoming>>| {
            arrivals.count();
            std::future::pending::<Result<Response<Script>, Infallible>>()
        })
    };
    let layer = GrpcServerLayer::new().method(METHOD, CallType::BidiStream).unwrap();
    let service = TowerToHyperService::new(layer.layer(never));
    let (client, server) = tokio::io::duplex(64 * 1024);
    let (mut reader, writer) = tokio::io::split(client);
    let connection = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(server), service);
    let drain = async { reader.read_to_end(&mut Vec::new()).await };
    let ((), answered, _) = tokio::join!(attack(writer, RESETS, headers, &arrivals), connection, drain);
    answered.unwrap();
    // Streams are tasks; the last ones are told of the end in their next turn.
    tokio::task::yield_now().await;
    let (talk, kind, count) = (method(METHOD), CallType::BidiStream, u64::from(RESETS));
    let expectation = Calls::new(talk, kind, GrpcCode::Cancelled, count).expect(emission.expect());
    streams(expectation, talk, kind, count).only();
}
