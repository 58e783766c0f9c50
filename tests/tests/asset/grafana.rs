//! Dashboards fit Grafana's own typed models.

use std::fs;
use std::path::PathBuf;

use mme_metrics::asset::dashboard::{all, slo};
use mme_metrics_tests::grafana::findings;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Writes dashboards into files, as the validator reads them.
fn written(dashboards: impl IntoIterator<Item = (String, String)>) -> (TempDir, Vec<PathBuf>) {
    let directory = tempfile::tempdir().unwrap();
    let write = |(name, text): (String, String)| {
        let path = directory.path().join(format!("{name}.json"));
        fs::write(&path, text).unwrap();
        path
    };
    let paths = dashboards.into_iter().map(write).collect();
    (directory, paths)
}

#[test]
fn every_dashboard_fits_the_models() {
    let rendered = all().into_iter().map(|(path, dashboard)| (path.replace('/', "-"), dashboard.render()));
    let (_directory, paths) = written(rendered);
    assert_eq!(findings(&paths), "");
}

#[test]
fn what_grafana_does_not_know_is_found() {
    let good: Value = serde_json::from_str(&slo().render()).unwrap();
    let panels = good["panels"].as_array().unwrap();
    let graph = panels.iter().position(|panel| panel["type"] == "timeseries").unwrap();
    for (pointer, value, finding) in [
        ("", json!({"colour": "red"}), "colour: the model does not know this field"),
        ("", json!({"title": 3}), "title: 3 is not of the type"),
        ("", json!({"type": "lines"}), "'lines' is no panel of Grafana"),
        ("", json!({"links": [{"name": "a link without a title"}]}), "links: [{'name'"),
        ("/options/legend", json!({"placement": "top"}), "placement: 'top' is not of the type"),
        ("/options/legend", json!({"place": "top"}), "place: the model does not know this field"),
        ("/fieldConfig/defaults/custom", json!({"fillOpacity": "10"}), "fill_opacity: '10' is not of the type"),
        ("/targets/0", json!({"instant": "yes"}), "instant: 'yes' is not of the type"),
    ] {
        let mut bad = good.clone();
        let place = bad.pointer_mut(&format!("/panels/{graph}{pointer}")).unwrap().as_object_mut().unwrap();
        place.extend(value.as_object().unwrap().clone());
        let (_directory, paths) = written([("bad".to_owned(), bad.to_string())]);
        let found = findings(&paths);
        assert!(found.contains(finding), "{finding:?} is not in\n{found}");
    }
}
