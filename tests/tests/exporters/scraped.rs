//! The bundled configuration scrapes the exporters, and the bundled rules give values of them.

use std::fs;
use std::path::Path;

use mme_metrics::asset::{AssetKind, FILES, write_to};
use mme_metrics_tests::prometheus::Prometheus;

use crate::room::Room;

/// Writes the bundled files with these targets, and has Prometheus scrape each second.
fn configure(directory: &Path, targets: &[(&str, String)], prober: &str) {
    write_to(directory).expect("a directory that can be written");
    let configuration = directory.join("prometheus/prometheus.yml");
    let text = fs::read_to_string(&configuration).expect("it was written");
    let faster = text.replace("_interval: 15s", "_interval: 1s").replace("_interval: 10s", "_interval: 1s");
    let text = faster.replace("127.0.0.1:9115", prober);
    assert!(text.contains(prober) && !text.contains("15s"), "{text}");
    fs::write(&configuration, text).expect("it can be written again");
    let folder = directory.join("prometheus/targets");
    fs::create_dir(&folder).expect("a new folder");
    for (job, target) in targets {
        fs::write(folder.join(format!("{job}.yml")), format!("[{{targets: ['{target}']}}]")).expect("a new file");
    }
}

/// Lists what a bundled file of rules records.
fn records(path: &str) -> impl Iterator<Item = &'static str> {
    let file = FILES.iter().find(|file| file.path() == path).unwrap_or_else(|| panic!("{path} is bundled"));
    assert_eq!(file.kind(), AssetKind::Rules);
    file.text().lines().filter_map(|line| line.trim().strip_prefix("- record: "))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_on_an_exporter_gives_values_and_every_rule_is_evaluated() {
    let room = Room::open().await;
    let directory = tempfile::tempdir().expect("a temporary folder can be made");
    let targets = [
        ("node", room.node.address()),
        ("redis", room.redis.address()),
        ("postgres", room.postgres.address()),
        ("mysqld", room.mysqld.address()),
        ("blackbox", room.probed()),
    ];
    configure(directory.path(), &targets, &room.blackbox.address());
    let prometheus = Prometheus::setup().configuration(directory.path().join("prometheus/prometheus.yml")).start();
    for (job, _) in &targets {
        prometheus.wait_until_up(job);
    }
    // A rate needs two scrapes between which something happened.
    for _ in 0..4 {
        room.work().await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }

    for file in ["node", "redis", "postgres", "mysqld"] {
        for record in records(&format!("prometheus/rules/{file}.yml")) {
            prometheus.wait_for(record, |samples| !samples.is_empty());
        }
    }
    prometheus.wait_for_value("probe_success", 1.0);
    let certificate = prometheus.wait_for("probe_ssl_earliest_cert_expiry - time()", |samples| !samples.is_empty());
    assert!(certificate[0].value > 86400.0, "{certificate:?}");
    assert_eq!(certificate[0].labels["instance"], room.probed());
    let failed: Vec<_> = prometheus.rules().into_iter().filter(|rule| rule.health == "err").collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
