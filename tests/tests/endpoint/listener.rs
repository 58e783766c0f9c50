//! The metrics endpoint on its own port, over real sockets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use mme_metrics::Recorder;
use mme_metrics::endpoint::{DEFAULT_ADDRESS, Endpoint, ListenError};
use mme_metrics::settings::Settings;
use mme_metrics_tests::http::{self, Answer, exchange, scrape};

/// What Prometheus 2.42 sends.
const PROMETHEUS: &str = "Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

const ANY_PORT: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

fn recorder() -> Recorder {
    Recorder::builder().build().unwrap()
}

/// Runs `ask` beside an endpoint that listens.
async fn beside<T: Send + 'static>(endpoint: Endpoint, ask: impl FnOnce(SocketAddr) -> T + Send + 'static) -> T {
    let listener = endpoint.listen(ANY_PORT).unwrap();
    let address = listener.local_addr();
    let answer = tokio::task::spawn_blocking(move || ask(address)).await.unwrap();
    listener.shutdown().await;
    answer
}

async fn ask(endpoint: Endpoint, method: &'static str, path: &'static str, headers: &'static [&str]) -> Answer {
    beside(endpoint, move |address| http::request(address, method, path, headers).unwrap()).await
}

#[tokio::test]
async fn text_is_served_whole_with_its_full_type() {
    let answer = ask(Endpoint::new(recorder()), "GET", "/metrics?format=any", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("vary"), "accept, accept-encoding");
    assert!(answer.text().starts_with("# HELP ") && answer.text().contains("\nprocess_open_fds "));
}

#[tokio::test]
async fn prometheus_gets_openmetrics_compressed() {
    let headers = &[PROMETHEUS, "Accept-Encoding: gzip"];
    let answer = ask(Endpoint::new(recorder()), "GET", "/metrics", headers).await;
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert!(answer.text().ends_with("# EOF\n"));
}

#[tokio::test]
async fn head_says_what_get_would_without_writing_it() {
    let asked = beside(Endpoint::new(recorder()), |address| {
        ["GET", "HEAD"].map(|method| http::request(address, method, "/metrics", &[PROMETHEUS]).unwrap())
    });
    let [mut get, mut head] = asked.await;
    for own in ["date", "transfer-encoding"] {
        get.headers.remove(own);
        head.headers.remove(own);
    }
    assert_eq!((get.status, get.headers), (head.status, head.headers));
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn other_paths_are_not_found() {
    for path in ["/", "/metrics/", "/metric", "//metrics", "/METRICS", "/metrics%2f"] {
        assert_eq!(ask(Endpoint::new(recorder()), "GET", path, &[]).await.status, 404, "{path}");
    }
    assert_eq!(ask(Endpoint::new(recorder()).path("own/place"), "GET", "/own/place", &[]).await.status, 200);
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"] {
        let answer = ask(Endpoint::new(recorder()), method, "/metrics", &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"), "{method}");
    }
}

#[tokio::test]
async fn credentials_open_it_and_nothing_else_does() {
    for (headers, status) in [
        (&["Authorization: Bearer secret"], 200),
        (&["Authorization: Basic dXNlcjpwYXNzd29yZA=="], 200),
        (&["Authorization: Bearer wrong"], 401),
        (&["Authorization: Basic dXNlcjp3cm9uZw=="], 401),
        (&["X-Nothing: at all"], 401),
    ] {
        let endpoint = Endpoint::new(recorder()).bearer("secret").basic("user", "password");
        let answer = ask(endpoint, "GET", "/metrics", headers).await;
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401);
        assert_eq!(answer.text().contains("process_"), status == 200);
    }
}

#[tokio::test]
async fn before_install_it_says_what_to_do() {
    let answer = ask(Endpoint::installed(), "GET", "/metrics", &[]).await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("`mme_metrics::install()`"), "{}", answer.text());
}

#[tokio::test]
async fn garbage_is_refused_and_survived() {
    let answers = beside(Endpoint::new(recorder()), |address| {
        for garbage in [&b"\0\0\0\0\r\n\r\n"[..], b"GET\r\n\r\n", b"GET  / HTTP/9\r\n\r\n", &b"x".repeat(200_000)] {
            // A connection that was closed without a word is refused too.
            if let Ok(answer) = exchange(address, garbage) {
                assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{answer:?}");
            }
        }
        scrape(address, &["X-Obs: \u{fffd}"])
    });
    assert_eq!(answers.await.unwrap().status, 200);
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = Endpoint::new(recorder()).listen(taken.local_addr().unwrap()).unwrap_err();
    assert!(matches!(error, ListenError::Bind { address, .. } if address == taken.local_addr().unwrap()));
    assert!(error.to_string().ends_with("is taken by another listener: stop it or choose another port"), "{error}");
}

#[test]
fn outside_a_runtime_it_is_a_clear_error() {
    let error = Endpoint::new(recorder()).listen(ANY_PORT).unwrap_err();
    assert!(error.to_string().contains("`#[tokio::main]`"), "{error}");
}

#[tokio::test]
async fn shutdown_closes_the_port_and_what_waits() {
    let listener = Endpoint::new(recorder()).listen(ANY_PORT).unwrap();
    let address = listener.local_addr();
    let waiting = TcpStream::connect(address).unwrap();
    tokio::task::spawn_blocking(move || scrape(address, &[])).await.unwrap().unwrap();
    listener.shutdown().await;
    assert!(TcpStream::connect(address).is_err());
    assert_eq!((&waiting).read(&mut [0]).unwrap(), 0);
    TcpListener::bind(address).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_lets_answers_under_way_finish() {
    let recorder = recorder();
    mme_metrics::metrics::with_local_recorder(&recorder, || {
        for index in 0..2_000 {
            mme_metrics::metrics::counter!("listener_tests_total", "index" => format!("{index:0>100}")).increment(1);
        }
    });
    let listener = Endpoint::new(recorder).listen(ANY_PORT).unwrap();
    let mut client = TcpStream::connect(listener.local_addr()).unwrap();
    client.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
    client.read_exact(&mut [0]).unwrap();
    let rest = move || client.read_to_end(&mut Vec::new()).map(|size| size > 200_000).unwrap();
    let (whole, ()) = tokio::join!(tokio::task::spawn_blocking(rest), listener.shutdown());
    assert!(whole.unwrap());
}

#[test]
fn only_this_machine_is_served_unless_told_otherwise() {
    assert_eq!(DEFAULT_ADDRESS.to_string(), "127.0.0.1:9464");
}

#[tokio::test]
async fn an_operator_opens_a_listener_with_a_token() {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, "of-the-operator\n").unwrap();
    let text = format!("[listener]\naddress = \"127.0.0.1:0\"\ntoken_file = \"{}\"", path.display());
    let settings = Settings::from_toml(&text).unwrap();
    let recorder = Recorder::builder().settings(settings).build().unwrap();
    let endpoint = || Endpoint::new(recorder.clone());
    let listener = recorder.settings().start_listener(endpoint()).unwrap().expect("an address is set");
    let address = listener.local_addr();
    let ask = move |headers: &'static [&'static str]| {
        tokio::task::spawn_blocking(move || http::request(address, "GET", "/metrics", headers).unwrap().status)
    };
    assert_eq!(ask(&[]).await.unwrap(), 401);
    assert_eq!(ask(&["Authorization: Bearer of-the-operator"]).await.unwrap(), 200);
    listener.shutdown().await;
    std::fs::remove_file(&path).unwrap();
    let gone = recorder.settings().start_listener(endpoint()).unwrap_err().to_string();
    assert!(gone.starts_with("the file that `listener.token_file` in the settings names cannot be read"), "{gone}");
    assert!(Settings::default().start_listener(endpoint()).unwrap().is_none());
}
