//! A hundred streams of each kind that stay open for five seconds: that time is in no request duration.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::response::sse::{Event, Sse};
use axum::routing::{any, get};
use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{SinkExt, Stream, StreamExt, stream};
use http::Request;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use mme_metrics::http::{HttpLayer, StreamGuard};
use mme_metrics::testing::Emission;
use mme_metrics::{Format, metrics};
use mme_metrics_tests::exposition::Samples;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tower::{Layer, service_fn};

const STREAMS: u16 = 100;

/// Time passes here, because the point is that it enters no request's duration; 5 s is a bound of the stream's.
const OPEN: Duration = Duration::from_secs(5);

/// Longest time that it may take the server to see that its clients have gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// An axum service with a WebSocket and an event stream.
async fn serve_axum() -> String {
    async fn echo(mut socket: WebSocket) {
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    }
    async fn chat(upgrade: WebSocketUpgrade, open: StreamGuard) -> Response {
        upgrade.on_upgrade(|socket| open.during(echo(socket)))
    }
    async fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
        Sse::new(stream::iter([Ok(Event::default().data("1"))]).chain(stream::pending()))
    }
    let app = Router::new().route("/chat", any(chat)).route("/events", get(events)).layer(HttpLayer::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

/// A hyper service that opens tunnels, which lead back to who asks for them.
async fn serve_tunnels() -> String {
    async fn tunnel(mut request: Request<Incoming>) -> Result<http::Response<Empty<Bytes>>, Infallible> {
        let open = request.extensions_mut().remove::<StreamGuard>().unwrap();
        tokio::spawn(open.during(async {
            let (mut from, mut to) = tokio::io::split(TokioIo::new(hyper::upgrade::on(request).await.unwrap()));
            tokio::io::copy(&mut from, &mut to).await
        }));
        Ok(http::Response::new(Empty::new()))
    }
    let service = HttpLayer::new().route_fn(|_| Some("tunnel")).layer(service_fn(tunnel));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((io, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(io), service).with_upgrades());
        }
    });
    address
}

/// Opens a WebSocket and sends a message to and fro.
async fn chat(address: &str) -> WebSocketStream<TcpStream> {
    let io = TcpStream::connect(address).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(format!("ws://{address}/chat"), io).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hello"));
    socket
}

/// Sends `head`, and reads until the answer ends in `end`.
async fn open(address: &str, head: &str, end: &str) -> TcpStream {
    let mut io = TcpStream::connect(address).await.unwrap();
    io.write_all(head.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    while !received.ends_with(end.as_bytes()) {
        assert_ne!(io.read_buf(&mut received).await.unwrap(), 0, "{}", String::from_utf8_lossy(&received));
    }
    io
}

/// Returns what a series of a stream's metric reads, by kind.
fn of_each_kind(emission: &Emission, series: impl Fn(&str, &str) -> String) -> [f64; 3] {
    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    [("/events", "sse"), ("/chat", "websocket"), ("tunnel", "connect")]
        .map(|(route, kind)| samples.value(&series(route, kind)))
}

// What a test spawns runs on its own thread, so that a recorder of that thread sees all of it.
#[tokio::test]
async fn streams_of_five_seconds_are_requests_of_none() {
    let emission = Emission::new();
    let _recorded = metrics::set_default_local_recorder(emission.recorder());
    let (axum, tunnels) = (serve_axum().await, serve_tunnels().await);
    let each = || 0..STREAMS;
    let sockets = join_all(each().map(|_| chat(&axum))).await;
    let get = "GET /events HTTP/1.1\r\nhost: a\r\n\r\n";
    let events = join_all(each().map(|_| open(&axum, get, "data: 1\n\n\r\n"))).await;
    let connect = "CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\nhello";
    let tunnels = join_all(each().map(|_| open(&tunnels, connect, "hello"))).await;
    let active =
        |route: &str, kind: &str| format!("http_server_active_streams{{http_route=\"{route}\",kind=\"{kind}\"}}");
    assert_eq!(of_each_kind(&emission, active), [f64::from(STREAMS); 3]);

    tokio::time::sleep(OPEN).await;
    drop((sockets, events, tunnels));
    let all_are_closed = async {
        while of_each_kind(&emission, active) != [0.0; 3] {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all_are_closed).await.expect("the server sees that its clients have gone");

    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    let requests = samples.of("http_server_request_duration_seconds_bucket");
    let quick = requests.filter(|(series, _)| series.contains("le=\"0.5\"")).map(|(_, requests)| requests);
    assert_eq!(quick.sum::<f64>(), 3.0 * f64::from(STREAMS));
    assert_eq!(samples.sum("http_server_request_duration_seconds_count"), 3.0 * f64::from(STREAMS));
    let lived = |bound: &'static str| {
        move |route: &str, kind: &str| {
            format!(
                "http_server_stream_duration_seconds_bucket{{http_route=\"{route}\",kind=\"{kind}\",le=\"{bound}\"}}"
            )
        }
    };
    assert_eq!(of_each_kind(&emission, lived("5.0")), [0.0; 3]);
    assert_eq!(of_each_kind(&emission, lived("+Inf")), [f64::from(STREAMS); 3]);
}
