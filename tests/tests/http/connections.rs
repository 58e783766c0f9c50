//! Connections of servers and clients: each is counted once, however it ends.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use mme_metrics::connection::{
    CONNECTION, ConnectionMeter, HandshakeErrorType, ListenerAddress, MeasuredConnector, MeasuredIo, MeasuredListener,
};
use mme_metrics::label::{ServerAddress, ServerPort};
use mme_metrics::testing::Emission;
use mme_metrics_tests::figure::figure;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// Waits until `condition` holds; if it never does, the test hangs instead of passing.
async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        sleep(Duration::from_millis(1)).await;
    }
}

/// The number of open connections of a listener.
fn active(emission: &Emission, name: &str) -> f64 {
    emission.gauge(&CONNECTION.server_active, (ListenerAddress::find(name),)).unwrap_or_default()
}

/// The number of connections of a listener that have ended.
fn ended(emission: &Emission, name: &str) -> f64 {
    figure(emission, &format!("http_server_connection_duration_seconds_count{{server_address=\"{name}\"}}"))
        .unwrap_or_default()
}

fn rejected(emission: &Emission, name: &str) -> f64 {
    figure(emission, &format!("http_server_connections_rejected_total{{server_address=\"{name}\"}}"))
        .unwrap_or_default()
}

async fn bound() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

#[tokio::test]
async fn a_connection_of_axum_is_open_until_its_client_or_its_handler_ends_it() {
    let emission = Emission::new();
    // The test and all tasks are on this thread.
    let _here = metrics::set_default_local_recorder(emission.recorder());
    let (listener, address) = bound().await;
    let listener = MeasuredListener::new("axum", listener).expect("a name").tap_io(|_| ());
    let app = Router::new()
        .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()))
        .route("/panic", get(async || -> &'static str { panic!("on purpose") }));
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let serving = tokio::spawn(async move { axum::serve(listener, service).await });

    let connect = async || TcpStream::connect(address).await.expect("a connection");
    let (silent, mut asking, mut wrong, mut panicking) =
        (connect().await, connect().await, connect().await, connect().await);
    until(|| active(&emission, "axum") == 4.0).await;
    asking.write_all(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    asking.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.ends_with("127.0.0.1"), "{answer}");
    until(|| active(&emission, "axum") == 3.0).await;
    wrong.write_all(b"\0\0\0\r\n\r\n").await.expect("sent");
    until(|| active(&emission, "axum") == 2.0).await;
    panicking.write_all(b"GET /panic HTTP/1.1\r\nHost: here\r\n\r\n").await.expect("sent");
    until(|| active(&emission, "axum") == 1.0).await;
    drop(silent);
    until(|| active(&emission, "axum") == 0.0).await;
    assert_eq!((ended(&emission, "axum"), rejected(&emission, "axum")), (4.0, 0.0));
    serving.abort();
}

#[tokio::test]
async fn a_connection_over_the_limit_is_closed_and_counted() {
    let emission = Emission::new();
    let _here = metrics::set_default_local_recorder(emission.recorder());
    let (listener, address) = bound().await;
    let mut listener = MeasuredListener::new("limited", listener).expect("a name").limit(1);
    let accept = async |listener: &mut MeasuredListener<TcpListener>| axum::serve::Listener::accept(listener).await.0;
    let first_client = TcpStream::connect(address).await.expect("a connection");
    let first = accept(&mut listener).await;
    let mut second = TcpStream::connect(address).await.expect("a connection");
    let rest = tokio::spawn(async move {
        let third = accept(&mut listener).await;
        (listener, third)
    });
    assert_eq!(second.read(&mut [0]).await.expect("its end"), 0);
    assert_eq!((active(&emission, "limited"), rejected(&emission, "limited")), (1.0, 1.0));
    drop((first, first_client));
    let third = TcpStream::connect(address).await.expect("a connection");
    let accepted = rest.await.expect("no panic");
    assert_eq!((active(&emission, "limited"), rejected(&emission, "limited")), (1.0, 1.0));
    drop((accepted, third));
    assert_eq!((active(&emission, "limited"), ended(&emission, "limited")), (0.0, 2.0));
}

#[tokio::test]
async fn a_connection_counts_once_whether_it_ends_panics_is_cancelled_or_dropped() {
    let emission = Emission::new();
    let _here = metrics::set_default_local_recorder(emission.recorder());
    let meter = ConnectionMeter::register("by hand").expect("a name");
    let open = || {
        let (near, far) = duplex(64);
        (MeasuredIo::new(near, meter.start_connection()), far)
    };
    let (mut near, mut far) = open();
    far.write_all(b"hello").await.expect("sent");
    drop(far);
    let mut read = Vec::new();
    near.read_to_end(&mut read).await.expect("read");
    assert_eq!((&read[..], active(&emission, "by hand")), (&b"hello"[..], 1.0));
    drop(near);
    let (near, _far) = open();
    let panics = tokio::spawn(async move {
        let _near = near;
        panic!("on purpose")
    });
    assert!(panics.await.is_err_and(|error: tokio::task::JoinError| error.is_panic()));
    let (near, _far) = open();
    let cancelled = tokio::spawn(async move {
        let _near = near;
        pending::<()>().await;
    });
    tokio::task::yield_now().await;
    assert_eq!(active(&emission, "by hand"), 1.0);
    cancelled.abort();
    assert!(cancelled.await.is_err());
    drop(open());
    meter.reject();
    assert_eq!(
        (active(&emission, "by hand"), ended(&emission, "by hand"), rejected(&emission, "by hand")),
        (0.0, 4.0, 1.0)
    );
}

#[tokio::test]
async fn each_end_of_a_handshake_has_its_error_type() {
    let emission = Emission::new();
    let _here = metrics::set_default_local_recorder(emission.recorder());
    let meter = ConnectionMeter::register("tls").expect("a name");
    drop(meter.handshake(async { Ok::<_, io::Error>(()) }));
    assert_eq!(meter.handshake(async { Ok::<_, io::Error>(7) }).await.expect("it succeeds"), 7);
    let fails = async { Err::<(), _>(io::Error::from(io::ErrorKind::UnexpectedEof)) };
    assert!(meter.handshake(fails).await.is_err());
    let hangs = pending::<io::Result<()>>();
    assert!(timeout(Duration::from_millis(1), meter.handshake(hangs)).await.is_err());
    let panics =
        tokio::spawn(meter.handshake(async { if true { panic!("on purpose") } else { Ok::<_, io::Error>(()) } }));
    assert!(panics.await.is_err());
    let tls = ListenerAddress::find("tls");
    let expected = HandshakeErrorType::ALL.into_iter().fold(emission.expect(), |expected, error_type| {
        expected.histogram(&CONNECTION.tls_handshake, (tls, error_type), 1)
    });
    expected.among_others();
}

/// The labels of a server on this machine.
fn server(address: SocketAddr) -> (ServerAddress, ServerPort) {
    (ServerAddress::new("127.0.0.1"), ServerPort::new(address.port().to_string()))
}

fn open_to(emission: &Emission, address: SocketAddr) -> f64 {
    emission.gauge(&CONNECTION.client_open, server(address)).unwrap_or_default()
}

fn closed_to(emission: &Emission, address: SocketAddr) -> f64 {
    let labels = format!("server_address=\"127.0.0.1\",server_port=\"{}\"", address.port());
    figure(emission, &format!("http_client_connection_duration_seconds_count{{{labels}}}")).unwrap_or_default()
}

#[tokio::test]
async fn the_connections_of_a_client_are_open_until_its_pool_or_the_server_closes_them() {
    let emission = Emission::new();
    let _here = metrics::set_default_local_recorder(emission.recorder());
    let (listener, address) = bound().await;
    let app = Router::new().route("/", get(async || "hello"));
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    let client = Client::builder(TokioExecutor::new()).build(MeasuredConnector::new(HttpConnector::new()));
    let ask = async |address: SocketAddr, connection: &str| {
        let request = http::Request::get(format!("http://{address}/")).header("connection", connection);
        let response = client.request(request.body(Empty::<Bytes>::new()).expect("a request")).await?;
        response.into_body().collect().await.expect("a body");
        Ok::<(), hyper_util::client::legacy::Error>(())
    };
    ask(address, "keep-alive").await.expect("an answer");
    ask(address, "keep-alive").await.expect("an answer");
    assert_eq!((open_to(&emission, address), closed_to(&emission, address)), (1.0, 0.0));
    ask(address, "close").await.expect("an answer");
    until(|| open_to(&emission, address) == 0.0 && closed_to(&emission, address) == 1.0).await;
    ask(address, "keep-alive").await.expect("an answer");
    assert_eq!(open_to(&emission, address), 1.0);
    drop(client);
    until(|| open_to(&emission, address) == 0.0 && closed_to(&emission, address) == 2.0).await;
    serving.abort();
}

#[tokio::test]
async fn a_connection_that_is_not_made_is_not_counted() {
    let emission = Emission::new();
    let _here = metrics::set_default_local_recorder(emission.recorder());
    let (listener, address) = bound().await;
    drop(listener);
    let client = Client::builder(TokioExecutor::new()).build(MeasuredConnector::new(HttpConnector::new()));
    let request = http::Request::get(format!("http://{address}/")).body(Empty::<Bytes>::new()).expect("a request");
    assert!(client.request(request).await.is_err());
    emission.expect().only();
}

#[tokio::test]
async fn tonic_serves_a_measured_listener_and_connects_with_a_measured_connector() {
    let emission = Emission::new();
    let _here = metrics::set_default_local_recorder(emission.recorder());
    let (listener, address) = bound().await;
    let incoming = MeasuredListener::new("tonic", listener).expect("a name");
    let (_health, service) = tonic_health::server::health_reporter();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving =
        tonic::transport::Server::builder().add_service(service).serve_with_incoming_shutdown(incoming, async move {
            let _ = stopped.await;
        });
    let serving = tokio::spawn(serving);
    let endpoint = tonic::transport::Endpoint::new(format!("http://{address}")).expect("an address");
    let connector = MeasuredConnector::new(HttpConnector::new());
    let channel = endpoint.connect_with_connector(connector).await.expect("a connection");
    let mut client = tonic_health::pb::health_client::HealthClient::new(channel);
    let request = tonic_health::pb::HealthCheckRequest { service: String::new() };
    client.check(request).await.expect("an answer");
    assert_eq!((active(&emission, "tonic"), open_to(&emission, address)), (1.0, 1.0));
    drop(client);
    until(|| active(&emission, "tonic") == 0.0 && open_to(&emission, address) == 0.0).await;
    assert_eq!((ended(&emission, "tonic"), closed_to(&emission, address)), (1.0, 1.0));
    stop.send(()).expect("the server waits");
    serving.await.expect("no panic").expect("it stops");
}
