//! `assets keep` and `assets unused`: what the files read, and what they do not.

use std::fs;
use std::path::Path;

use mme_metrics_tests::command::run;
use mme_metrics_tests::promtool;
use tempfile::TempDir;

#[track_caller]
fn loads(directory: &Path, relabelling: &str) {
    let indented = relabelling.trim_end().replace('\n', "\n    ");
    fs::write(directory.join("prometheus.yml"), format!("scrape_configs:\n  - job_name: a\n    {indented}\n"))
        .expect("a file");
    let said = promtool::run_in(directory, &["check", "config", "prometheus.yml"]);
    said.unwrap_or_else(|said| panic!("{said}\n{relabelling}"));
}

#[test]
fn prometheus_loads_the_list_of_the_bundled_files() {
    let directory = TempDir::new().expect("a temporary directory");
    for arguments in [&["assets", "keep"][..], &["assets", "keep", "--labels", "--target-label", "region"]] {
        let ran = run(directory.path(), arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.out.contains("http_server_request_duration_seconds_bucket"), "{}", ran.out);
        assert!(ran.out.lines().all(|line| line.len() < 140), "{}", ran.out);
        loads(directory.path(), &ran.out);
    }
}

#[test]
fn a_histogram_is_kept_whole_and_a_record_is_not_scraped() {
    let directory = TempDir::new().expect("a temporary directory");
    let rules = "groups: [{name: a, rules: [{record: 'a:b:c', expr: 'sum(rate(http_server_request_duration_seconds_count[5m]))'}, \
                 {alert: A, expr: 'a:b:c > 1 and up == 1'}, {alert: B, expr: 'count({__name__=~\"process_open_.*\"}) > 1'}]}]";
    fs::write(directory.path().join("mine.yml"), rules).expect("a file");
    let list = run(directory.path(), ["assets", "keep", "mine.yml", "--format", "list"]);
    assert_eq!(list.out, "http_server_request_duration_seconds_count\nprocess_open_fds\n");
    let relabel = run(directory.path(), ["assets", "keep", "mine.yml", "--labels"]);
    for name in ["_bucket", "_sum", "_count"] {
        assert!(relabel.out.contains(&format!("http_server_request_duration_seconds{name}")), "{}", relabel.out);
    }
    assert!(relabel.out.contains("action: labelkeep") && relabel.out.contains("http_route"), "{}", relabel.out);
    assert!(!relabel.out.contains("a:b:c"));
    loads(directory.path(), &relabel.out);
    let json = run(directory.path(), ["assets", "keep", "mine.yml", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&json.out).expect("it is JSON");
    assert_eq!((&list[1]["series"], &list[1]["files"][0]), (&"process_open_fds".into(), &"mine.yml".into()));
}

#[test]
fn a_native_histogram_is_kept_by_its_name() {
    let directory = TempDir::new().expect("a temporary directory");
    let rules = "groups: [{name: a, rules: [{alert: A, expr: \
                 'histogram_count(sum by (http_route) (rate(http_server_request_duration_seconds[5m]))) > 1'}]}]";
    fs::write(directory.path().join("mine.yml"), rules).expect("a file");
    let list = run(directory.path(), ["assets", "keep", "mine.yml", "--format", "list"]);
    assert_eq!(list.out, "http_server_request_duration_seconds\n");
    let relabel = run(directory.path(), ["assets", "keep", "mine.yml", "--labels"]);
    assert!(relabel.out.contains("regex: \"http_server_request_duration_seconds\""), "{}", relabel.out);
    assert!(relabel.out.contains("action: labelkeep") && relabel.out.contains("http_route"), "{}", relabel.out);
    loads(directory.path(), &relabel.out);
}

#[test]
fn labels_that_are_unknown_are_not_dropped() {
    let directory = TempDir::new().expect("a temporary directory");
    let rules = "groups: [{name: a, rules: [{alert: A, expr: 'oven_temperature_celsius > 1'}]}]";
    fs::write(directory.path().join("mine.yml"), rules).expect("a file");
    let ran = run(directory.path(), ["assets", "keep", "mine.yml", "--labels"]);
    assert!(ran.code == Some(2) && ran.err.contains("the labels of oven_temperature_celsius are unknown"), "{ran:?}");
}

#[test]
fn what_nothing_reads_is_listed_with_its_lines() {
    let directory = TempDir::new().expect("a temporary directory");
    let page = "process_open_fds 3\nleft_over{a=\"1\"} 1\nleft_over{a=\"2\"} 1\n";
    fs::write(directory.path().join("page.txt"), page).expect("a file");
    let ran = run(directory.path(), ["assets", "unused", "--metrics", "page.txt"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "left_over: 2 lines\n"));
    let declared = run(directory.path(), ["assets", "unused"]);
    assert_eq!(declared.code, Some(0));
    assert!(!declared.out.lines().any(|line| line == "http_server_request_duration_seconds"), "{}", declared.out);
}
