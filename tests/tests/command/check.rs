//! `assets check`: a user's own files against the library's metrics and the user's own.

use std::fs;

use mme_metrics::Recorder;
use mme_metrics_tests::command::run;
use mme_metrics_tests::scrape_target::ScrapeTarget;
use serde_json::Value;
use tempfile::TempDir;

use crate::oven::OVEN;

const RULES: &str = "\
groups:
  - name: mine
    rules:
      - alert: OvenHot
        expr: max by (job, ovens) (oven_temperature_celsius) > 250
      - alert: ManyRequests
        expr: sum(rate(http_server_request_duration_seconds_cnt[5m])) > 100
";

const PAGE: &str = "# TYPE oven_temperature_celsius gauge\noven_temperature_celsius{oven=\"1\"} 20\n";

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().expect("a temporary directory");
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("it is in a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    directory
}

#[test]
fn findings_name_the_file_the_line_and_the_right_name() {
    let directory = directory(&[("rules/mine.yml", RULES), ("page.txt", PAGE)]);
    let ran = run(directory.path(), ["assets", "check", "rules", "--metrics", "page.txt"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for said in [
        "error: rules/mine.yml:5: alert OvenHot: `oven_temperature_celsius` has no label `ovens`: did you mean `oven`?",
        "rules/mine.yml:7: alert ManyRequests: no metric `http_server_request_duration_seconds_cnt`: did you mean",
        "[unknown-metric]",
        "1 files: 2 errors, 0 warnings, 0 notes",
    ] {
        assert!(ran.out.contains(said), "{said}\n{}", ran.out);
    }
}

#[test]
fn what_is_right_ends_with_0() {
    let right = RULES.replace("ovens", "oven").replace("_cnt", "_count");
    let runbook = "# Oven\n\n```promql\nmax by (oven) (oven_temperature_celsius)\n```\n";
    let board = "{\"panels\": [{\"targets\": [{\"expr\": \"http_server_active_requests{region=\\\"a\\\"}\"}]}]}";
    let directory = directory(&[
        ("a.yml", &right),
        ("b/oven.md", runbook),
        ("b/board.json", board),
        ("b/x.txt", "?"),
        ("page.txt", PAGE),
    ]);
    let arguments = ["assets", "check", "a.yml", "b", "--metrics", "page.txt", "--target-label", "region"];
    let ran = run(directory.path(), arguments);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "3 files: 0 errors, 0 warnings, 0 notes\n"));
}

#[test]
fn a_catalogue_and_a_running_service_are_read() {
    let rules = "groups: [{name: a, rules: [{alert: Hot, expr: 'oven_hot + process_open_fds > 1'}]}]";
    let builder = Recorder::builder().family(&OVEN);
    let directory = directory(&[("mine.yml", rules), ("catalog.json", &builder.catalog_json())]);
    let unknown = run(directory.path(), ["assets", "check", "mine.yml"]);
    assert!(unknown.code == Some(1) && unknown.out.contains("no metric `oven_hot`"), "{unknown:?}");
    let known = run(directory.path(), ["assets", "check", "mine.yml", "--catalog", "catalog.json"]);
    assert_eq!(known.code, Some(0), "{known:?}");
    let recorder = builder.process_metrics(false).build().expect("the family fits");
    metrics::with_local_recorder(&recorder, || OVEN.hot.touch(()));
    let service = ScrapeTarget::serve(recorder);
    let url = format!("http://me:secret@{}/text?key=secret", service.address());
    let known = run(directory.path(), ["assets", "check", "mine.yml", "--metrics", &url]);
    assert_eq!(known.code, Some(0), "{known:?}");
    let missing = run(directory.path(), ["assets", "check", "mine.yml", "--metrics", &url, "--emitted"]);
    assert!(missing.out.contains("the service exposes no series of `process_open_fds`"), "{missing:?}");
    assert!(missing.code == Some(1) && !format!("{missing:?}").contains("secret"), "{missing:?}");
}

#[test]
fn json_and_sarif_are_for_machines() {
    let directory = directory(&[("my rules.yml", RULES)]);
    let read = |format: &str| {
        let ran = run(directory.path(), ["assets", "check", "my rules.yml", "--format", format]);
        assert_eq!(ran.code, Some(1));
        serde_json::from_str::<Value>(&ran.out).expect("it is JSON")
    };
    let list = read("json");
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&list[1]["kind"], &list[1]["line"], &list[1]["severity"]),
        (&"unknown-metric".into(), &7.into(), &"error".into())
    );
    let log = read("sarif");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("it has rules");
    for result in run["results"].as_array().expect("it has results") {
        let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok()).expect("a number");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20rules.yml");
        assert!(place["region"]["startLine"].as_u64() >= Some(5));
    }
}

#[test]
fn the_exported_files_have_no_finding() {
    let directory = directory(&[]);
    let exported = run(directory.path(), ["assets", "export", "--out", "out", "--layout", "mme", "--by", "region"]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let ran = run(directory.path(), ["assets", "check", "out", "--target-label", "region"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let directory =
        directory(&[("a.txt", "?"), ("broken.json", "{\"panels\": ["), ("a.yml", RULES), ("bad.txt", "a b\n")]);
    fs::create_dir(directory.path().join("empty")).expect("a directory");
    for (arguments, code, said) in [
        (&["a.txt"][..], 2, "a.txt is of no known kind"),
        (&["nowhere.yml"], 2, "cannot read nowhere.yml"),
        (&["empty"], 2, "there are no rules"),
        (&["broken.json"], 1, "not JSON"),
        (&["a.yml", "--metrics", "bad.txt"], 2, "bad.txt:1: \"b\" is not a number"),
        (&["a.yml", "--metrics", "http://127.0.0.1:1/x?token=secret"], 2, "cannot read http://127.0.0.1:1: "),
        (&["a.yml", "--catalog", "a.txt"], 2, "a.txt is not JSON"),
        (&["a.yml", "--catalog", "broken.json"], 2, "broken.json is not JSON"),
        (&["a.yml", "--metrics", "http://127.0.0.1:1", "--token-file", "empty"], 2, "cannot read the token in empty"),
        (&["a.yml", "--emitted"], 2, "--metrics"),
    ] {
        let ran = run(directory.path(), ["assets", "check"].iter().chain(arguments));
        let text = format!("{}{}", ran.out, ran.err);
        assert!(ran.code == Some(code) && text.contains(said) && !text.contains("secret"), "{arguments:?}: {ran:?}");
    }
}
