//! What a request says about itself: the name that it asks for, and the codings that it accepts.

use std::net::{SocketAddr, TcpListener, TcpStream};

use mme_metrics::Recorder;
use mme_metrics::endpoint::Endpoint;
use mme_metrics_tests::http::{exchange, scrape};

fn endpoint() -> Endpoint {
    Endpoint::new(Recorder::builder().process_metrics(false).build().unwrap())
}

/// Asks an endpoint that listens on loopback; returns what `ask` makes of its address.
async fn ask<T: Send + 'static>(endpoint: Endpoint, ask: impl FnOnce(SocketAddr) -> T + Send + 'static) -> T {
    let listener = endpoint.listen(([127, 0, 0, 1], 0)).unwrap();
    let address = listener.local_addr();
    let answer = tokio::task::spawn_blocking(move || ask(address)).await.unwrap();
    listener.shutdown().await;
    answer
}

/// Returns the status of a request with these lines.
fn status(address: SocketAddr, lines: &str) -> String {
    let answer = exchange(address, format!("GET /metrics HTTP/1.1\r\n{lines}\r\n").as_bytes()).unwrap();
    String::from_utf8_lossy(&answer[9..12]).into_owned()
}

#[tokio::test]
async fn a_page_that_rebinds_its_name_reads_nothing() {
    let statuses = ask(endpoint().allow_host("metrics.example"), |address| {
        let hosts = ["localhost", "127.0.0.1:9464", "metrics.example", "evil.example", "localhost.evil.example"];
        hosts.map(|host| status(address, &format!("Host: {host}\r\n")))
    });
    assert_eq!(statuses.await, ["200", "200", "200", "421", "421"]);
}

#[tokio::test]
async fn two_credentials_are_none() {
    let statuses = ask(endpoint().bearer("secret"), |address| {
        [1, 2].map(|times| status(address, &format!("Host: a\r\n{}", "Authorization: Bearer secret\r\n".repeat(times))))
    });
    assert_eq!(statuses.await, ["200", "401"]);
}

#[tokio::test]
async fn a_request_gets_a_coding_that_it_accepts_or_no_body() {
    let all = [
        ("", 200, ""),
        ("gzip", 200, "gzip"),
        ("br, zstd, deflate", 200, ""),
        ("br, zstd, deflate, gzip;q=0.1", 200, "gzip"),
        ("gzip, identity;q=0", 200, "gzip"),
        ("identity;q=0", 406, ""),
        ("br, identity;q=0", 406, ""),
        ("*;q=0", 406, ""),
        ("gzip;q=0, *;q=0", 406, ""),
    ];
    for (accepted, status, coding) in all {
        let answer =
            ask(endpoint(), move |address| scrape(address, &[&format!("Accept-Encoding: {accepted}")]).unwrap());
        let answer = answer.await;
        assert_eq!((answer.status, answer.header("content-encoding")), (status, coding), "{accepted}");
        assert_eq!(answer.body.is_empty(), status == 406, "{accepted}");
    }
}

#[tokio::test]
async fn a_shutdown_that_is_dropped_closes_the_port_all_the_same() {
    let listener = endpoint().listen(([127, 0, 0, 1], 0)).unwrap();
    let address = listener.local_addr();
    assert!(TcpStream::connect(address).is_ok());
    drop(listener.shutdown());
    // The port is free as soon as the task of the listener has ended.
    while TcpListener::bind(address).is_err() {
        tokio::task::yield_now().await;
    }
}
