//! Every panel on an exporter that runs here has something to draw.

use std::collections::BTreeSet;
use std::fs;

use mme_metrics::asset::{AssetKind, FILES};
use mme_metrics_tests::alertmanager::{Alertmanager, Inbox};
use mme_metrics_tests::panel::{Query, queries};
use mme_metrics_tests::prometheus::{Prometheus, patiently};
use mme_metrics_tests::rules::Rules;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::deployment::Deployment;
use crate::room::Room;

/// The lists of the exporters that run here.
const RUNNING: [&str; 7] = ["alertmanager", "blackbox", "mysqld", "node", "postgres", "prometheus", "redis"];

/// Panels that have nothing to show here, and why. Any other without data is an error, and one of these with data too.
const NOT_SHOWN: [(&str, &str); 0] = [];

/// Lists the metrics of the exporters that run here.
fn exported() -> BTreeSet<String> {
    let of = |list: &str| {
        let path = format!("exporters/{list}.yml");
        let file = FILES.iter().find(|file| file.path() == path).expect("a bundled list");
        assert_eq!(file.kind(), AssetKind::Exporter);
        let list: Value = serde_saphyr::from_str(file.text()).expect("a list is YAML");
        let metrics = list["metrics"].as_object().expect("a list has metrics");
        metrics.keys().cloned().collect::<Vec<_>>()
    };
    RUNNING.into_iter().flat_map(of).collect()
}

/// Lists the queries that read metrics of these exporters and nothing else.
fn expected() -> Vec<Query> {
    let (rules, exported) = (Rules::read(), exported());
    let is_exported = |name: &String| {
        let whole = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        exported.contains(name) || whole.is_some_and(|whole| exported.contains(whole))
    };
    let reads_only_these = |query: &Query| {
        let metrics = rules.metrics_in(&query.expression);
        !metrics.is_empty() && metrics.iter().all(is_exported)
    };
    queries().into_iter().filter(reads_only_these).collect()
}

/// Says whether a panel has something to draw.
fn shows(prometheus: &Prometheus, query: &Query) -> bool {
    if query.instant {
        prometheus.query(&query.expression).iter().any(|sample| !sample.value.is_nan())
    } else {
        prometheus.draws(&query.expression)
    }
}

/// Starts an Alertmanager that passes everything on to a webhook.
fn alertmanager(inbox: &Inbox) -> (Alertmanager, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a temporary folder can be made");
    let file = directory.path().join("alertmanager.yml");
    let configuration = json!({
        "route": { "receiver": "desk", "group_wait": "1s", "group_interval": "1s", "repeat_interval": "1s" },
        "receivers": [{ "name": "desk", "webhook_configs": [{ "url": format!("{}/desk", inbox.url()) }] }],
    });
    fs::write(&file, configuration.to_string()).expect("a new file can be written");
    (Alertmanager::start_member(&file, None), directory)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_on_an_exporter_that_runs_here_has_data() {
    let room = Room::open().await;
    let (inbox, expected) = (block_in_place(Inbox::open), expected());
    let (alertmanager, _directory) = alertmanager(&inbox);
    let deployment = Deployment::over(&room, Some(&alertmanager.address()));
    let prometheus = &deployment.prometheus;
    deployment.scrape("prometheus", prometheus.url().trim_start_matches("http://"));
    deployment.scrape("alertmanager", &alertmanager.address());

    let dashboards: BTreeSet<_> = expected.iter().map(|query| query.dashboard.as_str()).collect();
    assert!(
        dashboards.is_superset(&["mme-host", "mme-infrastructure", "mme-meta", "mme-stores"].into()),
        "{dashboards:?}"
    );
    let known: BTreeSet<_> = NOT_SHOWN.iter().map(|(name, _)| (*name).to_owned()).collect();
    let look = || {
        // A rate needs two scrapes between which something happened.
        block_in_place(|| Handle::current().block_on(room.work()));
        let empty = expected.iter().filter(|query| !shows(prometheus, query));
        let empty: BTreeSet<_> = empty.map(|query| format!("{}: {}", query.dashboard, query.name)).collect();
        if empty == known { Ok(()) } else { Err(empty) }
    };
    patiently(look).unwrap_or_else(|empty| assert_eq!(empty, known));
    println!("{} queries have data", expected.len() - known.len());
}
