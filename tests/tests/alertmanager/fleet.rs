//! Two Prometheus servers of one cluster, a third one over the fleet, and one Alertmanager.

use std::fs;
use std::path::Path;

use mme_metrics::asset::{AssetOptions, write_to};
use mme_metrics_tests::alertmanager::{BusinessHours, Deployment};
use mme_metrics_tests::prometheus::{Prometheus, patiently};
use mme_metrics_tests::service::Service;
use serde_json::Value;
use tempfile::TempDir;

use crate::end_to_end::hurried;

const JOB: &str = "trust-service";

/// Starts one of the two servers of the cluster `eu-1`, with the bundled configuration of a fleet.
fn replica(name: &str, service: &Service, alertmanager: &str) -> (Prometheus, TempDir) {
    let directory = tempfile::tempdir().expect("a temporary folder can be made");
    let options = AssetOptions::new().group_by("cluster").group_by("namespace");
    options.write_to(directory.path()).expect("a new directory can be written");
    let folder = directory.path().join("prometheus");
    for kind in ["rules", "alerts"] {
        for file in fs::read_dir(folder.join(kind)).expect("it was written") {
            let file = file.expect("it was written").path();
            let text = fs::read_to_string(&file).expect("it was written");
            fs::write(file, hurried(&text)).expect("a file of ours can be written");
        }
    }
    let configuration = folder.join("fleet.yml");
    rewrite(&configuration, |text| {
        // It is no target of itself here, and there is no store to write to.
        let (text, _) = text.split_once("  # Prometheus itself").expect("the job of Prometheus itself");
        text.replace("_interval: 15s", "_interval: 1s")
            .replace("prometheus_replica: a", &format!("prometheus_replica: {name}"))
            .replace("127.0.0.1:8080", &service.address().to_string())
            .replace("127.0.0.1:9093", alertmanager)
    });
    (Prometheus::setup().configuration(configuration).start(), directory)
}

/// Starts the server that reads the records of both, with the bundled configuration.
fn above(replicas: [&Prometheus; 2]) -> (Prometheus, TempDir) {
    let directory = tempfile::tempdir().expect("a temporary folder can be made");
    write_to(directory.path()).expect("a new directory can be written");
    let configuration = directory.path().join("prometheus/federation.yml");
    let targets = replicas.map(|replica| replica.url().trim_start_matches("http://"));
    rewrite(&configuration, |text| {
        let text = text.replace("_interval: 1m", "_interval: 1s");
        text.replace(r#"["127.0.0.1:9090"]"#, &serde_json::json!(targets).to_string())
    });
    (Prometheus::setup().configuration(configuration).start(), directory)
}

fn rewrite(path: &Path, change: impl Fn(&str) -> String) {
    let text = fs::read_to_string(path).expect("a bundled file was written");
    let changed = change(&text);
    assert!(text != changed, "{} has nothing to fill in", path.display());
    fs::write(path, changed).expect("a file of ours can be written");
}

/// Returns how many alerts a server has sent.
fn sent(prometheus: &Prometheus) -> f64 {
    let answer = ureq::get(format!("{}/metrics", prometheus.url())).call();
    let text = answer.expect("it is up").body_mut().read_to_string().expect("an exposition is text");
    let line = text.lines().find(|line| line.starts_with("prometheus_notifications_sent_total{"));
    line.and_then(|line| line.rsplit_once(' ')?.1.parse().ok()).unwrap_or_default()
}

#[test]
fn two_servers_of_a_cluster_count_and_notify_once() {
    let deployment = Deployment::new(BusinessHours::Now);
    let alertmanager = deployment.start();
    // Each failure would be a line of the log.
    let service = Service::start_with(&[], &[("RUST_LOG", "off")]);
    let (a, _a) = replica("a", &service, &alertmanager.address());
    let (b, _b) = replica("b", &service, &alertmanager.address());
    let (fleet, _fleet) = above([&a, &b]);
    a.wait_until_up(JOB);
    b.wait_until_up(JOB);
    fleet.wait_until_up("federation");

    service.inject("errors=1");
    for _ in 0..60 {
        assert_eq!(service.send("GET", "/documents", None, None).status, 500);
    }
    // A first value counts in full: these, and the one that injected the fault.
    let requests = |record: &str, of: &str| format!("round(300 * {record}{{{of}job='{JOB}'}})");
    for replica in [&a, &b] {
        replica
            .wait_for_value(&requests("job:http_server_requests:rate5m", "cluster='eu-1',namespace='default',"), 61.0);
    }
    let both = requests("job:http_server_requests:rate5m", "");
    fleet.wait_for_value(&format!("sum({both})"), 122.0);
    fleet.wait_for_value(&format!("count(count by (prometheus_replica) ({both}))"), 2.0);
    fleet.wait_for_value(&requests("fleet_job:http_server_requests:rate5m", ""), 61.0);
    let failed = format!("round(61 * fleet_job:http_server_request_errors_per_request:ratio_rate5m{{job='{JOB}'}})");
    fleet.wait_for_value(&failed, 60.0);
    fleet.wait_for_value("cluster:prometheus_replicas:count{cluster='eu-1'}", 2.0);

    let firing = "ALERTS{alertname='MmeHttpErrorRateCritical',alertstate='firing'}";
    for replica in [&a, &b] {
        replica.wait_for(firing, |samples| samples.len() == 1);
        let look = || {
            let (sent, firing) = (sent(replica), replica.query("ALERTS{alertstate='firing'}").len() as f64);
            if sent >= firing { Ok(()) } else { Err([sent, firing]) }
        };
        patiently(look).expect("each has sent every alert that fires");
    }
    let of_service = |page: &Value| page["payload"]["summary"].to_string().contains("(MmeHttpErrorRateCritical)");
    deployment.inbox.wait_for("/pagerduty", of_service);
    let known =
        alertmanager.alerts().into_iter().filter(|alert| alert["labels"]["alertname"] == "MmeHttpErrorRateCritical");
    let known: Vec<_> = known.collect();
    assert_eq!(known.len(), 1, "{known:#?}");
    let labels = &known[0]["labels"];
    assert_eq!(
        [&labels["cluster"], &labels["namespace"], &labels["prometheus_replica"]],
        [&"eu-1".into(), &"default".into(), &Value::Null]
    );
    let pages = deployment.inbox.at("/pagerduty").into_iter().map(|page| page.body).filter(of_service);
    let mut incidents: Vec<_> = pages.map(|page| page["dedup_key"].to_string()).collect();
    incidents.dedup();
    assert_eq!(incidents.len(), 1, "{incidents:?}");
}
