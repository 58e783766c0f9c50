//! Checks that an idle sentinel and ten probes cost less than a thousandth of a core, and a readiness probe less than 2 µs while its
//! result is reused.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench health` takes two minutes: it waits for checks that run at
//! their intervals. It measures the one thread on which checks run; the servers that answer them run on another.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use axum::body::Body;
use mme_metrics::Recorder;
use mme_metrics::endpoint::ProbeEndpoint;
use mme_metrics::health::{
    Dependency, DependencyKind, HealthMonitor, HttpProbe, Readiness, RedisProbe, TcpProbe, VaultProbe,
};
use mme_metrics::isolation::{HttpRead, IsolationResource, IsolationSentinel};
use mme_metrics_benches::processor::Whose;
use mme_metrics_benches::table::Table;
use tokio::time::{sleep, timeout};
use tower::{Service as _, ServiceExt as _};

/// How long each is watched: four rounds of the probes.
const WATCHED: Duration = Duration::from_mins(1);

/// The most it may cost, in thousandths of a core.
const BUDGET: f64 = 1.0;

/// How often probes ask in the second part, to see what one question costs.
const BUSY: Duration = Duration::from_millis(100);

/// The most microseconds that a readiness probe may take while its result is reused.
const READY: f64 = 2.0;

/// Readiness probes in a batch.
const BATCH: u32 = 10_000;

fn main() {
    Recorder::builder().install().expect("nothing else is installed");
    let server = serve();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    // Timers are made where they run.
    let bare = runtime.block_on(async { Whose::Thread.thousandths(WATCHED / 6, sleep(WATCHED / 6)).await });
    let every = Duration::from_secs(15);
    let idle = runtime.block_on(async {
        let sentinel = sentinel(server).start();
        let cost = Whose::Thread.thousandths(WATCHED, timeout(WATCHED, ten(server, every).run())).await;
        sentinel.stop().await;
        cost
    });
    let busy = runtime.block_on(async {
        Whose::Thread.thousandths(WATCHED / 3, timeout(WATCHED / 3, ten(server, BUSY).run())).await
    });
    let question = busy * BUSY.as_secs_f64() * 1e6 / 1e3 / 10.0;

    let mut table =
        Table::new("A sentinel each 5 min and ten probes each 15 s", &["what runs", "thousandths of a core"]);
    table.row(vec!["nothing".to_owned(), format!("{bare:.3}")]);
    table.row(vec!["a sentinel and ten probes".to_owned(), format!("{idle:.3}")]);
    table.row(vec!["ten probes each 100 ms".to_owned(), format!("{busy:.3}")]);
    table.bar("thousandths of a core", idle, BUDGET);
    table.note(format!("one question: {question:.0} µs"));
    println!("{table}");
    let readiness = runtime.block_on(readiness());
    let mut table = Table::new("A readiness probe of ten checks, from the results of the last second", &["what", "µs"]);
    table.row(vec!["the service".to_owned(), format!("{:.2}", readiness[0])]);
    table.row(vec!["through its router".to_owned(), format!("{:.2}", readiness[1])]);
    table.bar("µs of the service", readiness[0], READY);
    println!("{table}");
}

/// Returns the median time of a readiness probe, in microseconds: of the service, and through its router.
async fn readiness() -> [f64; 2] {
    let checks = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let readiness = checks.iter().fold(Readiness::new(), |readiness, name| readiness.check(name, async || Ok(())));
    let endpoint = ProbeEndpoint::new(&readiness).bearer("a long secret");
    let router = endpoint.clone().into_router();
    let request = || http::Request::get("/readyz").body(Body::empty()).expect("it is a request");
    let (mut service, mut by_router) = (Vec::new(), Vec::new());
    for _ in 0..51 {
        // Fresh successes, so that no check runs in the batch.
        assert!(readiness.report().await.is_ready());
        let requests: Vec<_> = (0..BATCH).map(|_| request()).collect();
        let begun = Instant::now();
        for request in requests {
            let response = endpoint.clone().call(request).await.expect("it answers");
            assert_eq!(response.status(), 200);
        }
        service.push(begun.elapsed());
        assert!(readiness.report().await.is_ready());
        let requests: Vec<_> = (0..BATCH).map(|_| request()).collect();
        let begun = Instant::now();
        for request in requests {
            let response = router.clone().oneshot(request).await.expect("it answers");
            assert_eq!(response.status(), 200);
        }
        by_router.push(begun.elapsed());
    }
    [service, by_router].map(|mut batches| {
        batches.sort_unstable();
        batches[batches.len() / 2].as_secs_f64() * 1e6 / f64::from(BATCH)
    })
}

fn ten(server: SocketAddr, every: Duration) -> HealthMonitor {
    let (host, port, url) = (server.ip().to_string(), server.port(), format!("http://{server}/"));
    let web = || HttpProbe::new(&url).expect("it is an address");
    let vault = || VaultProbe::new(&url).expect("it is an address");
    let dependency = |name: &str| Dependency::register(name, DependencyKind::Other).expect("there are not too many");
    HealthMonitor::new()
        .every(every)
        .at_once(true)
        .probe(dependency("a"), web())
        .probe(dependency("b"), web())
        .probe(dependency("c"), web())
        .probe(dependency("d"), web())
        .probe(dependency("e"), web().containing("sealed"))
        .probe(dependency("f"), vault())
        .probe(dependency("g"), vault())
        .probe(dependency("h"), TcpProbe::new(host.clone(), port))
        .probe(dependency("i"), TcpProbe::new(host.clone(), port))
        .probe(dependency("j"), RedisProbe::new(host, port))
}

fn sentinel(server: SocketAddr) -> IsolationSentinel {
    let read = HttpRead::new(&format!("http://{server}/document"), "canary-1b7f03c98a", |tenant, request| {
        request.bearer_auth(tenant)
    });
    let read = read.expect("the marker is long enough");
    IsolationSentinel::new(vec![IsolationResource::new("acme", "document", read)]).tenant("globex").at_once(true)
}

/// Answers everything in one line, on a thread of its own.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 4096];
            let body = r#"{"initialized":true,"sealed":false}"#;
            let read = stream.read(&mut head).unwrap_or_default();
            let answer = if head[..read].starts_with(b"*") {
                "+PONG\r\n".to_owned()
            } else {
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            };
            // A client that has hung up is its own business.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}
