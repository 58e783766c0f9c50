//! The configuration of Prometheus in compose.

use super::{assert_written, replace};
use crate::bundle::text;

/// The configuration for compose: that of the bundle, with the addresses of the services.
fn compose() -> String {
    let bundled = text("prometheus/prometheus.yml");
    let (_, jobs) = bundled.split_once("global:\n").expect("a configuration has global settings");
    let head = "\
# Prometheus in compose. Written from prometheus/prometheus.yml, with the addresses of the services of compose.yml: change
# that file, then MME_BLESS=1 cargo test --all-features --test deploy.
global:
  # Stores native histograms of targets that have them, and beside them the buckets that the rules read. Needs Prometheus 3.
  scrape_native_histograms: true
  always_scrape_classic_histograms: true
";
    let mut config = head.to_owned() + jobs;
    for (from, to) in [
        (
            "# alerting:\n#   alertmanagers: [{static_configs: [{targets: [\"127.0.0.1:9093\"]}]}]\n",
            "alerting:\n  alertmanagers: [{static_configs: [{targets: [\"alertmanager:9093\"]}]}]\n\n\
             storage:\n  exemplars: {max_exemplars: 100000}\n  # OTLP clients send late.\n  tsdb: {out_of_order_time_window: 10m}\n",
        ),
        (
            "    static_configs:\n      - targets: [\"127.0.0.1:8080\"]\n",
            "    # Every container of the service that runs; none without the profile `example`.\n    \
             dns_sd_configs: [{names: [trust-service], type: A, port: 8080, refresh_interval: 15s}]\n    honor_labels: false\n    \
             sample_limit: 200000\n    label_limit: 40\n    label_name_length_limit: 128\n    label_value_length_limit: 1024\n\n  \
             # Your services, each with a job of its own: the file says how.\n  \
             - job_name: services\n    file_sd_configs: [{files: [targets/services.yml]}]\n",
        ),
        ("blackbox_exporter on port 9115 of this machine asks", "blackbox-exporter asks"),
        ("replacement: \"127.0.0.1:9115\"", "replacement: \"blackbox-exporter:9115\""),
    ] {
        config = replace(&config, from, to);
    }
    config
}

#[test]
fn the_configuration_for_compose_is_that_of_the_bundle() {
    assert_written("deploy/compose/prometheus.yml", &compose());
}
