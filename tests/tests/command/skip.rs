//! `verify --skip`: what is left out is not run, and what proves nothing does not pass.

use std::path::Path;

use mme_metrics_tests::command::{Ran, run};
use serde_json::Value;

use crate::stand_in::{Requests, listen, vector};

const CHECKS: [&str; 13] = [
    "prometheus",
    "clock",
    "targets",
    "metrics",
    "rules",
    "panels",
    "sentinel",
    "check_auth_failures",
    "check_rate_limiting",
    "alertmanager",
    "notifications",
    "grafana",
    "spikes",
];

/// A part of a request that only one check makes.
const REQUESTS: [(&str, &str); 11] = [
    ("prometheus", "?query=vector(1) "),
    ("clock", "?query=time() "),
    ("targets", "/api/v1/targets"),
    ("metrics", "?query=group%20by%20(job%2C%20__name__)"),
    ("rules", "/api/v1/rules"),
    ("sentinel", "?query=max%20by%20(job%2C%20instance)%20(mme_isolation_interval_seconds) "),
    ("check_auth_failures", "(job%3Aauth_refusals%3Arate5m) "),
    ("check_rate_limiting", "(rate(traefik_service_requests_total%5B1m%5D)) "),
    ("alertmanager", "/api/v1/alertmanagers"),
    ("notifications", " /metrics "),
    ("grafana", " /api/health "),
];

/// Runs every check except these, all against one server.
fn verify(url: &str, skipped: &[&str]) -> Ran {
    let skipped = skipped.join(",");
    let arguments =
        ["verify", "--prometheus", url, "--alertmanager", url, "--grafana", url, "--spikes", ".", "--format", "json"];
    run(
        Path::new("."),
        arguments.into_iter().chain(["--skip", skipped.as_str()].into_iter().filter(|_| !skipped.is_empty())),
    )
}

fn names(ran: &Ran) -> Vec<String> {
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let checks = report["checks"].as_array().expect("a list");
    checks.iter().map(|check| check["name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn all_but(kept: &str) -> Vec<&'static str> {
    CHECKS.into_iter().filter(|check| *check != kept).collect()
}

/// Returns the requests so far, and forgets them.
fn taken(requests: &Requests) -> Vec<String> {
    std::mem::take(&mut *requests.lock().expect("no thread panics with it"))
}

#[test]
fn a_check_that_is_left_out_makes_no_request() {
    let (url, requests) = listen("404 Not Found", vec![("/query", vector(&[]))]);
    assert_eq!(names(&verify(&url, &[])), CHECKS);
    let all = taken(&requests);
    for (check, part) in REQUESTS {
        assert!(all.iter().any(|request| request.contains(part)), "{check} asks for {part}");
        let ran = verify(&url, &[check]);
        assert_eq!(names(&ran), all_but(check));
        assert!(!taken(&requests).iter().any(|request| request.contains(part)), "{check} is asked for");
    }
    verify(&url, &["panels"]);
    let others = taken(&requests).len();
    verify(&url, &all_but("panels"));
    assert_eq!((others + taken(&requests).len(), others < 40), (all.len(), true), "the panels have a query each");
}

#[test]
fn nothing_is_proved_if_every_check_is_left_out() {
    let (url, requests) = listen("404 Not Found", vec![("/query", vector(&[]))]);
    let ran = verify(&url, &CHECKS);
    assert_eq!((ran.code, names(&ran).len(), taken(&requests).len()), (Some(2), 0, 0), "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    assert!(report["healthy"] == false && report["problem"].as_str().is_some_and(|said| said.contains("--skip")));
    // What has nothing to check proves nothing either.
    let kept = all_but("sentinel").join(",");
    let ran = run(Path::new("."), ["verify", "--prometheus", &url, "--skip", &kept]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.out.contains("skip  sentinel ") && ran.out.contains("nothing was checked: leave fewer checks out"));
}

#[test]
fn a_server_that_is_dead_fails_whatever_is_left_out() {
    let dead = "http://127.0.0.1:1";
    for first in 0..10 {
        let ran = run(
            Path::new("."),
            ["verify", "--prometheus", dead, "--skip", &format!("spikes,{}", CHECKS[..first].join(","))]
                .iter()
                .map(|argument| argument.trim_end_matches(',')),
        );
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let failed: Vec<_> = ran.out.lines().filter(|line| line.starts_with("FAIL  ")).collect();
        assert_eq!(failed.len(), 1, "it is said once: {}", ran.out);
        assert!(
            failed[0].contains(CHECKS[first])
                && failed[0].ends_with("see whether it runs there, or correct the address"),
            "{failed:?}"
        );
        assert_eq!(ran.out.matches("Prometheus answers no queries").count(), 9 - first, "{}", ran.out);
        assert_eq!(ran.out.lines().filter(|line| line.is_empty()).count(), 0);
    }
    let ran = verify(dead, &CHECKS[..11]);
    assert!(ran.code == Some(1) && ran.out.contains("cannot read http://127.0.0.1:1: "), "{ran:?}");
}
