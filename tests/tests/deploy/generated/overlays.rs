//! The configurations of Prometheus in overlays: that of the base, with a change.

use super::{assert_written, replace};
use crate::bundle::text;

const BASE: &str = "deploy/kubernetes/base/config/prometheus.yml";

/// The configuration of the base, with external labels.
fn labelled(labels: &str) -> String {
    let interval = "  evaluation_interval: 15s\n";
    let labels = format!(
        "{interval}  # Added to what leaves this server. CHANGE the cluster.\n  external_labels: {{{labels}}}\n"
    );
    replace(text(BASE), interval, &labels)
}

/// The configuration of the base, which also sends each sample to another store.
fn writing(to: &str) -> String {
    let what = "    send_exemplars: true\n    send_native_histograms: true\n    queue_config: {max_shards: 20, max_samples_per_send: 2000}\n";
    format!("{}\nremote_write:\n{to}{what}", labelled("cluster: default"))
}

#[test]
fn thanos_tells_the_replicas_of_a_cluster_apart() {
    let alertmanagers = "alerting:\n";
    let relabel = "alerting:\n  # Both servers send the same alert: without the label it is one.\n  \
                   alert_relabel_configs: [{regex: prometheus_replica, action: labeldrop}]\n";
    let config = replace(&labelled("cluster: default, prometheus_replica: \"${POD}\""), alertmanagers, relabel);
    assert_written("deploy/kubernetes/overlays/thanos/prometheus.yml", &config);
}

#[test]
fn mimir_is_written_to_with_a_password() {
    let to = "  # CHANGE the address and the user.\n  - url: https://mimir.example.com/api/v1/push\n    \
              basic_auth: {username: default, password_file: /run/secrets/remote-write/password}\n";
    assert_written("deploy/kubernetes/overlays/mimir/prometheus.yml", &writing(to));
}

#[test]
fn victoriametrics_is_written_to_inside_the_cluster() {
    let to = "  - url: http://victoriametrics:8428/api/v1/write\n";
    assert_written("deploy/kubernetes/overlays/victoriametrics/prometheus.yml", &writing(to));
}

#[test]
fn behind_a_collector_services_are_not_scraped_twice() {
    let base = text(BASE);
    let (start, end) = ("  # Every pod that asks for it", "  - job_name: prometheus\n");
    let (before, rest) = base.split_once(start).expect("the base scrapes services");
    let (_, after) = rest.split_once(end).expect("the base scrapes itself");
    assert_written("deploy/kubernetes/overlays/collector/prometheus.yml", &format!("{before}{end}{after}"));
}

#[test]
fn a_federation_evaluates_what_it_mounts() {
    let config = text("prometheus/federation.yml");
    let overlay = text("deploy/kubernetes/overlays/federation/kustomization.yml");
    assert!(config.contains("rule_files:\n  - federation/services.yml\n"), "{config}");
    assert!(overlay.contains("mountPath: /etc/prometheus/federation,"), "{overlay}");
    assert_written("deploy/kubernetes/overlays/federation/prometheus.yml", config);
}
