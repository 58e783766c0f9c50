//! The trust service over HTTP: its answers, its metrics, its start and its stop.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use mme_metrics_tests::promtool;
use mme_metrics_tests::service::Service;
use serde_json::{Value, json};

/// Longest time that the service may take to stop.
const STOP: Duration = Duration::from_secs(5);

/// Longest time in which a running demo shows each kind of traffic.
const DEMO: Duration = Duration::from_mins(1);

fn letter() -> Value {
    json!({ "kind": "invoice", "title": "May", "body": "storage of crates, storage of paper" })
}

/// Stores a document and returns its number.
fn store(service: &Service, token: &str, document: Value) -> i64 {
    let answer = service.send("POST", "/documents", Some(token), Some(document));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["id"].as_i64().expect("a document has a number")
}

#[test]
fn only_the_right_password_opens_a_session() {
    let service = Service::start(&[]);
    for (tenant, user) in [("acme", "alice"), ("acme", "nobody"), ("nowhere", "alice")] {
        let wrong = json!({ "tenant": tenant, "user": user, "password": "wrong" });
        assert_eq!(service.send("POST", "/login", None, Some(wrong)).status, 401);
    }
    let token = service.log_in("acme", "alice");
    assert_eq!(service.send("GET", "/documents", Some(&token), None).status, 200);
}

#[test]
fn what_it_promises_is_counted_and_its_slowest_requests_are_traced_with_their_tier() {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let path = directory.path().to_str().expect("a plain path");
    let service = Service::start_with(&[], &[("TRUST_SPIKES", path), ("TRUST_ADMIN_TOKEN", "admin")]);
    let token = service.log_in("acme", "alice");
    store(&service, &token, letter());
    for about in ["storage", "crates"] {
        let question = json!({ "about": [about] });
        assert_eq!(service.send("POST", "/promote", Some(&token), Some(question)).status, 200);
    }
    for (slo, events) in [("promote_latency", 2), ("promote_success", 2), ("text_recognition", 0)] {
        let slo = format!("slo=\"{slo}\"");
        assert_eq!(service.count("slo_events_total", &[&slo]), events, "{slo}");
        assert!(service.metrics().contains(&format!("slo_objective_ratio{{{slo}}} 0.9")), "{slo}");
    }
    assert_eq!(service.send("GET", "/spikes", None, None).status, 401);
    let shown = service.send("GET", "/spikes", Some("admin"), None).body;
    assert!(shown["slowest"].is_array(), "{shown}");
    service.stop();
    let traces = std::fs::read_dir(path).expect("the directory was made").flatten();
    let text: String = traces.map(|file| std::fs::read_to_string(file.path()).expect("a text")).collect();
    // Password hashing is slow on purpose.
    assert!(text.contains("\"route\":\"/login\"") && !text.contains(&token), "{text}");
}

#[test]
fn a_session_that_was_closed_opens_nothing() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    assert_eq!(service.send("POST", "/logout", Some(&token), None).status, 204);
    assert_eq!(service.send("GET", "/documents", Some(&token), None).status, 401);
    assert_eq!(service.send("GET", "/documents", None, None).status, 401);
}

#[test]
fn logins_at_one_time_do_not_each_keep_memory() {
    let service = Service::start(&[]);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..3).for_each(|_| _ = service.log_in("acme", "alice")));
        }
    });
    let resident = service.count("process_resident_memory_bytes", &[]);
    // One login takes 19 MiB, and the program itself about as much.
    assert!(resident < 100 << 20, "{resident} bytes");
}

#[test]
fn a_document_is_stored_read_listed_and_deleted() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    let path = format!("/documents/{}", store(&service, &token, letter()));
    assert_eq!(service.send("GET", &path, Some(&token), None).body["title"], "May");
    assert_eq!(service.send("GET", "/documents", Some(&token), None).body[0]["state"], "new");
    assert_eq!(service.send("DELETE", &path, Some(&token), None).status, 204);
    assert_eq!(service.send("GET", &path, Some(&token), None).status, 404);
    assert_eq!(service.send("DELETE", &path, Some(&token), None).status, 404);
}

#[test]
fn a_document_without_kind_or_title_is_refused() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    for document in [json!({ "title": "May", "body": "" }), json!({ "kind": "scan", "title": " ", "body": "" })] {
        assert_eq!(service.send("POST", "/documents", Some(&token), Some(document)).status, 422);
    }
}

#[test]
fn a_document_is_processed_once() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    let path = format!("/documents/{}/process", store(&service, &token, letter()));
    let answer = service.send("POST", &path, Some(&token), None);
    assert_eq!((answer.status, &answer.body["tags"][0]), (200, &json!("storage")));
    assert_eq!(service.send("POST", &path, Some(&token), None).status, 409);
    assert_eq!(service.send("POST", "/documents/0/process", Some(&token), None).status, 404);
    let processed = |outcome| service.count("trust_documents_processed_total", &["kind=\"invoice\"", outcome]);
    assert_eq!([processed("completed"), processed("failed"), processed("cancelled")], [1, 1, 0]);
}

#[test]
fn a_scan_without_text_or_with_too_much_of_it_is_not_processed() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    for (body, status) in [("…".to_owned(), 422), ("x".repeat(2000), 504)] {
        let id = store(&service, &token, json!({ "kind": "scan", "title": "page", "body": body }));
        assert_eq!(service.send("POST", &format!("/documents/{id}/process"), Some(&token), None).status, status);
    }
    let timeouts = service.count("function_calls_total", &["function=\"process_document\"", "error_type=\"timeout\""]);
    assert_eq!(timeouts, 1);
}

#[test]
fn a_tenant_sees_its_own_rows_only() {
    let service = Service::start(&[]);
    let (alice, bob) = (service.log_in("acme", "alice"), service.log_in("globex", "bob"));
    let id = store(&service, &alice, letter());
    for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/process")] {
        let answer = service.send(method, &format!("/documents/{id}{path}"), Some(&bob), None);
        assert_eq!(answer.status, 404, "{method} {path}");
    }
    assert_eq!(service.send("GET", "/documents", Some(&bob), None).body, json!([]));
    let about = json!({ "about": ["storage"] });
    assert_eq!(service.send("POST", "/promote", Some(&bob), Some(about)).status, 404);
}

#[test]
fn a_promotion_comes_from_the_first_tier_that_knows_any() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    let id = store(&service, &token, letter());
    service.send("POST", &format!("/documents/{id}/process"), Some(&token), None);
    for (word, tier) in [("Storage", "direct"), ("stored", "neighbors"), ("zoology", "recent"), ("tax", "recent")] {
        let answer = service.send("POST", "/promote", Some(&token), Some(json!({ "about": [word] })));
        assert_eq!((&answer.body["tier"], &answer.body["documents"][0]["id"]), (&json!(tier), &json!(id)), "{word}");
    }
    assert_eq!(service.send("POST", "/promote", Some(&token), Some(json!({ "about": [] }))).status, 422);
}

#[test]
fn a_certificate_signs_until_it_is_revoked() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    let ask = |path: &str, body| service.send("POST", path, Some(&token), body);
    let document = store(&service, &token, letter());
    let other = store(&service, &token, json!({ "kind": "report", "title": "June", "body": "another" }));
    assert_eq!(ask("/certificates", Some(json!({ "subject": "archive", "days": 90 }))).status, 201);
    let signature = ask("/certificates/1/sign", Some(json!({ "document": document }))).body["signature"].take();
    for (document, valid) in [(document, true), (other, false)] {
        let signed = json!({ "document": document, "signature": signature });
        assert_eq!(ask("/certificates/1/validate", Some(signed)).body["valid"], valid);
    }
    assert_eq!(ask("/certificates/1/revoke", None).status, 204);
    assert_eq!(ask("/certificates/1/sign", Some(json!({ "document": document }))).status, 409);
    assert_eq!(ask("/certificates/1/validate", None).body["valid"], false);
}

#[test]
fn a_certificate_is_listed_and_renewed_within_bounds() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    let ask = |path: &str, days| {
        service.send("POST", path, Some(&token), Some(json!({ "subject": "archive", "days": days })))
    };
    let issued = ask("/certificates", 30).body["not_after"].as_i64();
    assert!(ask("/certificates/1/renew", 90).body["not_after"].as_i64() > issued);
    assert_eq!([ask("/certificates", 0).status, ask("/certificates", 1000).status], [422, 422]);
    assert_eq!(ask("/certificates/9/renew", 90).status, 404);
    let all = service.send("GET", "/certificates", Some(&token), None).body;
    assert_eq!((all.as_array().map(Vec::len), all[0].get("secret_key")), (Some(1), None));
}

#[test]
fn each_request_is_counted_under_its_route_and_strangers_under_one() {
    let service = Service::start(&[]);
    for path in ["/a", "/b", "/documents/1/no-such-route"] {
        assert_eq!(service.send("GET", path, None, None).status, 404);
    }
    assert_eq!(service.send("GET", "/documents/7", None, None).status, 401);
    let requests = |route, status| service.count("http_server_request_duration_seconds_count", &[route, status]);
    assert_eq!(requests("http_route=\"_unmatched\"", "=\"404\""), 3);
    assert_eq!(requests("http_route=\"/documents/{id}\"", "=\"401\""), 1);
    assert_eq!(requests("", ""), 4);
}

#[test]
fn faults_are_switched_while_the_service_runs() {
    let service = Service::start_with(&[], &[("TRUST_FAULT", "errors=1")]);
    assert_eq!(service.send("GET", "/documents", None, None).status, 500);
    service.inject("slow=200");
    let asked = Instant::now();
    assert_eq!(service.send("GET", "/documents", None, None).status, 401);
    assert!(asked.elapsed() >= Duration::from_millis(200));
    service.inject("off");
    assert_eq!(service.send("PUT", "/demo/fault", None, Some(json!("flood"))).status, 422);
}

#[test]
fn the_exposition_is_valid() {
    let service = Service::start(&[]);
    store(&service, &service.log_in("acme", "alice"), letter());
    promtool::check_metrics(&service.metrics());
}

#[test]
fn the_demo_shows_every_kind_of_traffic_and_stops_when_told() {
    let service = Service::start(&["--demo"]);
    let seen = |labels: &[&str]| service.count("http_server_request_duration_seconds_count", labels) > 0;
    let started = Instant::now();
    let kinds: [&[&str]; 7] = [
        &["http_route=\"/promote\"", "=\"200\""],
        &["=\"201\""],
        &["=\"401\""],
        &["=\"422\""],
        &["=\"504\""],
        &["error_type=\"cancelled\""],
        &["http_route=\"_unmatched\""],
    ];
    let missing = || kinds.iter().find(|labels| !seen(labels));
    while let Some(labels) = missing() {
        assert!(started.elapsed() < DEMO, "the demo sends nothing that ends with {labels:?}");
        thread::yield_now();
    }
    let stopped = service.stop();
    assert_eq!(stopped.status.code(), Some(0));
    assert!(stopped.took < STOP, "{stopped:?}");
}

#[test]
fn a_request_in_flight_is_finished_before_the_service_stops() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    let id = store(&service, &token, json!({ "kind": "scan", "title": "page", "body": "x".repeat(800) }));
    let mut client = TcpStream::connect(service.address()).expect("the service is running");
    let request = format!("POST /documents/{id}/process HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\n\r\n");
    client.write_all(request.as_bytes()).expect("the service reads");
    while service.count("function_calls_concurrent", &["recognize"]) < 1 {
        thread::yield_now();
    }
    let stopped = service.stop();
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("the service answers, then closes");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(stopped.took < STOP && stopped.status.success(), "{stopped:?}");
}

#[test]
fn a_client_that_stays_connected_does_not_keep_the_service_from_stopping() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    let _silent = TcpStream::connect(service.address()).expect("the service is running");
    let mut follower = TcpStream::connect(service.address()).expect("the service is running");
    let request = format!("GET /documents/events HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\n\r\n");
    follower.write_all(request.as_bytes()).expect("the service reads");
    let mut head = [0; 15];
    follower.read_exact(&mut head).expect("the service answers");
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    let stopped = service.stop();
    assert!(stopped.took < STOP && stopped.status.success(), "{stopped:?}");
}

#[test]
fn a_document_reaches_those_who_follow_their_tenant() {
    let service = Service::start(&[]);
    let (alice, bob) = (service.log_in("acme", "alice"), service.log_in("globex", "bob"));
    let mut follower = TcpStream::connect(service.address()).expect("the service is running");
    let request = format!("GET /documents/events HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {alice}\r\n\r\n");
    follower.write_all(request.as_bytes()).expect("the service reads");
    while service.count("http_server_active_streams", &["kind=\"sse\""]) < 1 {
        thread::yield_now();
    }
    store(&service, &bob, json!({ "kind": "report", "title": "of bob", "body": "" }));
    store(&service, &alice, json!({ "kind": "report", "title": "of alice", "body": "" }));
    service.stop();
    let mut told = String::new();
    follower.read_to_string(&mut told).expect("the stream ends with the service");
    assert!(told.contains("of alice") && !told.contains("of bob"), "{told}");
}

#[test]
fn a_second_service_on_the_same_port_says_what_to_do() {
    let service = Service::start(&[]);
    let address = service.address().to_string();
    let second = Service::command(&[]).env("TRUST_HTTP_ADDR", &address).output().expect("it was just built");
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1));
    assert!(said.contains(&format!("{address} is in use: stop the other program, or set TRUST_HTTP_ADDR")), "{said}");
    assert!(second.stdout.is_empty());
}

#[test]
fn a_wrong_call_is_an_error_and_help_is_not() {
    let run = |args| Service::command(args).output().expect("it was just built");
    let (wrong, help) = (run(&["--dmeo"]), run(&["--help"]));
    assert_eq!((wrong.status.code(), help.status.code()), (Some(2), Some(0)));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("unknown argument `--dmeo`: run `trust-service --help`"));
    assert!(String::from_utf8_lossy(&help.stdout).contains("TRUST_HTTP_ADDR"));
}

#[test]
fn documents_in_a_file_outlive_the_service() {
    let folder = tempfile::tempdir().expect("there is a temporary directory");
    let url = format!("sqlite://{}", folder.path().join("trust.db").display());
    let service = Service::start_with(&[], &[("DATABASE_URL", &url)]);
    store(&service, &service.log_in("acme", "alice"), letter());
    assert!(service.stop().status.success());
    let service = Service::start_with(&[], &[("DATABASE_URL", &url)]);
    let token = service.log_in("acme", "alice");
    assert_eq!(service.send("GET", "/documents", Some(&token), None).body[0]["title"], "May");
}

#[test]
fn a_database_that_cannot_be_opened_says_what_to_do() {
    let failed = Service::command(&[]).env("DATABASE_URL", "postgres://elsewhere/trust").output();
    let failed = failed.expect("it was just built");
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("set DATABASE_URL to sqlite://FILE"));
}

#[test]
fn what_customers_pay_get_back_and_sign_is_counted_to_the_cent() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    let ask = |path: &str, body| service.send("POST", path, Some(&token), body);
    let empty = store(&service, &token, json!({ "kind": "scan", "title": "page", "body": "…" }));
    let id = store(&service, &token, letter());
    assert_eq!(ask(&format!("/documents/{id}/process"), None).status, 200);
    assert_eq!(ask(&format!("/documents/{empty}/process"), None).status, 422);
    let cents = |kind: &str| service.count("business_value_minor_units_total", &[kind, "client=\"acme\"", "\"FR\""]);
    assert_eq!([cents("kind=\"revenue\""), cents("kind=\"refund\"")], [25 + 40, 40]);
    let done = |labels: &[&str]| service.count("business_operations_total", labels);
    assert_eq!([done(&["result=\"ok\"", "\"invoice\""]), done(&["result=\"error\"", "\"scan\""])], [1, 1]);
    assert_eq!(service.count("business_queue_items", &["\"documents\""]), 0);
    assert_eq!(ask("/promote", Some(json!({ "about": ["storage"] }))).status, 200);
    assert_eq!(service.count("tier_requests_total", &["\"direct\"", "\"ok\""]), 1);

    ask("/certificates", Some(json!({ "subject": "archive", "days": 90 })));
    ask("/certificates/1/sign", Some(json!({ "document": id })));
    ask("/certificates/1/validate", None);
    ask("/certificates/1/revoke", None);
    ask("/certificates/1/validate", None);
    let ended = |labels: &[&str]| service.count("certificate_operations_total", labels);
    assert_eq!([ended(&["\"signing\"", "\"ok\""]), ended(&["\"validation\"", "\"ok\""])], [1, 1]);
    assert_eq!(ended(&["\"validation\"", "error_type=\"certificate\""]), 1);
    assert_eq!(cents("kind=\"fee\""), 5);
    // Its own certificate holds for 90 days from now on.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970").as_secs();
    let end = service.count("certificate_not_after_timestamp_seconds", &["certificate=\"trust-service\""]);
    assert!((89..=90).contains(&((end - now) / 86_400)), "{end}");
}
