//! The example service and a real Prometheus with every bundled rule, alert and panel: what is sent is what is read,
//! trouble is told, and dashboards are not empty.

use std::collections::{BTreeMap, BTreeSet};

use mme_metrics_tests::panel::{Query, annotations, choices, queries};
use mme_metrics_tests::prometheus::{Prometheus, Sample, patiently};
use mme_metrics_tests::promtool::check_metrics;
use mme_metrics_tests::service::Service;
use mme_metrics_tests::watched::{JOB, watching};
use serde_json::json;

/// Recorded series that have no value here, and why. Any other without one is an error, and one of these with one too.
const NOT_RECORDED: [(&str, &str); 6] = [
    ("job_server_address:tls_handshake_failures:rate5m", "it has no listener with TLS"),
    ("job_server_address:tls_handshake_failures:ratio5m", "as above"),
    ("job_http_route:http_server_request_duration_seconds:p95_5m_avg1h_1d", "there was no yesterday"),
    ("job_http_route:http_server_request_duration_seconds:p95_5m_stddev1h_1d", "there was no yesterday"),
    ("container:container_memory_working_set_bytes_per_limit:ratio", "cAdvisor is not scraped"),
    ("instance:node_memory_used_per_total:ratio", "the node exporter is not scraped"),
];

/// Parts of the names of records that exist or not: the machine of the tests may be a container, and may be so busy that the service
/// is slow enough for an alert.
const EITHER: [&str; 2] = [":cgroup_", ":alerts_critical:"];

/// Queries of panels that have nothing to show here, and why; as exact as [`NOT_RECORDED`].
const NOT_SHOWN: [(&str, &str); 25] = [
    ("Exports by OTLP A", "it sends nothing by OTLP"),
    ("Duration of TLS handshakes A", "it has no listener with TLS"),
    ("Duration of TLS handshakes B", "as above"),
    ("Duration of TLS handshakes C", "as above"),
    ("Failed TLS handshakes A", "as above"),
    ("Duration of connections to servers A", "its clients have no measured connector"),
    ("Duration of connections to servers B", "as above"),
    ("Duration of connections to servers C", "as above"),
    ("Open connections to servers A", "as above"),
    ("Revenue per day, with forecast B", "there was no yesterday"),
    ("Blocking threads A", "only a program compiled with tokio_unstable has it"),
    ("Blocking threads B", "as above"),
    ("Slower than yesterday A", "there was no yesterday"),
    ("Opening a connection A", "a database in memory has one connection, which is open before the first scrape"),
    ("Opening a connection B", "as above"),
    ("Opening a connection C", "as above"),
    ("Replication lag A", "a database in memory has no replica"),
    ("Replication last checked A", "as above"),
    ("Runs A", "it has no jobs"),
    ("Duration of runs A", "as above"),
    ("Running jobs A", "as above"),
    ("Last start A", "as above"),
    ("Age of the last success A", "as above"),
    ("Lateness of the next run A", "as above"),
    ("Virtual memory B", "the process may take as much as it likes, which is no limit to draw"),
];

/// What metrics begin with of programs that are not scraped here, of an allocator that the example does not have, and of a container
/// that the machine of the tests may or may not be.
const NOT_SCRAPED: [&str; 14] = [
    "allocator_",
    "alertmanager_",
    "cgroup_",
    "container_",
    "grafana_",
    "kube_",
    "mongodb_",
    "mysql_",
    "node_",
    "pg_",
    "probe_",
    "redis_",
    "traefik_",
    "vault_",
];

/// Says whether an expression reads only what is scraped here.
fn is_scraped(expression: &str) -> bool {
    NOT_SCRAPED.iter().all(|prefix| !expression.contains(prefix))
}

/// Asks until exactly the `known` names are found.
#[track_caller]
fn wait_for_only(known: &[(&str, &str)], find: impl Fn() -> BTreeSet<String>) {
    let known: BTreeSet<_> = known.iter().map(|(name, _)| (*name).to_owned()).collect();
    let look = || Some(find()).filter(|found| *found == known).ok_or_else(&find);
    let found = patiently(look).unwrap_or_else(|found| found);
    assert_eq!(found, known);
}

/// Files of rules on exporters, which are not scraped here.
const ON_EXPORTERS: [&str; 9] =
    ["container", "gateway", "grafana", "mongodb", "mysqld", "node", "postgres", "redis", "vault"];

/// Lists [`NOT_RECORDED`] and what the rules on exporters record.
fn not_recorded() -> Vec<(&'static str, &'static str)> {
    let on_exporter = |file: &&mme_metrics::asset::AssetFile| {
        file.path().starts_with("prometheus/rules/") && ON_EXPORTERS.contains(&file.stem())
    };
    let files: Vec<_> = mme_metrics::asset::FILES.iter().filter(on_exporter).collect();
    assert_eq!(files.len(), ON_EXPORTERS.len());
    let records = files.into_iter().flat_map(|file| file.text().lines());
    let records = records.filter_map(|line| line.trim().strip_prefix("- record: "));
    NOT_RECORDED.into_iter().chain(records.map(|record| (record, "its exporter is not scraped"))).collect()
}

/// Sends the same request without a session so many times.
fn repeat(service: &Service, times: u32, path: &str, status: u16) {
    for _ in 0..times {
        assert_eq!(service.send("GET", path, None, None).status, status);
    }
}

/// Says whether a query has a value now.
#[track_caller]
fn shows(prometheus: &Prometheus, expression: &str) -> bool {
    prometheus.query(expression).iter().any(|sample| !sample.value.is_nan())
}

/// Waits for an alert, and returns its labels.
#[track_caller]
fn fired(prometheus: &Prometheus, alert: &str) -> BTreeMap<String, String> {
    let firing = format!("ALERTS{{alertname='{alert}', alertstate='firing'}}");
    prometheus.wait_for(&firing, |samples| !samples.is_empty()).remove(0).labels
}

/// Returns how many requests Prometheus knows of, by route, method and status.
fn requests(samples: &[Sample]) -> BTreeMap<[&str; 3], f64> {
    let keys = ["http_route", "http_request_method", "http_response_status_code"];
    let mut requests = BTreeMap::new();
    for sample in samples {
        let labels = keys.map(|key| sample.labels.get(key).map_or("", String::as_str));
        *requests.entry(labels).or_default() += sample.value;
    }
    requests
}

/// Sends requests of each kind, and returns how many, by route, method and status.
fn send_some(service: &Service) -> BTreeMap<[&'static str; 3], f64> {
    let token = service.log_in("acme", "alice");
    let letter = json!({ "kind": "invoice", "title": "May", "body": "storage of crates" });
    for _ in 0..4 {
        assert_eq!(service.send("POST", "/documents", Some(&token), Some(letter.clone())).status, 201);
    }
    for path in ["/documents/1", "/documents/2"] {
        assert_eq!(service.send("GET", path, Some(&token), None).status, 200);
    }
    assert_eq!(service.send("BREW", "/documents", Some(&token), None).status, 405);
    repeat(service, 3, "/documents/1", 401);
    for path in ["/.env", "/admin", "/documents/1/x", "/%00", "//"] {
        repeat(service, 1, path, 404);
    }
    BTreeMap::from([
        (["/login", "POST", "200"], 1.0),
        (["/documents", "POST", "201"], 4.0),
        (["/documents/{id}", "GET", "200"], 2.0),
        (["/documents", "_OTHER", "405"], 1.0),
        (["/documents/{id}", "GET", "401"], 3.0),
        (["_unmatched", "GET", "404"], 5.0),
    ])
}

#[test]
fn prometheus_counts_each_request_once_and_no_scrape() {
    let service = Service::start(&[]);
    let prometheus = watching(&service).start();
    let sent = send_some(&service);
    let counted = "http_server_request_duration_seconds_count > 0";
    prometheus.wait_for(counted, |samples| requests(samples) == sent);
    // The next scrapes would be requests too if they were counted.
    let scrapes = "sum(count_over_time(up[1h]))";
    let before = prometheus.value(scrapes).expect("there was one");
    prometheus.wait_for(scrapes, |samples| samples[0].value >= before + 2.0);
    assert_eq!(requests(&prometheus.query(counted)), sent);
    prometheus.wait_for_value("sum(http_server_active_requests)", 0.0);
    check_metrics(&service.metrics());
}

#[test]
fn every_rule_evaluates_and_records_what_the_demo_does() {
    let service = Service::start(&["--demo"]);
    let prometheus = watching(&service).start();
    prometheus.wait_until_up(JOB);
    let records: BTreeSet<_> = prometheus
        .rules()
        .into_iter()
        .filter(|rule| rule.records && !EITHER.iter().any(|part| rule.name.contains(part)))
        .map(|rule| rule.name)
        .collect();
    wait_for_only(&not_recorded(), || records.iter().filter(|record| !shows(&prometheus, record)).cloned().collect());
    let ailing = || prometheus.rules().into_iter().filter(|rule| rule.health != "ok").collect::<Vec<_>>();
    let healthy = patiently(|| Some(ailing()).filter(Vec::is_empty).ok_or_else(ailing));
    assert_eq!(healthy, Ok(Vec::new()));
}

#[test]
fn every_panel_and_every_choice_shows_what_the_demo_does() {
    let service = Service::start(&["--demo"]);
    let prometheus = watching(&service).scrape_itself().start();
    let draws = |query: &Query| {
        if query.instant { shows(&prometheus, &query.expression) } else { prometheus.draws(&query.expression) }
    };
    // No alert has to fire.
    let expected = |query: &Query| is_scraped(&query.expression) && !query.expression.contains("ALERTS");
    let empty = || queries().into_iter().filter(|query| expected(query) && !draws(query)).map(|query| query.name);
    wait_for_only(&NOT_SHOWN, || empty().collect());
    let marked = annotations().into_iter().filter(|(_, expression)| shows(&prometheus, expression));
    assert!(marked.map(|(name, _)| name).any(|name| name == "Deployments"));
    for (selector, label) in choices().into_iter().filter(|(selector, _)| is_scraped(selector)) {
        let values = prometheus.get(&format!("/api/v1/label/{label}/values"), &[("match[]", &selector)]);
        assert_ne!(values, json!([]), "{label} of {selector}");
    }
    check_metrics(&service.metrics());
}

#[test]
fn a_service_without_trouble_raises_the_watchdog_only() {
    let service = Service::start(&[]);
    let prometheus = watching(&service).start();
    repeat(&service, 5, "/documents", 401);
    prometheus.wait_for("count_over_time(ALERTS{alertname='Watchdog'}[1h])", |watched| {
        watched.first().is_some_and(|sample| sample.value >= 5.0)
    });
    let alerts = prometheus.alerts().into_iter().map(|alert| alert["alertname"].clone());
    // A busy machine may really keep the service from running for half a second.
    let alerts: Vec<_> = alerts.filter(|alert| alert != "MmeRuntimeStarved").collect();
    assert_eq!(alerts, ["Watchdog"]);
}

#[test]
fn injected_errors_raise_the_alert_of_the_service_and_of_the_route() {
    // Each failure would be a line of the log.
    let service = Service::start_with(&[], &[("RUST_LOG", "off")]);
    let prometheus = watching(&service).start();
    service.inject("errors=1");
    // All of them fail before Prometheus sees the first: their series begins at 40.
    repeat(&service, 40, "/documents", 500);
    let alert = fired(&prometheus, "MmeHttpErrorRateCritical");
    assert_eq!([&alert["job"], &alert["severity"], &alert["category"]], [JOB, "critical", "availability"]);
    let alert = fired(&prometheus, "MmeHttpErrorRateHigh");
    assert_eq!([&alert["job"], &alert["http_route"]], [JOB, "/documents"]);
    prometheus.wait_for_value("sum(http_server_request_duration_seconds_count{error_type='500'})", 40.0);
}

#[test]
fn a_stopped_service_is_down_and_if_it_stays_down_escalated() {
    let service = Service::start(&[]);
    let prometheus = watching(&service).start();
    prometheus.wait_until_up(JOB);
    assert!(service.stop().status.success());
    // Its only target: the service is down, and not an instance of it.
    let alert = fired(&prometheus, "MmeServiceDown");
    assert_eq!((alert["job"].as_str(), alert.get("instance")), (JOB, None));
    let alert = fired(&prometheus, "MmeEscalationLevel2");
    assert_eq!([&alert["job"], &alert["source_alert"]], [JOB, "MmeServiceDown"]);
}
