//! The drain of a service: its steps and their time, what is served meanwhile, and the last scrape.

use std::future::pending;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use mme_metrics::Recorder;
use mme_metrics::endpoint::{Drain, Endpoint, ProbeEndpoint};
use mme_metrics::health::Readiness;
use mme_metrics_tests::isolated_process::run_alone_async;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep};
use tonic::transport::server::TcpIncoming;
use tower::ServiceExt as _;

const SECOND: Duration = Duration::from_secs(1);

/// Longer than any test may take.
const LONG: Duration = Duration::from_mins(10);

fn recorder() -> Recorder {
    Recorder::builder().process_metrics(false).build().expect("a recorder")
}

/// A future that is ready when the sender sends.
fn trigger() -> (oneshot::Sender<()>, impl Future<Output = ()> + Send + 'static) {
    let (sender, receiver) = oneshot::channel();
    (sender, async move { receiver.await.expect("the test sends") })
}

/// Sends a request on a connection of its own: the status and the body.
async fn ask(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let stream = TcpStream::connect(address).await.ok()?;
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.ok()?;
    let request = Request::get(path).header("host", "test").body(String::new()).expect("a request");
    let exchange = async {
        let response = sender.send_request(request).await.ok()?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        Some((status, String::from_utf8(body.to_vec()).expect("text")))
    };
    let connection = async {
        let _ = connection.await;
        pending::<()>().await;
    };
    tokio::select! {
        answer = exchange => answer,
        () = connection => None,
    }
}

#[tokio::test]
async fn requests_in_flight_end_and_the_last_scrape_has_their_events() {
    let (recorder, readiness) = (recorder(), Readiness::new());
    let metrics = Endpoint::new(recorder.clone());
    let admin = metrics.clone().into_router().merge(ProbeEndpoint::new(&readiness).into_router());
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (entered, release) = (Arc::clone(&entered), Arc::clone(&release));
        async move || {
            entered.notify_one();
            release.notified().await;
            metrics::with_local_recorder(&recorder, || metrics::counter!("drain_jobs").increment(1));
            "done"
        }
    };
    let app = Router::new().route("/slow", get(slow)).merge(admin.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (begin, begun) = trigger();
    let drain = Drain::new(&readiness).on(begun).delay(SECOND / 10).limit(LONG).last_scrape(&metrics, LONG);
    let drain = drain.keep_port(&listener, admin).expect("a descriptor");
    let (draining, stopping) = (drain.draining(), drain.stopping());
    let serving = axum::serve(listener, app).with_graceful_shutdown(drain.stopping());
    let running = tokio::spawn(drain.run(async { serving.await }));
    let in_flight = tokio::spawn(async move { ask(address, "/slow").await });
    entered.notified().await;
    assert_eq!(ask(address, "/readyz").await, Some((200, "ready\n".to_owned())));

    begin.send(()).expect("the drain waits");
    draining.await;
    assert_eq!(ask(address, "/readyz").await, Some((503, "draining\n".to_owned())));
    stopping.await;
    // The server may take a connection more before it has closed its port.
    while ask(address, "/other").await != Some((503, "the service is stopping\n".to_owned())) {}
    assert_eq!(ask(address, "/livez").await, Some((200, "live\n".to_owned())));
    assert_eq!(ask(address, "/readyz").await, Some((503, "draining\n".to_owned())));
    let (status, text) = ask(address, "/metrics").await.expect("an answer");
    assert!(status == 200 && !text.contains("drain_jobs_total"), "{text}");
    assert!(!running.is_finished(), "a scrape before the end of the requests is not the last");

    release.notify_one();
    assert_eq!(in_flight.await.expect("no panic"), Some((200, "done".to_owned())));
    let mut last = String::new();
    while let Some((200, text)) = ask(address, "/metrics").await {
        last = text;
    }
    assert!(last.contains("drain_jobs_total 1\n"), "{last}");
    assert!(matches!(running.await, Ok(Some(Ok(())))));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off() {
    let readiness = Readiness::new();
    let entered = Arc::new(Notify::new());
    let hangs = {
        let entered = Arc::clone(&entered);
        async move || {
            entered.notify_one();
            pending::<()>().await;
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (begin, begun) = trigger();
    let drain = Drain::new(&readiness).on(begun).delay(Duration::ZERO).limit(SECOND / 20);
    let app = Router::new().route("/", get(hangs));
    let serving = axum::serve(listener, app).with_graceful_shutdown(drain.stopping());
    let running = tokio::spawn(drain.run(async { serving.await }));
    tokio::spawn(async move { ask(address, "/").await });
    entered.notified().await;
    begin.send(()).expect("the drain waits");
    assert!(running.await.expect("no panic").is_none());
}

#[tokio::test]
async fn tonic_stops_to_accept_and_lets_calls_end() {
    let readiness = Readiness::new();
    let (health, service) = tonic_health::server::health_reporter();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (begin, begun) = trigger();
    let drain = Drain::new(&readiness).on(begun).delay(Duration::ZERO).limit(LONG);
    let serving = tonic::transport::Server::builder()
        .add_service(service)
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), drain.stopping());
    let stopping = drain.stopping();
    let running = tokio::spawn(drain.run(serving));
    let channel = tonic::transport::Endpoint::new(format!("http://{address}")).expect("an address");
    let mut client = tonic_health::pb::health_client::HealthClient::new(channel.connect().await.expect("a connection"));
    let request = tonic_health::pb::HealthCheckRequest { service: String::new() };
    let mut watch = client.watch(request.clone()).await.expect("an answer").into_inner();
    assert!(watch.message().await.expect("a message").is_some());
    begin.send(()).expect("the drain waits");
    stopping.await;
    // The stream is still open, and still gets its messages.
    health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
    assert!(watch.message().await.expect("a message").is_some());
    assert!(!running.is_finished());
    drop((watch, client));
    assert!(matches!(running.await, Ok(Some(Ok(())))));
}

#[tokio::test]
async fn a_service_that_ends_by_itself_is_not_drained() {
    let readiness = Readiness::new();
    let drain = Drain::new(&readiness).on(pending());
    let (draining, stopping) = (drain.draining(), drain.stopping());
    assert_eq!(drain.run(async { 7 }).await, Some(7));
    assert!(!readiness.is_draining());
    // What waits for the drain ends with it.
    draining.await;
    stopping.await;
}

/// A drain that keeps a port of its own, and its address. The server's own descriptor is closed already.
async fn keeping() -> (Drain, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let drain = Drain::new(&Readiness::new()).delay(Duration::ZERO).limit(LONG);
    let drain = drain.keep_port(&listener, Router::new()).expect("a descriptor");
    (drain, listener.local_addr().expect("an address"))
}

/// Waits until the port is kept.
async fn is_kept(address: SocketAddr) {
    assert_eq!(ask(address, "/").await, Some((503, "the service is stopping\n".to_owned())));
}

/// Binds the port again. All tasks are on this thread, so they have run after some rounds.
async fn bind_again(address: SocketAddr) {
    for _ in 0..1_000 {
        if TcpListener::bind(address).await.is_ok() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{address} is still open");
}

#[tokio::test]
async fn a_cancelled_drain_gives_its_port_back() {
    // Before the port is served.
    let (drain, address) = keeping().await;
    let running = tokio::spawn(drain.on(pending()).run(pending::<()>()));
    tokio::task::yield_now().await;
    running.abort();
    assert!(running.await.is_err());
    bind_again(address).await;
    // While it is served.
    let (drain, address) = keeping().await;
    let stopping = drain.stopping();
    let running = tokio::spawn(drain.on(std::future::ready(())).run(pending::<()>()));
    stopping.await;
    is_kept(address).await;
    running.abort();
    assert!(running.await.is_err());
    bind_again(address).await;
}

#[tokio::test]
async fn a_drain_whose_service_panics_gives_its_port_back() {
    let (drain, address) = keeping().await;
    let stopping = drain.stopping();
    let (panic, panics) = trigger();
    let service = async {
        panics.await;
        panic!("on purpose")
    };
    let running = tokio::spawn(drain.on(std::future::ready(())).run(service));
    stopping.await;
    is_kept(address).await;
    panic.send(()).expect("the service waits");
    assert!(running.await.is_err_and(|error| error.is_panic()));
    bind_again(address).await;
}

/// Sends SIGTERM to this process.
fn terminate() {
    let sent = Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status();
    assert!(sent.expect("the system has `kill`").success());
}

#[test]
fn a_signal_before_the_drain_runs_begins_it() {
    type StageFn = fn(&Drain) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
    let asked: [StageFn; 2] = [|drain| Box::pin(drain.draining()), |drain| Box::pin(drain.stopping())];
    // Signals go to the whole process.
    run_alone_async(async || {
        for asked in asked {
            let drain = Drain::new(&Readiness::new()).delay(Duration::ZERO);
            let reached = asked(&drain);
            // Would end the process.
            terminate();
            assert_eq!(drain.run(reached).await, Some(()));
        }
    });
}

#[test]
fn a_second_signal_gives_the_port_back() {
    // Signals go to the whole process.
    run_alone_async(async || {
        let (drain, address) = keeping().await;
        let (stopping, entered) = (drain.stopping(), Arc::new(Notify::new()));
        let serving = {
            let entered = Arc::clone(&entered);
            async move {
                entered.notify_one();
                pending::<()>().await;
            }
        };
        let running = tokio::spawn(drain.run(serving));
        entered.notified().await;
        terminate();
        stopping.await;
        is_kept(address).await;
        terminate();
        assert!(running.await.expect("no panic").is_none());
        TcpListener::bind(address).await.expect("the port is free as soon as the drain has ended");
    });
}

/// Drains a service that ends as soon as it has to, and returns how long that takes.
async fn drained(drain: Drain) -> Duration {
    let (begun, stopping) = (Instant::now(), drain.stopping());
    assert_eq!(drain.run(stopping).await, Some(()));
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn each_step_takes_its_time_and_no_more() {
    let drain = || Drain::new(&Readiness::new()).on(std::future::ready(())).delay(SECOND * 3).limit(SECOND * 7);
    let metrics = Endpoint::new(recorder());
    assert_eq!(drained(drain()).await, SECOND * 3);
    assert_eq!(drained(drain().last_scrape(&metrics, SECOND * 11)).await, SECOND * 14);
    assert_eq!(drained(drain().last_scrape(&metrics, Duration::ZERO)).await, SECOND * 3);
    let begun = Instant::now();
    assert_eq!(drain().last_scrape(&metrics, SECOND * 11).run(pending::<()>()).await, None);
    assert_eq!(begun.elapsed(), SECOND * 21);
    // One that ends by itself meanwhile needs no more time.
    let begun = Instant::now();
    assert_eq!(drain().run(sleep(SECOND)).await, Some(()));
    assert_eq!(begun.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn only_a_whole_exposition_after_the_requests_is_the_last_scrape() {
    let metrics = Endpoint::new(recorder());
    let router = metrics.clone().into_router();
    let scrape = async |at: Duration, method: Method, reads: bool| {
        sleep(at).await;
        let request = Request::builder().method(method).uri("/metrics").body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        if reads {
            response.into_body().collect().await.expect("an exposition");
        }
    };
    let drain = Drain::new(&Readiness::new()).on(std::future::ready(())).delay(SECOND * 3);
    let (took, ..) = tokio::join!(
        drained(drain.last_scrape(&metrics, LONG)),
        // Before the end of the requests, without a body, and dropped before its end.
        scrape(SECOND, Method::GET, true),
        scrape(SECOND * 4, Method::HEAD, true),
        scrape(SECOND * 5, Method::GET, false),
        scrape(SECOND * 6, Method::POST, true),
        scrape(SECOND * 7, Method::GET, true),
    );
    assert_eq!(took, SECOND * 7);
}

#[tokio::test]
async fn it_is_sent_between_threads() {
    fn is_sent<T: Send + 'static>(_: T) {}
    let drain = Drain::new(&Readiness::new());
    is_sent((drain.stopping(), drain.draining()));
    is_sent(drain.run(async {}));
}
