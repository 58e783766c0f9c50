//! Probes of good, bad and slow dependencies: their verdicts, what they emit, and that none delays another.

use std::future::pending;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mme_metrics::health::{
    Dependency, DependencyKind, DependencyName, DependencyProbe, GrpcProbe, HEALTH, HealthMonitor, HttpProbe,
    Readiness, RedisProbe, TcpProbe, VaultProbe,
};
use mme_metrics::probe::ProbeFailure;
use mme_metrics::testing::Emission;
use mme_metrics_tests::figure::{figure, time_since};
use mme_metrics_tests::peer::{Peer, Reply};
use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout};

/// Long enough for an answer that comes, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(20);

/// Returns the address of a port that nobody listens on.
fn closed() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn http(peer: &Peer) -> HttpProbe {
    HttpProbe::new(&peer.url("/health")).unwrap()
}

#[tokio::test]
async fn an_http_dependency_is_up_with_a_good_answer_only() {
    let json = |body: &str| Reply::http(200, "application/json", body);
    let elsewhere = Peer::always(json("ok")).await;
    let cases = [
        (json(r#"{"status":"ok"}"#), Ok(())),
        (Reply::status(204), Err(ProbeFailure::Unexpected)),
        (Reply::http(200, "text/html", "welcome to the proxy"), Err(ProbeFailure::Unexpected)),
        (Reply::redirect(&elsewhere.url("/")), Err(ProbeFailure::Status(302))),
        (Reply::status(503), Err(ProbeFailure::Status(503))),
        (Reply::http(200, "text/plain", &"ok".repeat(100_000)), Err(ProbeFailure::TooLarge)),
        (Reply::Endless, Err(ProbeFailure::TooLarge)),
        (Reply::EndlessHead, Err(ProbeFailure::Broken)),
        (Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok".to_vec()), Err(ProbeFailure::Broken)),
        (Reply::Bytes(b"+OK\r\n".to_vec()), Err(ProbeFailure::Broken)),
        (Reply::Bytes(Vec::new()), Err(ProbeFailure::Broken)),
    ];
    for (reply, expected) in cases {
        let peer = Peer::always(reply.clone()).await;
        assert_eq!(http(&peer).containing("ok").probe().await, expected, "{reply:?}");
    }
    assert_eq!(elsewhere.asked(), 0);
    let nobody = HttpProbe::new(&format!("http://{}/", closed())).unwrap();
    assert_eq!(nobody.probe().await, Err(ProbeFailure::Unreachable));
}

#[tokio::test]
async fn without_tls_a_dependency_over_https_is_down_and_says_what_is_missing() {
    let peer = Peer::always(Reply::http(200, "text/plain", "ok")).await;
    let address = format!("https://{}", peer.address());
    let missing = Err(ProbeFailure::Other("https needs a TLS feature of `reqwest`, such as `rustls`"));
    assert_eq!(HttpProbe::new(&address).unwrap().probe().await, missing);
    assert_eq!(VaultProbe::new(&address).unwrap().probe().await, missing);
    assert_eq!(GrpcProbe::new(&address).unwrap().probe().await, missing);
    assert_eq!(peer.asked(), 0);
}

#[tokio::test]
async fn vault_is_up_if_it_says_so_by_status_and_in_words() {
    let open = r#"{"initialized":true,"sealed":false,"standby":false}"#;
    let sealed = r#"{"initialized":true,"sealed":true}"#;
    let cases = [
        (200, open, Ok(())),
        (429, open, Ok(())),
        (473, open, Ok(())),
        (472, open, Err(ProbeFailure::Status(472))),
        (474, open, Err(ProbeFailure::Status(474))),
        (501, r#"{"initialized":false,"sealed":true}"#, Err(ProbeFailure::Status(501))),
        (503, sealed, Err(ProbeFailure::Status(503))),
        (200, sealed, Err(ProbeFailure::Unexpected)),
        (200, "<html>", Err(ProbeFailure::Malformed)),
    ];
    for (status, body, expected) in cases {
        let peer = Peer::start(move |head| {
            assert!(head.starts_with("GET /v1/sys/health HTTP/1.1\r\n"), "{head}");
            Reply::http(status, "application/json", body)
        });
        let peer = peer.await;
        assert_eq!(VaultProbe::new(&peer.url("/")).unwrap().probe().await, expected, "{status} {body}");
    }
}

#[tokio::test]
async fn redis_is_up_with_a_pong() {
    let cases = [
        ("+PONG\r\n", Ok(())),
        ("-NOAUTH Authentication required.\r\n", Err(ProbeFailure::Unexpected)),
        ("-LOADING Redis is loading the dataset in memory\r\n", Err(ProbeFailure::Unexpected)),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", Err(ProbeFailure::Unexpected)),
        ("+PON", Err(ProbeFailure::Broken)),
        ("", Err(ProbeFailure::Broken)),
    ];
    for (line, expected) in cases {
        let peer = Peer::always(Reply::Bytes(line.into())).await;
        let probe = RedisProbe::new("127.0.0.1", peer.address().port());
        assert_eq!(probe.probe().await, expected, "{line:?}");
    }
    let long = Peer::always(Reply::Open(vec![b'x'; 100_000])).await;
    assert_eq!(RedisProbe::new("127.0.0.1", long.address().port()).probe().await, Err(ProbeFailure::TooLarge));
    assert_eq!(RedisProbe::new("127.0.0.1", closed().port()).probe().await, Err(ProbeFailure::Unreachable));
}

#[tokio::test]
async fn what_listens_is_up_for_tcp() {
    let peer = Peer::always(Reply::Silence).await;
    assert_eq!(TcpProbe::new("localhost", peer.address().port()).probe().await, Ok(()));
    assert_eq!(TcpProbe::new("127.0.0.1", closed().port()).probe().await, Err(ProbeFailure::Unreachable));
    assert_eq!(TcpProbe::new("nobody.invalid", 80).probe().await, Err(ProbeFailure::Unreachable));
}

/// Serves one health service over HTTP/2: this message, with this status in its trailers.
async fn grpc_server(message: &'static [u8], status: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| async move {
                assert_eq!(request.uri().path(), "/grpc.health.v1.Health/Check");
                let asked = request.into_body().collect().await.unwrap().to_bytes();
                assert_eq!(&asked[..], [0, 0, 0, 0, 8, 0x0a, 6, b'l', b'e', b'd', b'g', b'e', b'r']);
                let trailers =
                    HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static(status))]);
                let frames = [
                    Ok::<_, std::convert::Infallible>(Frame::data(bytes::Bytes::from_static(message))),
                    Ok(Frame::trailers(trailers)),
                ];
                Ok::<_, std::convert::Infallible>(Response::new(StreamBody::new(futures_util::stream::iter(frames))))
            });
            tokio::spawn(
                hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

/// More than a probe reads.
static LARGE: &[u8] = &[0; 4_096];

#[tokio::test]
async fn a_grpc_dependency_is_up_if_it_serves() {
    let cases: [(&'static [u8], &'static str, Result<(), ProbeFailure>); 4] = [
        (&[0, 0, 0, 0, 2, 8, 1], "0", Ok(())),
        (&[0, 0, 0, 0, 2, 8, 2], "0", Err(ProbeFailure::Other("not serving"))),
        (&[], "5", Err(ProbeFailure::Other("the call failed"))),
        (LARGE, "0", Err(ProbeFailure::TooLarge)),
    ];
    for (message, status, expected) in cases {
        let address = grpc_server(message, status).await;
        assert_eq!(GrpcProbe::new(&address).unwrap().service("ledger").probe().await, expected, "{status}");
    }
    let endless = Peer::always(Reply::EndlessHttp2).await;
    assert!(GrpcProbe::new(&endless.url("")).unwrap().probe().await.is_err());
    // One that speaks another language, and one that answers the call like any other request.
    let plain = Peer::always(Reply::http(200, "text/html", "hello")).await;
    assert_eq!(GrpcProbe::new(&plain.url("")).unwrap().probe().await, Err(ProbeFailure::Broken));
}

/// Waits until a dependency is known to be up or down.
async fn wait_for(emission: &Emission, name: &str, kind: DependencyKind) -> bool {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(up) = emission.gauge(&HEALTH.up, (DependencyName::find(name), kind)) {
            return up > 0.0;
        }
        assert!(waited < LIMIT, "{name} was not asked");
        let pause = Duration::from_millis(5);
        sleep(pause).await;
        waited += pause;
    }
}

#[tokio::test]
async fn each_kind_of_bad_dependency_is_down_in_its_time_and_holds_up_no_other() {
    let bad = [
        ("black_holed", Peer::always(Reply::Silence).await),
        ("dripping", Peer::always(Reply::Drip).await),
        ("endless", Peer::always(Reply::Endless).await),
        ("redirecting", Peer::always(Reply::redirect("http://127.0.0.1:1/")).await),
        ("lying", Peer::always(Reply::http(200, "text/html", "welcome")).await),
    ];
    let good = Peer::always(Reply::http(200, "text/plain", "ok")).await;
    // An hour for each round: whoever waited for the round of another would wait for ever.
    let limit = Duration::from_millis(300);
    let mut monitor = HealthMonitor::new().every(Duration::from_hours(1)).at_once(true).limit(limit);
    for (name, peer) in &bad {
        monitor = monitor.probe(Dependency::register(name, DependencyKind::Http).unwrap(), http(peer).containing("ok"));
    }
    let panics = || async { panic!("on purpose") };
    let hangs = std::future::pending::<Result<(), ProbeFailure>>;
    monitor = monitor
        .probe(Dependency::register("panicking", DependencyKind::Other).unwrap(), panics)
        .probe(Dependency::register("hanging", DependencyKind::Other).unwrap(), hangs)
        .limit(LIMIT)
        .probe(Dependency::register("well", DependencyKind::Http).unwrap(), http(&good).containing("ok"));
    let (emission, started) = (Emission::new(), SystemTime::now());
    let names = ["black_holed", "dripping", "endless", "redirecting", "lying", "panicking", "hanging"];
    let looking = async {
        for name in names {
            let other = matches!(name, "panicking" | "hanging");
            let kind = if other { DependencyKind::Other } else { DependencyKind::Http };
            assert!(!wait_for(&emission, name, kind).await, "{name}");
        }
        assert!(wait_for(&emission, "well", DependencyKind::Http).await);
    };
    tokio::select! {
        never = emission.record_async(monitor.run()) => match never {},
        () = looking => {}
    }
    let well = DependencyName::find("well");
    let last = time_since(&emission, &HEALTH.last_success, (well,), started);
    let expected = names.iter().fold(emission.expect(), |expected, name| {
        expected.histogram(&HEALTH.check_duration, (DependencyName::find(name),), 1)
    });
    expected
        .gauge(&HEALTH.up, (well, DependencyKind::Http), 1.0)
        .gauge(&HEALTH.last_success, (well,), last)
        .histogram(&HEALTH.check_duration, (well,), 1)
        .only();
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_takes_its_whole_time_delays_no_other() {
    let dependency = |name| Dependency::register(name, DependencyKind::Other).unwrap();
    let second = Duration::from_secs(1);
    let monitor = HealthMonitor::new()
        .every(second)
        .at_once(true)
        .limit(second * 10)
        .probe(dependency("slow"), std::future::pending::<Result<(), ProbeFailure>>)
        .probe(dependency("quick"), || async { Ok(()) });
    let emission = Emission::new();
    assert!(timeout(second * 20 + second / 2, emission.record_async(monitor.run())).await.is_err());
    let count = |name| figure(&emission, &format!("dependency_check_duration_seconds_count{{dependency=\"{name}\"}}"));
    assert_eq!((count("quick"), count("slow")), (Some(21.0), Some(2.0)));
}

#[tokio::test(start_paused = true)]
async fn it_stops_within_a_second_and_an_empty_monitor_does_nothing() {
    let hangs = std::future::pending::<Result<(), ProbeFailure>>;
    let dependency = Dependency::register("stopped", DependencyKind::Other).unwrap();
    let supervised = HealthMonitor::new().at_once(true).probe(dependency, hangs).start();
    sleep(Duration::from_secs(1)).await;
    let told = tokio::time::Instant::now();
    supervised.stop().await;
    assert!(told.elapsed() < Duration::from_secs(1));
    let emission = Emission::new();
    assert!(timeout(Duration::from_secs(9), emission.record_async(HealthMonitor::new().run())).await.is_err());
    emission.expect().only();
}

/// A probe that hangs; when it has begun, and when it has ended.
fn hanging() -> (impl DependencyProbe, Arc<Notify>, oneshot::Receiver<()>) {
    let (alive, gone) = oneshot::channel::<()>();
    let (alive, begun) = (Mutex::new(Some(alive)), Arc::new(Notify::new()));
    let begins = Arc::clone(&begun);
    let probe = move || {
        let (alive, begins) = (alive.lock().unwrap().take(), Arc::clone(&begins));
        async move {
            let _alive = alive;
            begins.notify_one();
            pending().await
        }
    };
    (probe, begun, gone)
}

#[tokio::test(start_paused = true)]
async fn a_monitor_that_is_dropped_stops_its_probes_but_for_those_that_readiness_shares() {
    for (name, is_shared) in [("stopped", false), ("shared", true)] {
        let dependency = Dependency::register(name, DependencyKind::Other).unwrap();
        let (probe, begun, mut gone) = hanging();
        let monitor = HealthMonitor::new().at_once(true).limit(LIMIT).probe(dependency, probe);
        let readiness = is_shared.then(|| Readiness::new().monitor(&monitor));
        let running = tokio::spawn(monitor.run());
        begun.notified().await;
        running.abort();
        assert!(running.await.is_err());
        if readiness.is_some() {
            // Paused time passes only when no task has anything to do.
            sleep(LIMIT / 2).await;
            assert_eq!(gone.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        }
        // The probe ends by its time limit.
        assert!(timeout(if is_shared { LIMIT } else { LIMIT / 2 }, gone).await.expect("it ends").is_err());
    }
}
