//! The bundled configuration scrapes the exporters, and the bundled rules give values of them.

use mme_metrics::asset::{AssetKind, FILES};

use crate::deployment::Deployment;
use crate::room::Room;

/// Lists what a bundled file of rules records.
fn records(path: &str) -> impl Iterator<Item = &'static str> {
    let file = FILES.iter().find(|file| file.path() == path).unwrap_or_else(|| panic!("{path} is bundled"));
    assert_eq!(file.kind(), AssetKind::Rules);
    file.text().lines().filter_map(|line| line.trim().strip_prefix("- record: "))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_on_an_exporter_gives_values_and_every_rule_is_evaluated() {
    let room = Room::open().await;
    let deployment = Deployment::over(&room, None);
    let prometheus = &deployment.prometheus;
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
