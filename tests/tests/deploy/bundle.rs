//! The bundled files in a directory, as an operator has them.

use std::fs;
use std::path::{Component, Path, PathBuf};

use mme_metrics::asset::{AssetFile, AssetKind, FILES, write_to};
use mme_metrics_tests::prometheus::major_version;
use mme_metrics_tests::promtool;
use serde_json::Value;
use tempfile::TempDir;

/// Writes every bundled file.
pub(crate) fn written() -> TempDir {
    let directory = tempfile::tempdir().expect("the temporary directory can be written");
    write_to(directory.path()).expect("a new directory can be written");
    directory
}

/// Lists the deployment files below a folder of `deploy`.
pub(crate) fn below(folder: &str) -> impl Iterator<Item = &'static AssetFile> {
    let start = format!("deploy/{folder}/");
    FILES.iter().filter(move |file| file.kind() == AssetKind::Deployment && file.path().starts_with(&start))
}

/// Returns the text of a bundled file.
#[track_caller]
pub(crate) fn text(path: &str) -> &'static str {
    let file = FILES.iter().find(|file| file.path() == path);
    file.unwrap_or_else(|| panic!("{path} is not bundled")).text()
}

/// Reads a bundled file as YAML.
#[track_caller]
pub(crate) fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns a path without its `.` and `..`.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

/// What only Prometheus 3 knows: lines of the configuration and a flag.
const NEWER: [&str; 3] =
    ["scrape_native_histograms:", "always_scrape_classic_histograms:", "--web.enable-otlp-receiver"];

/// Says whether the Prometheus that tests start knows a line of a configuration, or a flag.
pub(crate) fn known_to_prometheus(line: &str) -> bool {
    major_version() >= 3 || !NEWER.iter().any(|newer| line.trim_start().starts_with(newer))
}

/// Requires that `promtool` accepts a configuration for Kubernetes, but for what it cannot know.
#[track_caller]
pub(crate) fn assert_accepted_by_promtool(config: &str) {
    // Neither Debian's server nor ours finds pods: both are built without it.
    let line = |line: &str| match line.split_once("kubernetes_sd_configs: ") {
        Some((indent, _)) => format!("{indent}static_configs: []\n"),
        None => line.to_owned(),
    };
    let directory = tempfile::tempdir().expect("the temporary directory can be written");
    let config: String = config.split_inclusive('\n').filter(|line| known_to_prometheus(line)).map(line).collect();
    fs::write(directory.path().join("prometheus.yml"), config).expect("a directory of ours can be written");
    // The token of an account exists in a pod only.
    promtool::accepts(directory.path(), &["check", "config", "--syntax-only", "prometheus.yml"]);
}

/// Returns the items of a list as texts.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
