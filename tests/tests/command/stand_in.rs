//! Servers that answer as a faulty Prometheus or Grafana does, for faults that no real one can be given.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use mme_metrics::asset::{AssetKind, FILES};
use mme_metrics_tests::command::run;
use serde_json::{Value, json};

/// The first lines of the requests that a server got.
pub(crate) type Requests = Arc<Mutex<Vec<String>>>;

/// Serves answers by a part of the request's first line, the first that is found; else 404. It ends with the tests.
pub(crate) fn serve(answers: Vec<(&'static str, String)>) -> String {
    listen("404 Not Found", answers).0
}

/// As [`serve`], with the status that any other request gets, and lists the requests.
pub(crate) fn listen(other: &'static str, answers: Vec<(&'static str, String)>) -> (String, Requests) {
    let requests = Requests::default();
    let list = Arc::clone(&requests);
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let (answers, list) = (answers.clone(), Arc::clone(&list));
            thread::spawn(move || {
                let Ok(copy) = stream.try_clone() else { return };
                let mut lines = BufReader::new(copy).lines();
                let request = lines.next().and_then(Result::ok).unwrap_or_default();
                while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
                let found = answers.iter().find(|(part, _)| request.contains(part));
                let (status, body) = found.map_or((other, ""), |(_, body)| ("200 OK", body.as_str()));
                list.lock().expect("no test panics with it").push(request);
                let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
                // A client that hangs up is its own business.
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
            });
        }
    });
    (url, requests)
}

pub(crate) fn data(data: &Value) -> String {
    json!({ "status": "success", "data": data }).to_string()
}

pub(crate) fn vector(samples: &[(&[(&str, &str)], f64)]) -> String {
    let sample = |(labels, value): &(&[(&str, &str)], f64)| {
        let labels: BTreeMap<_, _> = labels.iter().copied().collect();
        json!({ "metric": labels, "value": [0, value.to_string()] })
    };
    data(&json!({ "resultType": "vector", "result": samples.iter().map(sample).collect::<Vec<_>>() }))
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs_f64()
}

fn time(seconds: f64) -> String {
    data(&json!({ "resultType": "scalar", "result": [seconds, seconds.to_string()] }))
}

/// Returns what a check found: its state and its problems.
fn state(url: &str, check: &str, more: &[&str]) -> (String, Vec<String>) {
    let arguments = ["verify", "--prometheus", url, "--format", "json"];
    let ran = run(Path::new("."), arguments.iter().chain(more));
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let checks = report["checks"].as_array().expect("a list");
    let check = checks.iter().find(|found| found["name"] == check).unwrap_or_else(|| panic!("no {check}: {report:#}"));
    let problems = check["problems"].as_array().expect("a list").iter();
    (
        check["state"].as_str().unwrap_or_default().to_owned(),
        problems.map(|p| p.as_str().unwrap_or_default().to_owned()).collect(),
    )
}

#[test]
fn a_clock_that_is_off_by_an_hour_is_named() {
    for (off, side) in [(3600.0, "ahead of"), (-3600.0, "behind")] {
        let url = serve(vec![("query=time()", time(now() + off)), ("/query", vector(&[]))]);
        let (state, problems) = state(&url, "clock", &[]);
        // How many seconds depends on how long it takes until it is asked.
        assert!(
            state == "failed" && problems[0].contains(&format!("s {side} the one of this machine")),
            "{problems:?}"
        );
    }
    let service: &[(&str, &str)] = &[("job", "shop"), ("instance", "a")];
    let url = serve(vec![
        ("query=time()", time(now())),
        ("process_start", vector(&[(service, 3600.0)])),
        ("/query", vector(&[])),
    ]);
    assert_eq!(
        state(&url, "clock", &[]).1,
        ["shop a: the process starts 3600 s from now: set the clock of its machine by NTP"]
    );
}

#[test]
fn a_sentinel_that_is_stale_failing_or_new_is_named() {
    let service: &[(&str, &str)] = &[("job", "shop"), ("instance", "a")];
    let sentinel = |age: Option<f64>, passed: f64| {
        let ages: Vec<_> = age.into_iter().map(|age| (service, age)).collect();
        serve(vec![
            ("mme_isolation_interval", vector(&[(service, 60.0)])),
            ("mme_isolation_last_check", vector(&ages)),
            ("mme_isolation_sentinel", vector(&[(service, passed)])),
            ("/query", vector(&[])),
        ])
    };
    assert_eq!(state(&sentinel(Some(70.0), 1.0), "sentinel", &[]).0, "passed");
    let stale = "shop a: the sentinel last checked 4000 s ago, and should check every 60 s";
    assert_eq!(state(&sentinel(Some(4000.0), 1.0), "sentinel", &[]).1, [stale]);
    let failing = "shop a: the last round of the sentinel did not pass: tenants may see each other's data";
    assert_eq!(state(&sentinel(Some(1.0), 0.0), "sentinel", &[]).1, [failing]);
    assert_eq!(state(&sentinel(None, 1.0), "sentinel", &[]).1, ["shop a: the sentinel has not checked yet"]);
    assert_eq!(state(&serve(vec![("/query", vector(&[]))]), "sentinel", &[]).0, "skipped");
}

#[test]
fn notifications_that_fail_are_named() {
    let page = "alertmanager_notifications_total{integration=\"slack\"} 10\nalertmanager_notifications_total{integration=\"email\"} 4\n\
                alertmanager_notifications_failed_total{integration=\"slack\",reason=\"clientError\"} 3\n";
    let url = serve(vec![("/metrics", page.to_owned()), ("/query", vector(&[]))]);
    let (state, problems) = state(&url, "notifications", &["--alertmanager", &url]);
    assert_eq!(
        (state.as_str(), problems.as_slice()),
        ("failed", &["3 of 10 notifications by slack failed: see the log of Alertmanager".to_owned()][..])
    );
}

#[test]
fn notifications_that_failed_were_not_delivered() {
    let page = "alertmanager_notifications_total{integration=\"slack\"} 1000\nalertmanager_notifications_total{integration=\"email\"} 4\n\
                alertmanager_notifications_failed_total{integration=\"slack\",reason=\"serverError\"} 5\n";
    let url = serve(vec![("/metrics", page.to_owned()), ("/query", vector(&[]))]);
    let ran = run(Path::new("."), ["verify", "--prometheus", &url, "--alertmanager", &url]);
    assert!(ran.out.contains("ok    notifications        999 notifications were delivered\n"), "{ran:?}");
}

#[test]
fn a_token_that_is_missing_is_asked_for_by_its_option() {
    let alertmanagers = data(&json!({ "activeAlertmanagers": [{ "url": "http://alertmanager" }] }));
    let watchdog: &[(&str, &str)] = &[("alertname", "Watchdog")];
    let answers = vec![("/alertmanagers", alertmanagers), ("/query", vector(&[(watchdog, 1.0)]))];
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let (url, _) = listen(status, answers.clone());
        let code = &status[..3];
        let asks = |option: &str| [format!("{url} answers with status {code}: name a file with a token by {option}")];
        let more = ["--alertmanager", &url, "--grafana", &url];
        assert_eq!(state(&url, "targets", &more).1, asks("--token-file"));
        assert_eq!(state(&url, "alertmanager", &more).1, asks("--alertmanager-token-file"));
        assert_eq!(state(&url, "notifications", &more).1, asks("--alertmanager-token-file"));
        assert_eq!(state(&url, "grafana", &more).1, asks("--grafana-token-file"));
        let (closed, _) = listen(status, Vec::new());
        let ran = run(Path::new("."), ["backup", "create", "--prometheus", &closed, "--data", ".", "--out", "nowhere"]);
        assert!(ran.code == Some(2) && ran.err.contains("by --token-file"), "{ran:?}");
        let ran = run(Path::new("."), ["report", "daily", "--dir", ".", "--prometheus", &closed]);
        assert!(ran.code == Some(1) && ran.err.contains(": this command sends no token"), "{ran:?}");
        assert!(!ran.err.contains("-file"), "{ran:?}");
    }
}

/// The dashboards as Grafana lists them.
fn dashboards() -> Vec<Value> {
    let dashboards = FILES.iter().filter(|file| file.kind() == AssetKind::Dashboard);
    dashboards.map(|file| serde_json::from_str(file.text()).expect("it is JSON")).collect()
}

#[test]
fn a_dashboard_or_a_data_source_that_is_missing_is_named() {
    let grafana = |dashboards: &[Value], sources: Value, database: &str| {
        serve(vec![
            ("/api/health", json!({ "database": database }).to_string()),
            (
                "/api/search",
                json!(dashboards.iter().map(|d| json!({ "uid": d["uid"] })).collect::<Vec<_>>()).to_string(),
            ),
            ("/api/datasources", sources.to_string()),
            ("/query", vector(&[])),
        ])
    };
    let all = dashboards();
    let source = json!([{ "type": "prometheus" }]);
    let check = |url: &str| state(url, "grafana", &["--grafana", url]);
    assert_eq!(check(&grafana(&all, source.clone(), "ok")).0, "passed");
    let (state, problems) = check(&grafana(&all[1..], source.clone(), "ok"));
    assert_eq!((state.as_str(), problems.len()), ("failed", 1));
    assert!(
        problems[0].contains(all[0]["uid"].as_str().expect("a text")) && problems[0].contains("is missing"),
        "{problems:?}"
    );
    assert_eq!(
        check(&grafana(&all, json!([]), "ok")).1,
        ["there is no data source of the type Prometheus: provision one"]
    );
    assert_eq!(check(&grafana(&all, source, "failing")).1, ["the database of Grafana is not ok: see its log"]);
    let unknown = serve(vec![("/query", vector(&[]))]);
    assert!(check(&unknown).1[0].contains("answers with status 404"));
}

#[test]
fn an_answer_that_is_not_from_prometheus_or_hostile_is_refused() {
    for body in [
        "",
        "<html>",
        "{\"status\":\"error\",\"error\":\"no http://me:secret@host/?key=secret\\u001b[31m\"}",
        "[]",
        "{}",
    ] {
        let url = serve(vec![("/query", body.to_owned())]);
        let ran = run(Path::new("."), ["verify", "--prometheus", &url]);
        assert_eq!(ran.code, Some(1), "{body}: {ran:?}");
        assert!(
            ran.out.contains("FAIL  prometheus") && !ran.out.contains("secret") && !ran.out.contains('\u{1b}'),
            "{ran:?}"
        );
    }
}
