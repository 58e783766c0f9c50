//! `verify` against a real Prometheus and Alertmanager with the example service: each fault is named, and nothing else.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mme_metrics::asset::{AssetKind, FILES};
use mme_metrics_tests::alertmanager::{Alertmanager, BusinessHours, Deployment};
use mme_metrics_tests::command::{Ran, run};
use mme_metrics_tests::prometheus::{Prometheus, Setup, patiently};
use mme_metrics_tests::service::Service;
use mme_metrics_tests::watched::{JOB, hurried, watching};
use serde_json::Value;
use tempfile::TempDir;

use crate::stand_in::listen;

/// Runs it with JSON, and returns the state and the problems of each check.
fn verify(prometheus: &Prometheus, more: &[&str]) -> (Ran, Value) {
    let arguments = ["verify", "--prometheus", prometheus.url(), "--format", "json"];
    let ran = run(Path::new("."), arguments.iter().chain(more));
    let report = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, report)
}

/// Lists `check: problem`.
fn problems(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().expect("a list");
    let of = |check: &Value| {
        let problems = check["problems"].as_array().cloned().unwrap_or_default();
        let name = check["name"].as_str().unwrap_or_default().to_owned();
        problems.into_iter().map(move |problem| format!("{name}: {}", problem.as_str().unwrap_or_default()))
    };
    checks.iter().flat_map(of).collect()
}

/// Waits until it finds nothing but these problems, each given by a part of it.
#[track_caller]
fn finds(prometheus: &Prometheus, more: &[&str], expected: &[&str]) {
    let look = || {
        let (ran, report) = verify(prometheus, more);
        let found = problems(&report);
        let all = expected.iter().all(|part| found.iter().any(|problem| problem.contains(part)));
        let only = found.iter().all(|problem| expected.iter().any(|part| problem.contains(part)));
        let code = Some(i32::from(!expected.is_empty()));
        if all && only && ran.code == code && report["healthy"] == expected.is_empty() {
            Ok(())
        } else {
            Err((ran.code, found))
        }
    };
    // Twice a minute: Prometheus sends an alert again after a minute, if it began to fire before it knew of Alertmanager.
    patiently(look)
        .or_else(|_| patiently(look))
        .unwrap_or_else(|found| panic!("{expected:?} was expected: {found:#?}"));
}

/// A stack without a fault: the service with its rules, and an Alertmanager.
struct Stack {
    service: Service,
    _deployment: Deployment,
    alertmanager: Alertmanager,
}

impl Stack {
    fn start() -> Self {
        let service = Service::start_with(&[], &[("RUST_LOG", "off")]);
        let deployment = Deployment::new(BusinessHours::Now);
        let alertmanager = deployment.start();
        Self { service, _deployment: deployment, alertmanager }
    }

    fn setup(&self) -> Setup {
        watching(&self.service).alertmanager(&self.alertmanager.address())
    }

    fn url(&self) -> String {
        format!("http://{}", self.alertmanager.address())
    }
}

#[test]
fn a_healthy_stack_passes_in_time() {
    let stack = Stack::start();
    let prometheus = stack.setup().start();
    let url = stack.url();
    finds(&prometheus, &["--alertmanager", &url, "--job", JOB, "--family", "mme,build"], &[]);
    let began = Instant::now();
    let ran = run(Path::new("."), ["verify", "--prometheus", prometheus.url(), "--alertmanager", &url]);
    // The goal is 5 seconds; a busy machine gets more.
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!ran.out.contains('\u{1b}'), "colours are for terminals: {}", ran.out);
    assert!(ran.out.contains(&format!("up: {JOB} 1/1")), "{}", ran.out);
    assert!(ran.out.contains("the alert Watchdog has arrived"), "{}", ran.out);
}

#[test]
fn each_fault_of_the_targets_is_named() {
    let stack = Stack::start();
    let prometheus = stack.setup().scrape("gone", "127.0.0.1:1", "/metrics?token=secret").start();
    finds(&prometheus, &[], &["targets: gone: 127.0.0.1:1 is down: Get \"http://127.0.0.1:1\": "]);
    assert!(!verify(&prometheus, &[]).0.out.contains("secret"));
    let down = "gone: 127.0.0.1:1 is down";
    finds(
        &prometheus,
        &["--job", "Trust-Service"],
        &[
            down,
            "targets: there is no job `Trust-Service`: did you mean `trust-service`?",
            "metrics: no target of job `Trust-Service` has the metrics",
        ],
    );
    finds(
        &prometheus,
        &["--job", "trust-service=2"],
        &[down, "targets: trust-service: 1 targets are up, and there have to be 2"],
    );
    finds(&prometheus, &["--skip", "targets"], &[]);
    let none = "metrics: no target of job `gone` has the metrics";
    finds(&prometheus, &["--job", "gone"], &[down, "targets: gone: 0 targets are up, and there have to be 1", none]);
    let family = ["--job", "gone", "--family", "http", "--skip", "targets"];
    finds(
        &prometheus,
        &family,
        &[
            none,
            "metrics: no target has `http_server_request_duration_seconds` of the family `http`",
            "of the family `http`",
        ],
    );
}

#[test]
fn rules_that_fail_or_are_missing_are_named() {
    let stack = Stack::start();
    let failing = "groups: [{name: mine, rules: [{record: twice, expr: 'up * on () (up or vector(1))'}]}]";
    let prometheus = stack.setup().rules(failing).start();
    finds(&prometheus, &[], &["rules: twice in mine fails: "]);
    let service = Prometheus::setup().scrape(JOB, &stack.service.address().to_string(), "/metrics");
    let service = service.alertmanager(&stack.alertmanager.address());
    let rules =
        FILES.iter().filter(|file| file.kind() == AssetKind::Rules && !file.path().ends_with("alerts/redis.yml"));
    let prometheus = rules.fold(service, |setup, file| setup.rules(hurried(file.text()))).start();
    finds(&prometheus, &[], &["of the group mme_redis_alerts are not loaded: MmeRedisDown"]);
    finds(&prometheus, &["--without", "mme_redis_alerts"], &[]);
}

#[test]
fn a_way_to_people_that_is_cut_is_named() {
    let stack = Stack::start();
    let prometheus = watching(&stack.service).start();
    let none = "alertmanager: Prometheus sends alerts to no Alertmanager";
    finds(&prometheus, &[], &[none]);
    let url = stack.url();
    finds(&prometheus, &["--alertmanager", &url], &[none]);
    // One that gets the alerts of another Prometheus only.
    let other = Deployment::new(BusinessHours::Now);
    let other_alertmanager = other.start();
    let prometheus = stack.setup().start();
    let url = format!("http://me:secret@{}", other_alertmanager.address());
    finds(
        &prometheus,
        &["--alertmanager", &url],
        &["alertmanager: the alert Watchdog fires and has not reached http://127.0.0.1"],
    );
    finds(
        &prometheus,
        &["--alertmanager", "http://127.0.0.1:1"],
        &["alertmanager: cannot read http://127.0.0.1:1: ", "notifications: cannot read http://127.0.0.1:1: "],
    );
    finds(&prometheus, &["--alertmanager", prometheus.url()], &["alertmanager: http://127.0.0.1"]);
}

#[test]
fn nothing_but_an_empty_prometheus_is_named_as_such() {
    let prometheus = Prometheus::setup().start();
    finds(
        &prometheus,
        &[],
        &[
            "targets: Prometheus has no target",
            "metrics: no target has the metrics of this crate",
            "rules: no bundled rule is loaded",
            "alertmanager: Prometheus sends alerts to no Alertmanager",
        ],
    );
    let ran = run(Path::new("."), ["verify", "--prometheus", "http://me:secret@127.0.0.1:1/x?key=secret"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("FAIL  prometheus") && !format!("{ran:?}").contains("secret"), "{ran:?}");
}

#[test]
fn callers_that_are_refused_and_floods_are_named() {
    let stack = Stack::start();
    let prometheus = stack.setup().start();
    prometheus.wait_until_up(JOB);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // It goes on until both were found, since a rate forgets what is over.
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(stack.service.send("GET", "/documents/1", None, None).status, 401);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        let limits = ["--max-auth-failures", "0.01", "--max-requests", "0.001"];
        let found = std::panic::catch_unwind(AssertUnwindSafe(|| {
            finds(
                &prometheus,
                &limits,
                &["check_auth_failures: trust-service: ", "check_rate_limiting: trust-service: "],
            );
        }));
        is_over.store(true, Ordering::Relaxed);
        found.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    finds(&prometheus, &["--max-auth-failures", "1000", "--max-requests", "1000"], &[]);
}

#[test]
fn spike_traces_have_to_be_there() {
    let stack = Stack::start();
    let prometheus = stack.setup().start();
    let directory = TempDir::new().expect("a temporary directory");
    let path = directory.path().display().to_string();
    finds(&prometheus, &["--spikes", &path], &["spikes: ", "has no spike traces"]);
    std::fs::write(directory.path().join("2026-08-01.jsonl"), "").expect("a file");
    finds(&prometheus, &["--spikes", &path], &[]);
    finds(&prometheus, &["--spikes", "/nowhere"], &["spikes: cannot read /nowhere"]);
}

#[test]
fn a_wrong_call_is_refused() {
    for (arguments, said) in [
        (&["verify"][..], "--prometheus <URL>"),
        (&["verify", "--prometheus", "http://a", "--skip", "nothing"], "possible values: prometheus, clock"),
        (&["verify", "--prometheus", "http://a", "--family", "nothing"], "the families are http, grpc"),
        (&["verify", "--prometheus", "http://a", "--job", "a=x"], "write it as JOB"),
        (&["verify", "--prometheus", "http://a", "--token-file", "/nowhere"], "cannot read the token in /nowhere"),
        (&["verify", "--prometheus", "http://a", "--grafana-token-file", "/nowhere"], "--grafana <URL>"),
    ] {
        let ran = run(Path::new("."), arguments);
        assert!(ran.code == Some(2) && ran.err.contains(said), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn a_token_that_cannot_be_read_is_found_before_anything_is_asked() {
    let (url, requests) = listen("404 Not Found", vec![]);
    for option in ["--token-file", "--alertmanager-token-file", "--grafana-token-file"] {
        let ran = run(
            Path::new("."),
            ["verify", "--prometheus", &url, "--alertmanager", &url, "--grafana", &url, option, "/nowhere"],
        );
        assert!(ran.code == Some(2) && ran.err.contains("cannot read the token in /nowhere"), "{option}: {ran:?}");
        assert_eq!(*requests.lock().expect("no test panics with it"), Vec::<String>::new(), "{option}");
    }
}
