//! Prometheus starts with the files and flags of the compose file.

use std::fs;
use std::path::Path;

use mme_metrics_tests::prometheus::{Prometheus, patiently};
use mme_metrics_tests::promtool;
use serde_json::Value;
use tempfile::TempDir;

use crate::bundle::{known_to_prometheus, normal, texts, written};
use crate::compose::services;

fn service() -> Value {
    services("compose.yml").into_iter().find(|(name, _)| name == "prometheus").expect("it is there").1
}

/// Returns a directory in place of the root of the container, with what the service mounts in it.
fn container() -> TempDir {
    let (bundle, root) = (written(), tempfile::tempdir().expect("the temporary directory can be written"));
    for mount in texts(&service()["volumes"]).into_iter().filter(|mount| mount.starts_with('.')) {
        let mut parts = mount.split(':');
        let (from, to) = (parts.next().expect("a source"), parts.next().expect("a place"));
        let from = normal(&bundle.path().join("deploy/compose").join(from));
        copy(&from, &root.path().join(to.trim_start_matches('/')));
    }
    root
}

/// Copies a file, or a folder and everything below it.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).expect("it was just written").map(Result::unwrap) {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
        return;
    }
    fs::create_dir_all(to.parent().expect("it is in a folder")).expect("a directory of ours can be written");
    let text = fs::read_to_string(from).expect("it was just written");
    let text: String = text.split_inclusive('\n').filter(|line| known_to_prometheus(line)).collect();
    fs::write(to, text).expect("a directory of ours can be written");
}

#[test]
fn promtool_accepts_the_configuration_and_the_web_settings() {
    let root = container();
    let folder = root.path().join("etc/prometheus");
    promtool::accepts(&folder, &["check", "config", "prometheus.yml"]);
    promtool::accepts(&folder, &["check", "web-config", "web.config.yml"]);
}

#[test]
fn it_starts_with_the_files_and_flags_and_evaluates_every_rule_file() {
    let root = container();
    let place = |flag: &str| flag.replacen("=/etc/", &format!("={}/etc/", root.path().display()), 1);
    let mut setup = Prometheus::setup().configuration(root.path().join("etc/prometheus/prometheus.yml"));
    for flag in texts(&service()["command"]) {
        // The test chooses where the data is, and the default of a setting is what compose puts in.
        let ours = flag.starts_with("--config.file=") || flag.starts_with("--storage.tsdb.path=");
        if !ours && known_to_prometheus(flag) {
            let flag = match flag.split_once("${") {
                Some((before, setting)) => {
                    format!("{before}{}", setting.split(":-").nth(1).expect("a default").trim_end_matches('}'))
                }
                None => place(flag),
            };
            setup = setup.flag(flag);
        }
    }
    let prometheus = setup.start();
    let files: std::collections::BTreeSet<_> = prometheus.get("/api/v1/rules", &[])["groups"]
        .as_array()
        .expect("the answer has groups")
        .iter()
        .map(|group| group["file"].as_str().expect("a group has a file").to_owned())
        .collect();
    let bundled = mme_metrics::asset::FILES
        .iter()
        .filter(|file| file.path().starts_with("prometheus/rules/") || file.path().starts_with("prometheus/alerts/"));
    assert_eq!(files.len(), bundled.count());
    // Files of targets are read beside everything else.
    let node = || prometheus.targets().into_iter().find(|target| target.job == "node").ok_or(());
    patiently(node).unwrap_or_else(|()| panic!("no target of the exporters: {:#?}", prometheus.targets()));
    let flags = prometheus.get("/api/v1/status/flags", &[]);
    assert_eq!(flags["storage.tsdb.retention.time"], "15d", "{flags:#}");
    assert!(!prometheus.said().to_lowercase().contains("unknown option"), "{}", prometheus.said());
}
