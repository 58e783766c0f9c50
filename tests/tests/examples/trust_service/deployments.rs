//! Deployments: the service is stopped under load and started anew, and no request and no event is lost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mme_metrics_tests::service::{Service, count_in};
use reqwest::blocking::Client;

/// How many deployments there are, if `MME_DEPLOYMENTS` does not say it.
const DEPLOYMENTS: u32 = 5;

/// Requests before the signal.
const REQUESTS: u64 = 60;

/// Threads that send requests.
const CLIENTS: usize = 3;

/// How often a client asks whether the service is ready, while it sends requests.
const CHECKED: Duration = Duration::from_millis(100);

/// How long the service serves on after the signal: many times that, also on a machine that is busy with other tests.
const DRAIN: &str = "6000";

/// The same if `MME_DEPLOYMENTS` is set, on a machine that has nothing else to do.
const QUICK_DRAIN: &str = "1500";

/// Most time from the signal to the end with that drain. Else only a service that hangs fails the test.
const MOST: Duration = Duration::from_secs(5);

#[test]
fn deployments_under_load_lose_no_request_and_no_event() {
    let asked = std::env::var("MME_DEPLOYMENTS").ok().map(|number| number.parse().expect("a number of deployments"));
    let drain = if asked.is_some() { QUICK_DRAIN } else { DRAIN };
    let mut slowest = Duration::ZERO;
    for deployment in 0..asked.unwrap_or(DEPLOYMENTS) {
        slowest = slowest.max(deploy(deployment, drain));
    }
    println!("the slowest deployment took {slowest:?}");
    assert!(asked.is_none() || slowest <= MOST, "{slowest:?}");
}

/// Starts the service, stops it under load, and returns how long the stop took. The service serves on for `drain` milliseconds.
fn deploy(deployment: u32, drain: &str) -> Duration {
    let service = Service::start_with(&[], &[("TRUST_DRAIN_MS", drain), ("TRUST_SCRAPE_MS", "30000")]);
    let (sent, url) = (AtomicU64::new(0), service.url(""));
    thread::scope(|scope| {
        let clients = [(); CLIENTS].map(|()| scope.spawn(|| send_while_ready(&url, &sent)));
        while sent.load(Ordering::SeqCst) < REQUESTS {
            assert!(clients.iter().all(|client| !client.is_finished()), "deployment {deployment}: not ready any more");
            thread::sleep(Duration::from_millis(1));
        }
        let told = Instant::now();
        service.terminate();
        let last = scrape_to_the_end(&url);
        for client in clients {
            client.join().expect("no request failed");
        }
        let stopped = service.wait(told);
        assert!(stopped.status.success(), "deployment {deployment}: {stopped:?}");
        let counted = count_in(&last, "http_server_request_duration_seconds_count", &["http_route=\"/documents\""]);
        assert_eq!(counted, sent.load(Ordering::SeqCst), "deployment {deployment}: events in the last scrape");
        stopped.took
    })
}

/// Sends requests as long as the service says that it is ready. Each has to be answered by the service itself.
fn send_while_ready(url: &str, sent: &AtomicU64) {
    let client = Client::builder().no_proxy().build().expect("no TLS and no proxy can fail");
    let get = |path: &str| {
        let answer = client.get(format!("{url}{path}")).send();
        answer.unwrap_or_else(|error| panic!("{path}: {error}")).status().as_u16()
    };
    let mut checked: Option<Instant> = None;
    loop {
        if checked.is_none_or(|checked| checked.elapsed() >= CHECKED) {
            let asked = Instant::now();
            match get("/readyz") {
                200 => checked = Some(asked),
                _ if checked.is_none() => continue,
                503 => return,
                status => panic!("/readyz: {status}"),
            }
        }
        // Without a session.
        assert_eq!(get("/documents"), 401);
        sent.fetch_add(1, Ordering::SeqCst);
    }
}

/// Scrapes until the port is closed, and returns the last exposition.
fn scrape_to_the_end(url: &str) -> String {
    let client = Client::builder().no_proxy().build().expect("no TLS and no proxy can fail");
    let mut last = String::new();
    loop {
        match client.get(format!("{url}/metrics")).send().and_then(|answer| answer.error_for_status()?.text()) {
            Ok(text) => last = text,
            Err(error) if error.is_connect() => return last,
            // The service may close an open connection while a scrape is sent on it. Prometheus scrapes again too.
            Err(_) => {}
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_second_signal_ends_the_drain() {
    let service = Service::start_with(&[], &[("TRUST_DRAIN_MS", "600000"), ("TRUST_SCRAPE_MS", "600000")]);
    let told = Instant::now();
    service.terminate();
    while service.send("GET", "/readyz", None, None).status == 200 {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(service.send("GET", "/livez", None, None).status, 200);
    service.terminate();
    assert!(service.wait(told).status.success());
}
