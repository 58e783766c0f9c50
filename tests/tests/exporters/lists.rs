//! Each metric of a bundled list exists in a real exposition, with its type and its labels.

use std::collections::BTreeSet;
use std::fs;

use mme_metrics::asset::{AssetKind, FILES};
use mme_metrics_tests::alertmanager::Alertmanager;
use mme_metrics_tests::exporter::{Exporter, ForeignExposition};
use mme_metrics_tests::prometheus::{Prometheus, patiently};
use serde_json::Value;

use crate::room::Room;

/// Returns what differs between the list of an exporter and its exposition; `exceptions` are not looked for.
fn differences(list: &str, exposition: &ForeignExposition, exceptions: &[&str]) -> Vec<String> {
    let path = format!("exporters/{list}.yml");
    let file = FILES.iter().find(|file| file.path() == path).expect("a bundled list");
    assert_eq!(file.kind(), AssetKind::Exporter);
    let list: Value = serde_saphyr::from_str(file.text()).expect("a list is YAML");
    let metrics = list["metrics"].as_object().expect("a list has metrics");
    let mut differences = Vec::new();
    for (name, metric) in metrics.iter().filter(|(name, _)| !exceptions.contains(&name.as_str())) {
        let kind = metric["type"].as_str().expect("a metric has a type");
        if exposition.types.get(name).map(String::as_str) != Some(kind) {
            differences.push(format!("{name} is no {kind}, but {:?}", exposition.types.get(name)));
            continue;
        }
        let series = match kind {
            "histogram" | "summary" => format!("{name}_count"),
            _ => name.clone(),
        };
        let always: BTreeSet<String> = keys(&metric["labels"]);
        let all: BTreeSet<String> = always.union(&keys(&metric["optional_labels"])).cloned().collect();
        for found in exposition.keys.get(&series).into_iter().flatten() {
            if !always.is_subset(found) || !found.is_subset(&all) {
                differences.push(format!("{name} has the labels {found:?}, and not {always:?} or up to {all:?}"));
            }
        }
        if !exposition.keys.contains_key(&series) {
            differences.push(format!("{name} has no series"));
        }
    }
    differences
}

fn keys(labels: &Value) -> BTreeSet<String> {
    labels.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_of_machines_and_stores_is_what_their_exporters_expose() {
    let room = Room::open().await;
    let asked = [
        ("node", room.node.exposition("/metrics"), &[][..]),
        ("redis", room.redis.exposition("/metrics"), &["redis_master_link_up"][..]),
        ("redis", room.replica.exposition("/metrics"), &["redis_connected_slaves"][..]),
        ("postgres", room.postgres.exposition("/metrics"), &[][..]),
        ("mysqld", room.mysqld.exposition("/metrics"), &[][..]),
        ("blackbox", room.blackbox.exposition(&room.probe()), &[][..]),
    ];
    for (list, exposition, exceptions) in asked {
        assert_eq!(differences(list, &exposition, exceptions), Vec::<String>::new(), "exporters/{list}.yml");
    }
}

#[test]
fn what_is_listed_of_prometheus_and_alertmanager_is_what_they_expose() {
    let directory = tempfile::tempdir().expect("a temporary folder can be made");
    let configuration = directory.path().join("alertmanager.yml");
    fs::write(&configuration, "{route: {receiver: nowhere}, receivers: [{name: nowhere}]}").expect("a new file");
    let alertmanager = Alertmanager::start_member(&configuration, None);
    let prometheus = Prometheus::setup()
        .rules("groups: [{name: test, rules: [{record: one, expr: vector(1)}]}]")
        .alertmanager(&alertmanager.address())
        .scrape_itself()
        .start();
    for (list, url) in
        [("alertmanager", alertmanager.url("/metrics")), ("prometheus", format!("{}/metrics", prometheus.url()))]
    {
        // Some series begin with the first evaluation and the first Alertmanager that is found.
        let look = || {
            let found = differences(list, &ForeignExposition::fetch(&url), &[]);
            if found.is_empty() { Ok(()) } else { Err(found) }
        };
        patiently(look).unwrap_or_else(|found| panic!("exporters/{list}.yml: {found:#?}"));
    }
}

#[test]
fn what_is_listed_of_a_pushgateway_is_what_it_exposes_of_each_group() {
    // Debian's would keep what it has in a file of the machine.
    let pushgateway = Exporter::start("pushgateway", |command| _ = command.arg("--persistence.file="));
    let group = format!("http://{}/metrics/job/shop/job_name/nightly", pushgateway.address());
    ureq::put(group).send("pushed 1\n").expect("a push is accepted");
    let found = differences("pushgateway", &pushgateway.exposition("/metrics"), &[]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_list_that_has_drifted_is_told_apart() {
    let drifted = "# TYPE probe_duration_seconds counter\nprobe_duration_seconds 1\n\
                   # TYPE probe_http_status_code gauge\nprobe_http_status_code{code=\"200\"} 1\n";
    let exposition = ForeignExposition::parse(drifted);
    let found = differences("blackbox", &exposition, &["probe_dns_lookup_time_seconds", "probe_http_duration_seconds"]);
    let found = found.join("\n");
    for difference in [
        "probe_duration_seconds is no gauge, but Some(\"counter\")",
        "probe_http_status_code has the labels {\"code\"}",
        "probe_success is no gauge, but None",
    ] {
        assert!(found.contains(difference), "{difference} in {found}");
    }
}
