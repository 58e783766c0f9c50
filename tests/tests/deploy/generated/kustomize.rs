//! The lists from which kustomize makes objects of the kind `ConfigMap`, and the one file with every object.

use super::{KUSTOMIZATION, assert_written, indented, listed};
use crate::bundle::{text, texts, yaml};

/// The entry of a `ConfigMap` of files, which kustomize makes.
fn config_map(name: &str, files: &[&str]) -> String {
    let files: Vec<_> = files.iter().map(|file| format!("      - {file}\n")).collect();
    let files = files.concat();
    format!("  - name: {name}\n    namespace: monitoring\n    files:\n{files}")
}

/// The same, of every file below a folder.
fn config_map_of(name: &str, root: &str, folder: &str) -> String {
    let files: Vec<_> = listed(root, folder).into_iter().map(|(path, _)| path).collect();
    config_map(name, &files)
}

#[test]
fn kustomize_lists_every_rule_and_alert() {
    let rules = config_map_of("prometheus-rules", "prometheus", "rules/");
    let alerts = config_map_of("prometheus-alerts", "prometheus", "alerts/");
    // For the overlay of a Prometheus over the fleet.
    let fleet = config_map("prometheus-federation", &["federation/services.yml"]);
    let text = format!("{KUSTOMIZATION}configMapGenerator:\n{rules}{alerts}{fleet}");
    assert_written("prometheus/kustomization.yml", &text);
}

#[test]
fn kustomize_lists_the_routing_and_every_template() {
    let config = config_map("alertmanager-config", &["alertmanager.yml"]);
    let templates = config_map_of("alertmanager-templates", "alertmanager", "templates/");
    assert_written(
        "alertmanager/kustomization.yml",
        &format!("{KUSTOMIZATION}configMapGenerator:\n{config}{templates}"),
    );
}

#[test]
fn kustomize_lists_every_dashboard_with_its_folder() {
    let mut text = format!("{KUSTOMIZATION}configMapGenerator:\n");
    text += &config_map_of("grafana-datasources", "grafana", "provisioning/datasources/");
    text += &config_map_of("grafana-folders", "grafana", "provisioning/dashboards/");
    text += "  # The sidecar of kube-prometheus-stack finds dashboards by the label. Their names have no hash, so that a new version\n  \
             # replaces the old one; Grafana reads changed files by itself.\n";
    for (path, file) in listed("grafana", "dashboards/") {
        let folder = path.split('/').nth(1).expect("a dashboard is in a folder");
        let (first, rest) = folder.split_at(1);
        text += &config_map(&format!("dashboard-{}", file.stem()), &[path]);
        text += &format!(
            "    options:\n      disableNameSuffixHash: true\n      labels: {{grafana_dashboard: \"1\"}}\n      \
             annotations: {{grafana_folder: {}{rest}}}\n",
            first.to_uppercase(),
        );
    }
    assert_written("grafana/kustomization.yml", &text);
}

/// A `ConfigMap` with its files in it.
fn config_map_with(name: &str, files: &[(&str, &str)]) -> String {
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| {
            let key = path.rsplit('/').next().expect("a path has a name");
            assert!(text.ends_with('\n') && !text.starts_with([' ', '\n']), "{path} is no block of YAML");
            format!("  {key}: |\n{}", indented(text, 4))
        })
        .collect();
    let files = files.concat();
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: monitoring}}\ndata:\n{files}")
}

#[test]
fn the_rendered_file_has_every_object_and_every_file_but_the_dashboards() {
    let base = yaml("deploy/kubernetes/base/kustomization.yml");
    let resources = texts(&base["resources"]).into_iter().filter(|path| !path.starts_with(".."));
    // Comments stay with the sources.
    let object = |path: &str| {
        let lines = text(&format!("deploy/kubernetes/base/{path}")).split_inclusive('\n');
        lines.filter(|line| !line.trim_start().starts_with('#')).collect::<String>()
    };
    let mut parts: Vec<String> = resources.map(object).collect();
    let own = |path: &'static str| (path, text(path));
    let below = |root, folder| {
        let files = listed(root, folder).into_iter();
        files.map(|(path, file)| (path, file.text())).collect::<Vec<(&str, &str)>>()
    };
    for (name, files) in [
        ("prometheus-config", vec![own("deploy/kubernetes/base/config/prometheus.yml")]),
        ("prometheus-backup", vec![own("deploy/kubernetes/base/config/backup.sh")]),
        ("blackbox-config", vec![own("deploy/kubernetes/base/config/blackbox.yml")]),
        ("prometheus-rules", below("prometheus", "rules/")),
        ("prometheus-alerts", below("prometheus", "alerts/")),
        ("alertmanager-config", vec![own("alertmanager/alertmanager.yml")]),
        ("alertmanager-templates", below("alertmanager", "templates/")),
        ("grafana-datasources", below("grafana", "provisioning/datasources/")),
        ("grafana-folders", below("grafana", "provisioning/dashboards/")),
    ] {
        parts.push(config_map_with(name, &files));
    }
    let head = "# Everything but the dashboards, without kustomize. Written from base: MME_BLESS=1 cargo test --all-features --test deploy.\n\
                #\n#   kubectl apply --server-side -f trust-service-monitoring.yaml\n#   kubectl apply -k ../../grafana\n";
    assert_written("deploy/kubernetes/trust-service-monitoring.yaml", &format!("{head}{}", parts.join("---\n")));
}
