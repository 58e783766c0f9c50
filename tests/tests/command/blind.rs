//! `assets blind`: what rules, alerts and panels no longer see with the settings of an operator.

use std::fs;

use mme_metrics::Recorder;
use mme_metrics_tests::command::{Ran, run};
use serde_json::Value;
use tempfile::TempDir;

use crate::oven::OVEN;

/// Rules that read one another, and one that reads half of what is off.
const RULES: &str = "\
groups:
  - name: mine
    rules:
      - record: job:grpc:rate5m
        expr: sum by (job) (rate(grpc_server_handled_total[5m]))
      - alert: FewCalls
        expr: job:grpc:rate5m < 1
      - alert: FewOfBoth
        expr: job:grpc:rate5m < 1 or process_open_fds > 5
      - alert: NoCalls
        expr: absent(grpc_server_handled_total)
      - alert: Slow
        expr: sum(rate(http_server_request_duration_seconds_bucket{le=\"0.25\"}[5m])) < 1
      - alert: Fast
        expr: sum(rate(http_server_request_duration_seconds_bucket{le=~\"0.5|1.0\"}[5m])) > 1
      - alert: Total
        expr: sum(rate(http_server_request_duration_seconds_bucket{le=\"+Inf\"}[5m])) > 1
      - alert: Size
        expr: sum(rate(http_server_request_duration_seconds_count[5m])) > 1
";

/// A dashboard on which people choose a bound.
const CHOSEN: &str = r#"{"title": "Chosen", "uid": "chosen", "schemaVersion": 39,
    "templating": {"list": [{"name": "bound", "type": "custom", "query": "0.25,1"}]},
    "panels": [{"type": "timeseries", "title": "Fast", "targets": [{"refId": "A",
        "expr": "sum(rate(http_server_request_duration_seconds_bucket{le=\"$bound\"}[5m]))"}]}]}"#;

fn blind(settings: &str, arguments: &[&str]) -> Ran {
    let directory = TempDir::new().expect("a temporary directory");
    for (name, text) in [
        ("mme.toml", settings),
        ("mine.yml", RULES),
        (
            "native.yml",
            "groups: [{name: a, rules: [{record: 'job:seconds:rate5m', expr: 'sum by (job) (rate(http_server_request_duration_seconds[5m]))'}, \
             {alert: Slow, expr: 'histogram_quantile(0.9, job:seconds:rate5m) > 1'}]}]",
        ),
        (
            "either.yml",
            "groups: [{name: a, rules: [{alert: Slow, expr: '(histogram_quantile(0.9, sum(rate(http_server_request_duration_seconds[5m]))) > -Inf \
             or histogram_quantile(0.9, sum by (le) (rate(http_server_request_duration_seconds_bucket[5m])))) > 1'}]}]",
        ),
        ("ovens.yml", "groups: [{name: a, rules: [{alert: Hot, expr: 'oven_hot > 1'}]}]"),
        (
            "theirs.yml",
            "groups: [{name: a, rules: [{alert: Theirs, expr: 'theirs_total > 1'}, {alert: Ours, expr: 'mme_series > 1'}]}]",
        ),
        (
            "metrics.txt",
            "# HELP theirs_total Theirs.\n# TYPE theirs_total counter\ntheirs_total 1\n# HELP mme_series Series.\n# TYPE mme_series gauge\n\
             mme_series{family=\"http\"} 1\n",
        ),
        ("chosen.json", CHOSEN),
        ("catalog.json", &Recorder::builder().family(&OVEN).catalog_json()),
    ] {
        fs::write(directory.path().join(name), text).expect("a file");
    }
    run(directory.path(), ["assets", "blind", "--settings", "mme.toml"].iter().chain(arguments))
}

#[test]
fn what_reads_a_disabled_family_is_listed_and_what_reads_its_records_too() {
    let ran = blind("disabled_families = [\"grpc\"]", &["mine.yml"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for said in [
        "error: mine.yml:5: record job:grpc:rate5m: it returns nothing, because `grpc_server_handled_total` is disabled\n",
        "error: mine.yml:7: alert FewCalls: it returns nothing, because `grpc_server_handled_total` is disabled\n",
        "warning: mine.yml:9: alert FewOfBoth: a part of it returns nothing, because `grpc_server_handled_total` is disabled\n",
        "warning: mine.yml:11: alert NoCalls: its `absent` is true for good, because `grpc_server_handled_total` is disabled\n",
        "1 files: 2 errors, 2 warnings, 0 notes\n",
    ] {
        assert!(ran.out.contains(said), "{said}\n{}", ran.out);
    }
}

#[test]
fn a_bound_that_is_gone_is_named_with_those_that_are_there() {
    let ran = blind("buckets.http_server_request_duration_seconds = [0.5, 1]", &["mine.yml"]);
    let said = "alert Slow: it returns nothing, because `http_server_request_duration_seconds` has no bucket le=\"0.25\": it has 0.5 1\n";
    assert!(ran.code == Some(1) && ran.out.contains(said), "{ran:?}");
    assert!(ran.out.ends_with("1 files: 1 errors, 0 warnings, 0 notes\n"), "{}", ran.out);
    let native = blind("[histogram_forms]\n\"*\" = \"native\"", &["mine.yml"]);
    for alert in ["Slow", "Fast"] {
        let said = format!(
            "alert {alert}: it returns nothing, because `http_server_request_duration_seconds` has native buckets only"
        );
        assert!(native.out.contains(&said), "{}", native.out);
    }
    assert!(native.out.ends_with("1 files: 2 errors, 0 warnings, 0 notes\n"), "{}", native.out);
    assert_eq!(blind("[histogram_forms]\n\"*\" = \"both\"", &["mine.yml"]).code, Some(0));
}

#[test]
fn a_rule_that_reads_native_histograms_needs_them_and_one_that_reads_both_needs_either() {
    let alert = |form: &str, name: &str| blind(&format!("[histogram_forms]\n\"*\" = \"{form}\""), &[name]);
    let ran = alert("classic", "native.yml");
    let said =
        "alert Slow: it returns nothing, because `http_server_request_duration_seconds` has classic buckets only";
    assert!(ran.code == Some(1) && ran.out.contains(said), "{ran:?}");
    for (form, file) in
        [("native", "native.yml"), ("both", "native.yml"), ("classic", "either.yml"), ("native", "either.yml")]
    {
        let ran = alert(form, file);
        assert_eq!(ran.code, Some(0), "{form} {file}: {ran:?}");
    }
    // What is off is off in both forms.
    let ran = blind("disabled_metrics = [\"http_server_request_duration_seconds\"]", &["either.yml"]);
    assert!(ran.code == Some(1) && ran.out.contains("it returns nothing, because"), "{ran:?}");
}

#[test]
fn the_bundled_files_are_read_by_default_and_json_is_for_machines() {
    let quiet = blind("process_budget = 5", &[]);
    assert_eq!(quiet.code, Some(0), "{quiet:?}");
    let ran = blind("disabled_families = [\"grpc\"]", &["--format", "json"]);
    let list: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let list = list.as_array().expect("a list");
    let has = |part: &str, place: &str| {
        list.iter().any(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default();
            text("file").contains(part) && text("place").starts_with(place) && text("kind").ends_with("blind")
        })
    };
    assert!(has("prometheus/rules/grpc", "record ") && has("prometheus/alerts/grpc", "alert Mme"), "{}", ran.out);
    assert!(has("grafana/dashboards", "panel "), "{}", ran.out);
    assert_eq!(ran.code, Some(1));
    // Each metric of the library is read by something.
    let all = blind("disabled_families = [\"mme\", \"process\"]", &[]);
    assert!(all.code == Some(1) && all.out.contains("`process_open_fds` is disabled"), "{}", all.out);
}

#[test]
fn metrics_of_exporters_are_none_of_the_service() {
    let native = blind("histogram_forms.\"*\" = \"native\"", &[]);
    assert!(native.code == Some(1) && !native.out.contains("traefik"), "{}", native.out);
    let node = blind("disabled_metrics = [\"node_load1\"]", &[]);
    assert!(node.code == Some(2) && node.err.contains("unknown metric `node_load1`"), "{node:?}");
}

#[test]
fn metrics_of_other_crates_come_from_what_the_service_exposes() {
    let ran = blind("disabled_families = [\"other\"]", &["theirs.yml", "--metrics", "metrics.txt"]);
    let said = "alert Theirs: it returns nothing, because `theirs_total` is disabled";
    assert!(ran.code == Some(1) && ran.out.contains(said) && !ran.out.contains("alert Ours"), "{ran:?}");
}

#[test]
fn a_bound_that_a_dashboard_chooses_is_not_missed() {
    let ran = blind("buckets.http_server_request_duration_seconds = [1]", &["chosen.json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_family_of_the_service_comes_from_its_catalogue() {
    let known = blind("disabled_families = [\"oven\"]", &["ovens.yml", "--catalog", "catalog.json"]);
    assert!(
        known.code == Some(1) && known.out.contains("alert Hot: it returns nothing, because `oven_hot` is disabled"),
        "{known:?}"
    );
    let unknown = blind("disabled_families = [\"oven\"]", &["ovens.yml"]);
    let said = "mme.toml: `disabled_families` in the settings: unknown family `oven`: use one of build, business, ";
    assert!(unknown.code == Some(2) && unknown.err.contains(said), "{unknown:?}");
    assert!(unknown.err.contains("; name the families and metrics of the service by --catalog"), "{unknown:?}");
}

#[test]
fn what_cannot_be_read_ends_with_2() {
    for (settings, arguments, said) in [
        (
            "buckets = 1",
            &[][..],
            "mme.toml: the value of `buckets` in the settings cannot be used: write a table: [buckets]",
        ),
        ("", &["nowhere.yml"], "cannot read nowhere.yml"),
        ("", &["--settings", "nowhere.toml"], "cannot be used multiple times"),
    ] {
        let ran = blind(settings, arguments);
        assert!(ran.code == Some(2) && ran.err.contains(said), "{ran:?}");
    }
    // The token is on the machine of the service, and only there.
    let elsewhere = "[listener]\naddress = \"0.0.0.0:9464\"\ntoken_file = \"/nowhere\"";
    assert_eq!(blind(elsewhere, &[]).code, Some(0));
}
