//! Overlays, objects of the operator and the chart name files that exist, and their configurations load.

use std::path::Path;

use mme_metrics::asset::FILES;
use mme_metrics_tests::program;
use mme_metrics_tests::schema::kubernetes_findings;
use serde_json::Value;

use crate::bundle::{assert_accepted_by_promtool, below, normal, text, texts, written, yaml};
use crate::kubernetes::objects;

/// Lists the paths that a file of kustomize names, from its own folder.
fn named(kustomization: &Value) -> Vec<&str> {
    let generators = kustomization["configMapGenerator"].as_array().into_iter().flatten();
    let files = generators.flat_map(|generator| texts(&generator["files"]));
    texts(&kustomization["resources"]).into_iter().chain(files).collect()
}

#[test]
fn each_path_that_kustomize_reads_is_bundled() {
    let kustomizations: Vec<_> = FILES.iter().filter(|file| file.path().ends_with("/kustomization.yml")).collect();
    assert!(kustomizations.len() >= 12, "{}", kustomizations.len());
    for file in kustomizations {
        let folder = Path::new(file.path()).parent().expect("it is in a folder");
        let kustomization = yaml(file.path());
        for path in named(&kustomization) {
            let found = normal(&folder.join(path)).to_string_lossy().into_owned();
            let folder = format!("{found}/kustomization.yml");
            assert!(
                FILES.iter().any(|file| file.path() == found || file.path() == folder),
                "{} names {path}",
                file.path()
            );
            // kustomize reads no file outside of its own folder, only folders.
            assert!(!path.starts_with("..") || Path::new(path).extension().is_none(), "{} names {path}", file.path());
        }
    }
}

#[test]
fn objects_of_overlays_fit_the_api() {
    let bundle = written();
    let objects = ["collector/collector.yml", "victoriametrics/victoriametrics.yml"];
    let files = objects.map(|file| bundle.path().join("deploy/kubernetes/overlays").join(file));
    assert_eq!(kubernetes_findings(&files), "");
}

#[test]
fn promtool_accepts_the_configuration_of_each_overlay() {
    let configs: Vec<_> =
        below("kubernetes/overlays").filter(|file| file.path().ends_with("/prometheus.yml")).collect();
    assert_eq!(configs.len(), 5);
    for config in configs {
        assert_accepted_by_promtool(config.text());
    }
}

#[test]
fn what_leaves_a_server_says_where_it_is_from() {
    for overlay in ["thanos", "mimir", "victoriametrics"] {
        let config = yaml(&format!("deploy/kubernetes/overlays/{overlay}/prometheus.yml"));
        assert!(config["global"]["external_labels"]["cluster"].is_string(), "{overlay}");
        for write in config["remote_write"].as_array().into_iter().flatten() {
            assert_eq!(write["send_exemplars"], true, "{overlay}");
            assert!(write["basic_auth"].get("password").is_none(), "{overlay}");
        }
    }
}

#[test]
fn objects_of_the_operator_are_the_bundled_rules() {
    let mut found = 0;
    for file in below("operator/rules").filter(|file| file.stem() != "kustomization") {
        for object in objects(file.path()) {
            assert_eq!(object["kind"], "PrometheusRule", "{}", file.path());
            let name = object["metadata"]["name"].as_str().and_then(|name| name.strip_prefix("mme-")).expect("a name");
            let (stem, kind) = name.rsplit_once('-').expect("a name has a kind");
            let source = yaml(&format!("prometheus/{kind}/{stem}.yml"));
            assert_eq!(object["spec"], source, "{name}");
            found += 1;
        }
    }
    let rules = |file: &&mme_metrics::asset::AssetFile| {
        ["rules/", "alerts/"].iter().any(|kind| file.path().starts_with(&format!("prometheus/{kind}")))
    };
    assert_eq!(found, FILES.iter().filter(rules).count());
}

#[test]
fn monitors_of_the_operator_limit_targets_and_send_a_token_from_a_secret() {
    for object in objects("deploy/operator/monitors.yml") {
        let spec = &object["spec"];
        for limit in ["sampleLimit", "labelLimit", "labelNameLengthLimit", "labelValueLengthLimit"] {
            assert!(spec[limit].as_u64().is_some_and(|limit| limit > 0), "{limit}");
        }
        let endpoints = spec.get("endpoints").or_else(|| spec.get("podMetricsEndpoints")).and_then(Value::as_array);
        for endpoint in endpoints.expect("a monitor has endpoints") {
            assert_eq!(endpoint["honorLabels"], false);
            assert_eq!(endpoint["authorization"]["credentials"]["key"], "token");
        }
    }
}

#[test]
fn the_prober_accepts_its_modules() {
    let bundle = written();
    for file in ["deploy/compose/blackbox.yml", "deploy/kubernetes/base/config/blackbox.yml"] {
        assert_eq!(text(file), text("deploy/compose/blackbox.yml"));
        let config = format!("--config.file={}", bundle.path().join(file).display());
        let output = program::command("blackbox_exporter").args([&config, "--config.check"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
