use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;
use crate::Recorder;
use crate::endpoint::Endpoint;

const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n";

/// An endpoint with an exposition of about 300 KiB.
fn endpoint() -> Endpoint {
    let recorder = Recorder::builder().process_metrics(false).build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        for index in 0..2_000 {
            metrics::counter!("connection_tests_total", "index" => format!("{index:0>100}")).increment(1);
        }
    });
    Endpoint::new(recorder)
}

/// Opens a connection to a listener with room for `limit`.
fn open(connections: &Arc<Connections>, limit: usize) -> (DuplexStream, JoinHandle<()>) {
    let (client, server) = duplex(1024);
    let ticket = connections.enter(limit);
    (client, tokio::spawn(serve(server, endpoint(), Limits::DEFAULT, ticket)))
}

/// Reads to the end and returns what came and how long it took.
async fn rest(client: &mut DuplexStream) -> (Vec<u8>, Duration) {
    let (mut text, begun) = (Vec::new(), Instant::now());
    client.read_to_end(&mut text).await.unwrap();
    (text, begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_whole_and_closes_the_connection() {
    let (mut client, task) = open(&Arc::default(), 1);
    client.write_all(REQUEST).await.unwrap();
    let (text, took) = rest(&mut client).await;
    assert!(text.starts_with(b"HTTP/1.1 200 OK\r\n") && text.ends_with(b"0\r\n\r\n") && text.len() > 200_000);
    assert!(took < Duration::from_secs(1));
    task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn half_a_request_is_closed_when_its_time_is_up() {
    for sent in [&b""[..], b"GET", &REQUEST[..REQUEST.len() - 2]] {
        let (mut client, _task) = open(&Arc::default(), 1);
        client.write_all(sent).await.unwrap();
        let (text, took) = rest(&mut client).await;
        assert_eq!((text.len(), took.as_secs()), (0, 5));
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_drips_is_closed_when_its_time_is_up() {
    let (mut client, task) = open(&Arc::default(), 1);
    let begun = Instant::now();
    while client.write_all(b"G").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    task.await.unwrap();
    assert!(begun.elapsed() <= Duration::from_secs(6));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_is_cut_off() {
    let (mut client, task) = open(&Arc::default(), 1);
    client.write_all(REQUEST).await.unwrap();
    let begun = Instant::now();
    task.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert!(!rest(&mut client).await.0.ends_with(b"0\r\n\r\n"));
}

#[tokio::test(start_paused = true)]
async fn at_the_limit_the_longest_waiting_gives_way() {
    let connections = Arc::default();
    let (mut answered, _first) = open(&connections, 2);
    answered.write_all(REQUEST).await.unwrap();
    answered.read_u8().await.unwrap();
    let (mut waiting, _second) = open(&connections, 2);
    let (mut newcomer, _third) = open(&connections, 2);
    newcomer.write_all(REQUEST).await.unwrap();
    assert_eq!(rest(&mut waiting).await, (Vec::new(), Duration::ZERO));
    assert!(rest(&mut newcomer).await.0.ends_with(b"0\r\n\r\n"));
    assert!(rest(&mut answered).await.0.ends_with(b"0\r\n\r\n"));
}

#[tokio::test(start_paused = true)]
async fn at_the_limit_the_oldest_gives_way_when_all_are_answered() {
    let connections = Arc::default();
    let (mut slow, _first) = open(&connections, 1);
    slow.write_all(REQUEST).await.unwrap();
    slow.read_u8().await.unwrap();
    let (mut good, _second) = open(&connections, 1);
    good.write_all(REQUEST).await.unwrap();
    assert!(rest(&mut good).await.0.ends_with(b"0\r\n\r\n"));
    assert!(!rest(&mut slow).await.0.ends_with(b"0\r\n\r\n"));
}

#[tokio::test(start_paused = true)]
async fn only_one_request_is_answered() {
    let (mut client, _task) = open(&Arc::default(), 1);
    client.write_all(&[b"HEAD /metrics HTTP/1.1\r\n\r\n".as_slice(), REQUEST].concat()).await.unwrap();
    let (text, _) = rest(&mut client).await;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("connection: close\r\n") && text.ends_with("\r\n\r\n"), "{text}");
    assert_eq!(text.matches("HTTP/1.1").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn garbage_is_refused() {
    for garbage in
        [b"\x16\x03\x01\x02\x00".repeat(9), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), vec![b'A'; 100_000]]
    {
        let (client, task) = open(&Arc::default(), 1);
        let (mut reader, mut writer) = tokio::io::split(client);
        // It may be closed before all is written.
        let written = async { drop(writer.write_all(&garbage).await) };
        let mut text = Vec::new();
        let ((), read) = tokio::join!(written, reader.read_to_end(&mut text));
        read.unwrap();
        assert!(text.is_empty() || text.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&text));
        task.await.unwrap();
    }
}
