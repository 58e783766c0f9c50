//! HTTP/2 requests that the client resets at once (rapid reset, CVE-2023-44487), on a real hyper server.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use mme_metrics::http::{HTTP, HttpErrorType, HttpLayer, HttpMethod, HttpStatus, Route, Scheme};
use mme_metrics::metrics;
use mme_metrics::testing::Emission;
use mme_metrics_tests::http2::{Arrivals, attack, frame};
use mme_metrics_tests::isolated_process::run_alone_async;
use mme_metrics_tests::memory::resident_bytes;
use tokio::io::AsyncReadExt;
use tower::{Layer, service_fn};

const PAIRS: u32 = 100_000;

/// `GET / http`, each from the static table of HPACK, with nothing after it.
fn headers(stream: u32) -> Vec<u8> {
    frame(1, 0x5, stream, &[0x82, 0x84, 0x86])
}

// The whole test runs on one thread, so that a recorder of that thread sees all of it.
#[test]
fn every_request_that_was_reset_is_cancelled_once() {
    run_alone_async(async || {
        let emission = Emission::new();
        let _recorded = metrics::set_default_local_recorder(emission.recorder());
        let arrivals = Arc::new(Arrivals::default());
        let never = {
            let arrivals = Arc::clone(&arrivals);
            service_fn(move |_: Request<Incoming>| {
                arrivals.count();
                std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>()
            })
        };
        let service = TowerToHyperService::new(HttpLayer::new().route_fn(|_| Some("/")).layer(never));
        let (client, server) = tokio::io::duplex(64 * 1024);
        let (mut reader, writer) = tokio::io::split(client);
        let connection = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(server), service);

        let memory = resident_bytes();
        let drain = async { reader.read_to_end(&mut Vec::new()).await };
        let ((), answered, _) = tokio::join!(attack(writer, PAIRS, headers, &arrivals), connection, drain);
        answered.unwrap();
        // Streams are tasks; the last ones are told of the end in their next turn.
        tokio::task::yield_now().await;
        let grown = resident_bytes().saturating_sub(memory);
        assert!(grown <= 16 << 20, "{grown} bytes more");
        let labels = (HttpMethod::Get, Route::find("/"), HttpStatus::NONE, Scheme::Http, HttpErrorType::Cancelled);
        emission.expect().histogram(&HTTP.server_duration, labels, u64::from(PAIRS)).only();
    });
}
