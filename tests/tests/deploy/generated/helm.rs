//! The templates of the Helm chart: the objects of the base, with values in the places of texts.

use super::assert_written;
use crate::bundle::{text, texts, yaml};

/// A text of the base and its value. A text that is in no file is an error.
const VALUES: [(&str, &str); 24] = [
    ("prom/prometheus:v3.16.0", "images.prometheus"),
    ("prom/alertmanager:v0.35.0", "images.alertmanager"),
    ("grafana/grafana:13.2.1", "images.grafana"),
    ("prom/node-exporter:v1.12.1", "images.nodeExporter"),
    ("oliver006/redis_exporter:v1.88.0-alpine", "images.redisExporter"),
    ("prometheuscommunity/postgres-exporter:v0.20.0", "images.postgresExporter"),
    ("percona/mongodb_exporter:0.53.0", "images.mongodbExporter"),
    ("prom/blackbox-exporter:v0.28.0", "images.blackboxExporter"),
    ("registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.13.0", "images.kubeStateMetrics"),
    ("retention.time=15d", "prometheus.retention"),
    ("retention.size=40GB", "prometheus.retentionSize"),
    ("storage: 50Gi", "prometheus.storage"),
    ("storage: 5Gi", "alertmanager.storage"),
    ("storage: 10Gi", "grafana.storage"),
    ("schedule: \"17 2 * * *\"", "backup.schedule"),
    ("ingressClassName: nginx", "ingress.className"),
    ("grafana.example.com", "hosts.grafana"),
    ("prometheus.example.com", "hosts.prometheus"),
    ("alertmanager.example.com", "hosts.alertmanager"),
    ("redis://redis.default.svc:6379", "redis.address"),
    ("postgres.default.svc:5432/postgres?sslmode=require", "postgres.address"),
    ("mongodb://mongodb.default.svc:27017/admin", "mongodb.address"),
    ("namespace: monitoring}", ".Release.Namespace"),
    ("namespace: monitoring\n", ".Release.Namespace"),
];

/// The files that a value switches off.
const OPTIONAL: [(&str, &str); 6] = [
    ("node-exporter.yml", "node.enabled"),
    ("redis-exporter.yml", "redis.enabled"),
    ("postgres-exporter.yml", "postgres.enabled"),
    ("mongodb-exporter.yml", "mongodb.enabled"),
    ("backup.yml", "backup.enabled"),
    ("ingress.yml", "ingress.enabled"),
];

/// Puts a value into the place of a text, or of the part of it after its key.
fn put(template: &str, from: &str, value: &str) -> String {
    let value = if value.starts_with('.') { value.to_owned() } else { format!(".Values.{value}") };
    let key = from
        .find(": ")
        .map(|at| at + 2)
        .or_else(|| from.find('=').filter(|_| from.starts_with("retention")).map(|at| at + 1));
    let kept = &from[..key.unwrap_or(0)];
    let end = from.strip_prefix(kept).and_then(|rest| rest.chars().last()).filter(|end| ['}', '\n'].contains(end));
    let end = end.map(String::from).unwrap_or_default();
    let quoted = if from.contains('"') { " | quote" } else { "" };
    template.replace(from, &format!("{kept}{{{{ {value}{quoted} }}}}{end}"))
}

#[test]
fn the_templates_are_the_objects_of_the_base() {
    let mut missing: Vec<_> = VALUES.iter().map(|(from, _)| *from).collect();
    let base = yaml("deploy/kubernetes/base/kustomization.yml");
    for path in texts(&base["resources"]).into_iter().filter(|path| !path.starts_with("..")) {
        let source = text(&format!("deploy/kubernetes/base/{path}"));
        assert!(!source.contains("{{"), "{path} has what Helm would replace");
        let mut template = source.to_owned();
        for (from, value) in VALUES {
            // The volume of the backups is as large as that of Prometheus, and a value of its own.
            let value = if path == "backup.yml" && value == "prometheus.storage" { "backup.storage" } else { value };
            if template.contains(from) {
                missing.retain(|missing| *missing != from);
                template = put(&template, from, value);
            }
        }
        if path == "namespace.yml" {
            // Helm makes the first one itself: `--create-namespace`.
            template = template.split_once("---\n").expect("two namespaces").1.to_owned();
        }
        if let Some((_, value)) = OPTIONAL.iter().find(|(optional, _)| *optional == path) {
            template = format!("{{{{- if .Values.{value} }}}}\n{template}{{{{- end }}}}\n");
        }
        let name = path.strip_suffix(".yml").expect("an object is in a file of YAML");
        let head = "# Written from deploy/kubernetes/base: MME_BLESS=1 cargo test --all-features --test deploy.\n";
        assert_written(&format!("deploy/helm/mme-metrics/templates/{name}.yaml"), &format!("{head}{template}"));
    }
    assert!(missing.is_empty(), "no object has {missing:?}");
}

#[test]
fn the_values_are_those_of_the_base() {
    let values = yaml("deploy/helm/mme-metrics/values.yaml");
    for (from, value) in VALUES.iter().filter(|(_, value)| !value.starts_with('.')) {
        let pointer = format!("/{}", value.replace('.', "/"));
        let found =
            values.pointer(&pointer).and_then(|value| value.as_str()).unwrap_or_else(|| panic!("{value} is missing"));
        assert!(from.contains(found), "{value} is {found}, and the base has {from}");
    }
}
