//! Access to the trust service: logins, tokens, policies and sources that it counts, and secrets that it keeps.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use mme_metrics_tests::service::{Answer, Service};
use reqwest::blocking::Client;
use serde_json::json;

/// Longest time in which a running demo shows all of it.
const DEMO: Duration = Duration::from_mins(1);

/// An address that nobody has, as are the others here.
const ADDRESS: &str = "203.0.113.7";

/// A service that believes this machine where a request came from.
fn behind_a_proxy(trail: &Path) -> Service {
    let trail = trail.to_str().expect("a plain path");
    let env =
        [("TRUST_PROXIES", "127.0.0.1"), ("TRUST_AUDIT", trail), ("TRUST_ADMIN_TOKEN", "admin"), ("RUST_LOG", "off")];
    Service::start_with(&[], &env)
}

/// Tries to log alice in with a password, from an address.
fn try_to_log_in(service: &Service, from: &str, password: &str) -> u16 {
    let credentials = json!({ "tenant": "acme", "user": "alice", "password": password });
    let request = Client::new().post(service.url("/login")).header("x-forwarded-for", from).json(&credentials);
    request.send().expect("the service is running").status().as_u16()
}

fn logins(service: &Service, result: &str) -> u64 {
    service.count("auth_requests_total", &["auth_method=\"password\"", &format!("result=\"{result}\"")])
}

#[test]
fn logins_are_counted_by_result_reason_and_country_and_sessions_until_they_end() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let service = behind_a_proxy(&folder.path().join("audit.log"));
    assert_eq!(try_to_log_in(&service, ADDRESS, "wrong"), 401);
    let tokens = [service.log_in("acme", "alice"), service.log_in("globex", "bob")];
    assert_eq!([logins(&service, "success"), logins(&service, "failure"), logins(&service, "error")], [2, 1, 0]);
    assert_eq!(service.count("auth_failed_logins_total", &["reason=\"credentials\""]), 1);
    assert_eq!(service.count("auth_requests_by_country_total", &["\"US\"", "\"failure\""]), 1);
    assert_eq!(service.count("auth_requests_by_country_total", &["\"_unknown\"", "\"success\""]), 2);
    assert_eq!(service.count("auth_active_sessions", &[]), 2);
    assert_eq!(service.send("POST", "/logout", Some(&tokens[0]), None).status, 204);
    assert_eq!(service.count("auth_active_sessions", &[]), 1);
    let audited = |kind: &str| service.count("audit_events_total", &[&format!("event_type=\"{kind}\"")]);
    // The requests are the three logins and the logout; asking for metrics is none of the service's own.
    assert_eq!([audited("login"), audited("logout"), audited("request")], [3, 1, 4]);
    assert_eq!(service.count("audit_write_failures_total", &[]), 0);
}

#[test]
fn a_token_is_checked_and_one_that_was_made_up_or_taken_back_is_refused_with_its_reason() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    let ask = |token: &str| service.send("GET", "/documents", Some(token), None).status;
    assert_eq!(ask(&token), 200);
    service.send("POST", "/logout", Some(&token), None);
    let (signed, _) = token.rsplit_once('.').expect("it has three parts");
    let forged = format!("{signed}.{}", "A".repeat(43));
    for token in ["made-up", &token, &forged] {
        assert_eq!(ask(token), 401);
    }
    let checked = |label: &str| service.count("auth_jwt_validations_total", &[label]);
    assert_eq!(["=\"success\"", "=\"malformed\"", "=\"revoked\"", "=\"signature\""].map(checked), [2, 1, 1, 1]);
    assert_eq!(service.count("auth_jwt_tokens_issued_total", &["\"access\""]), 1);
}

#[test]
fn instances_that_share_a_secret_take_each_others_tokens_and_others_do_not() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let database = format!("sqlite://{}", folder.path().join("trust.db").display());
    let with = |secret: &str| Service::start_with(&[], &[("DATABASE_URL", &database), ("TRUST_SECRET", secret)]);
    let (first, second, other) =
        (with("a secret of the tests"), with("a secret of the tests"), with("another secret 16"));
    let token = first.log_in("acme", "alice");
    let status = |service: &Service| service.send("GET", "/documents", Some(&token), None).status;
    assert_eq!([status(&second), status(&other)], [200, 401]);
}

#[test]
fn an_account_with_a_second_factor_needs_its_code() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    let secret = service.send("POST", "/login/factor", Some(&token), None).body["secret"].take();
    assert_eq!(secret.as_str().map(str::len), Some(64));
    let log_in = |code: Option<&str>| {
        let given = json!({ "tenant": "acme", "user": "alice", "password": "a password of the tests", "code": code });
        service.send("POST", "/login", None, Some(given)).status
    };
    assert_eq!([log_in(None), log_in(Some("0000000")), log_in(Some(""))], [401, 401, 401]);
    assert_eq!(service.count("auth_failed_logins_total", &["reason=\"second_factor\""]), 3);
    assert_eq!(service.count("auth_mfa_challenges_total", &["\"totp\"", "\"failure\""]), 2);
    assert!(!service.metrics().contains(secret.as_str().expect("it is a text")));
}

#[test]
fn a_source_that_fails_too_often_is_turned_away_and_its_neighbour_is_not() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let trail = folder.path().join("audit.log");
    let service = behind_a_proxy(&trail);
    let statuses: Vec<_> = (0..13).map(|_| try_to_log_in(&service, ADDRESS, "wrong")).collect();
    assert_eq!((statuses[..11].iter().all(|status| *status == 401), &statuses[11..]), (true, &[429, 429][..]));
    assert_eq!(try_to_log_in(&service, ADDRESS, "a password of the tests"), 429);
    assert_eq!(try_to_log_in(&service, "203.0.113.8", "a password of the tests"), 200);
    assert_eq!(service.count("security_blocks_total", &["reason=\"brute_force\""]), 3);
    assert_eq!(service.count("auth_source_failures_max", &["window=\"1m\""]), 14);
    assert_eq!(service.count("auth_sources_over_limit", &["window=\"1m\""]), 1);
    assert_eq!(service.count("security_events_total", &["event_type=\"source_over_limit\""]), 1);
    let shown = service.metrics();
    assert!(!shown.contains(ADDRESS) && !shown.contains("alice"), "{shown}");
    // Who it was stands in the trail, and at the endpoint for those who may know.
    let told = std::fs::read_to_string(trail).expect("it was written");
    let over: Vec<_> = told.lines().filter(|line| line.contains("source_over_limit")).collect();
    assert!(matches!(over[..], [line] if line.contains(ADDRESS)), "{told}");
    assert!(!told.contains("alice") && !told.contains("wrong"), "{told}");
    let ask = |token| service.send("GET", "/metrics/security/sources", token, None);
    assert_eq!([ask(None).status, ask(Some("guessed")).status], [401, 401]);
    let Answer { status, body } = ask(Some("admin"));
    assert_eq!(
        (status, &body["sources"][0]["source"], &body["sources"][0]["minute"]),
        (200, &json!(ADDRESS), &json!(14))
    );
}

#[test]
fn who_is_on_the_feed_of_threats_is_not_asked_for_a_password() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let service = behind_a_proxy(&folder.path().join("audit.log"));
    assert_eq!(service.count("security_threat_matches_total", &[]), 0);
    assert_eq!(try_to_log_in(&service, "192.0.2.66", "a password of the tests"), 403);
    assert_eq!(service.count("security_threat_matches_total", &["feed=\"example\"", "category=\"scanner\""]), 1);
    assert_eq!(service.count("security_blocks_total", &["reason=\"threat\""]), 1);
    assert_eq!(service.count("auth_failed_logins_total", &["reason=\"blocked\""]), 1);
}

#[test]
fn a_header_of_a_stranger_says_nothing() {
    let service = Service::start(&[]);
    for number in 0..12 {
        try_to_log_in(&service, &format!("203.0.113.{number}"), "wrong");
    }
    assert_eq!(service.count("auth_distinct_failing_sources", &["window=\"1h\""]), 1);
    assert_eq!(service.count("security_blocks_total", &["\"brute_force\""]), 1);
}

#[test]
fn a_policy_decides_who_has_a_document_and_a_decision_is_kept_for_a_while() {
    let service = Service::start(&[]);
    let (alice, bob) = (service.log_in("acme", "alice"), service.log_in("globex", "bob"));
    let letter = json!({ "kind": "invoice", "title": "May", "body": "storage" });
    let id = service.send("POST", "/documents", Some(&alice), Some(letter)).body["id"].as_i64().expect("it was stored");
    let read = |token: &str, id: i64| service.send("GET", &format!("/documents/{id}"), Some(token), None).status;
    assert_eq!([read(&alice, id), read(&alice, id), read(&bob, id), read(&bob, id + 1)], [200, 200, 404, 404]);
    let decided = |decision: &str| service.count("authz_decisions_total", &["\"documents\"", decision]);
    assert_eq!([decided("\"allow\""), decided("\"deny\"")], [2, 2]);
    let asked = |result: &str| service.count("policy_cache_requests_total", &["\"documents\"", result]);
    assert_eq!([asked("\"hit\""), asked("\"miss\"")], [1, 3]);
    assert_eq!(service.count("policy_evaluations_total", &["\"documents\"", "\"ok\""]), 3);
    // Reaching for what is another's is told; asking for what nobody has is not.
    assert_eq!(service.count("security_events_total", &["\"cross_tenant_access\"", "\"failure\""]), 1);
}

#[test]
fn logins_that_are_one_too_many_at_once_are_turned_away_and_counted() {
    let service = Service::start(&[]);
    let credentials = json!({ "tenant": "acme", "user": "alice", "password": "a password of the tests" });
    let (mut sent, mut turned_away) = (0, 0);
    while turned_away == 0 {
        assert!(sent < 640, "nobody was turned away");
        let statuses: Vec<u16> = thread::scope(|scope| {
            let ask = || service.send("POST", "/login", None, Some(credentials.clone())).status;
            let asking: Vec<_> = (0..32).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|asked| asked.join().expect("nothing panics")).collect()
        });
        assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        sent += 32;
        turned_away += statuses.iter().filter(|status| **status == 429).count() as u64;
    }
    let limited = |result: &str| service.count("rate_limit_requests_total", &["policy=\"logins\"", result]);
    assert_eq!([limited("\"allowed\""), limited("\"limited\"")], [sent - turned_away, turned_away]);
    // Who was turned away has not tried.
    assert_eq!(logins(&service, "success"), sent - turned_away);
}

/// What the demo has to show at least once, as a series and its labels.
const SHOWN: [(&str, &[&str]); 12] = [
    ("auth_requests_total", &["\"success\""]),
    ("auth_failed_logins_total", &["\"credentials\""]),
    ("auth_failed_logins_total", &["\"second_factor\""]),
    ("auth_mfa_challenges_total", &["\"success\""]),
    ("auth_jwt_validations_total", &["\"success\""]),
    ("auth_requests_by_country_total", &["\"FR\""]),
    ("authz_decisions_total", &["\"allow\""]),
    ("authz_decisions_total", &["\"deny\""]),
    ("policy_cache_hits_total", &[]),
    ("rate_limit_requests_total", &["\"limited\""]),
    ("auth_distinct_failing_sources", &["\"1h\""]),
    ("audit_events_total", &["\"document_deleted\""]),
];

#[test]
fn the_demo_shows_logins_tokens_factors_policies_and_limits_and_no_trouble() {
    let service = Service::start(&["--demo"]);
    let begun = Instant::now();
    for (metric, labels) in SHOWN {
        while service.count(metric, labels) == 0 {
            assert!(begun.elapsed() < DEMO, "{metric} {labels:?} is not to be seen in\n{}", service.metrics());
            thread::sleep(Duration::from_millis(50));
        }
    }
    for (metric, labels) in [
        ("auth_requests_total", &["\"error\""][..]),
        ("auth_sources_over_limit", &[]),
        ("auth_accounts_over_limit", &[]),
        ("security_events_total", &["\"suspicious\""]),
        ("security_threat_matches_total", &[]),
        ("compliance_violations_total", &[]),
        ("audit_write_failures_total", &[]),
    ] {
        assert_eq!(service.count(metric, labels), 0, "{metric}");
    }
    assert_eq!(
        service.send("GET", "/metrics", None, None).body.as_str().map(|text| text.contains("203.0.113")),
        Some(false)
    );
    assert!(service.stop().status.success());
}
