//! What differs from the exported configurations.

use super::*;

fn exported(path: &str) -> Value {
    serde_saphyr::from_str(bundled(path)).unwrap()
}

fn options() -> NativeOptions {
    NativeOptions {
        job: "trust-service".to_owned(),
        target: vec!["127.0.0.1:8080".to_owned(), "[::1]:8081".to_owned()],
        metrics_path: "/internal".to_owned(),
        token_file: Some("/a token".into()),
        probe: vec!["https://shop.test/".to_owned()],
        alertmanager_config: None,
        prometheus_port: 1,
        alertmanager_port: 2,
        node_port: 3,
        blackbox_port: 4,
        pager_port: 5,
    }
}

fn servers(kinds: &[ServerKind]) -> Vec<Server> {
    let server = |(port, kind): (u16, &ServerKind)| Server { kind: *kind, program: "/a".into(), port };
    (11..).zip(kinds).map(server).collect()
}

fn job<'c>(config: &'c Value, name: &str) -> &'c Value {
    config["scrape_configs"].as_array().unwrap().iter().find(|job| job["job_name"] == name).unwrap()
}

#[test]
fn targets_are_those_of_this_machine_and_limits_stay() {
    use ServerKind::{Alertmanager, Blackbox, Node, Prometheus};
    let config = prometheus(
        &exported("prometheus/prometheus.yml"),
        &options(),
        &servers(&[Alertmanager, Prometheus, Node, Blackbox]),
    )
    .unwrap();
    let service = job(&config, "trust-service");
    assert_eq!(service["static_configs"], json!([{ "targets": ["127.0.0.1:8080", "[::1]:8081"] }]));
    assert_eq!((&service["metrics_path"], &service["sample_limit"]), (&json!("/internal"), &json!(200_000)));
    assert_eq!(service["authorization"], json!({ "credentials_file": "/a token" }));
    assert_eq!(job(&config, "node")["static_configs"], json!([{ "targets": ["127.0.0.1:13"] }]));
    assert!(job(&config, "node")["authorization"].is_null() && job(&config, "node")["file_sd_configs"].is_null());
    assert!(!job(&config, "redis")["file_sd_configs"].is_null());
    let blackbox = job(&config, "blackbox");
    assert_eq!(blackbox["relabel_configs"][2]["replacement"], "127.0.0.1:14");
    assert_eq!(
        blackbox["static_configs"][0]["targets"],
        json!(["http://127.0.0.1:11/-/ready", "http://127.0.0.1:12/-/ready", "https://shop.test/"])
    );
    assert_eq!(config["alerting"]["alertmanagers"], json!([{ "static_configs": [{ "targets": ["127.0.0.1:11"] }] }]));
}

#[test]
fn notifications_stay_on_this_machine_and_routes_are_kept() {
    let exported = exported("alertmanager/alertmanager.yml");
    let config = alertmanager(&exported, 5).unwrap();
    assert_eq!((&config["route"], &config["inhibit_rules"]), (&exported["route"], &exported["inhibit_rules"]));
    let text = config.to_string();
    assert!(!text.contains("example.com") && !text.contains("_file") && !text.contains("smtp"), "{text}");
    let count = |config: &Value| config["receivers"].as_array().unwrap().len();
    assert_eq!(count(&config), count(&exported));
    assert_eq!(text.matches("http://127.0.0.1:5/").count(), count(&config));
}

#[test]
fn a_configuration_without_the_job_is_refused() {
    let mut config = exported("prometheus/prometheus.yml");
    config["scrape_configs"][0]["job_name"] = json!("other");
    assert!(prometheus(&config, &options(), &[]).unwrap_err().contains("no job `trust-service`"));
}
