//! What an operator sets for the service by variables and a file, without a build.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use mme_metrics_tests::promtool;
use mme_metrics_tests::service::Service;
use tempfile::TempDir;

#[test]
fn an_operator_disables_a_family_by_a_variable_and_sees_no_line_of_it() {
    let usual = Service::start(&[]).metrics();
    assert!(usual.contains("\ntokio_workers") && usual.contains("{family=\"runtime\"}"), "{usual}");
    let directory = TempDir::new().expect("a temporary directory");
    let file = directory.path().join("mme.toml");
    fs::write(&file, "[labels]\nenvironment = \"tests\"\n").expect("a file");
    let file = file.to_str().expect("a plain path");
    let variables = [("MME_METRICS_FILE", file), ("MME_METRICS_DISABLED_FAMILIES", "runtime,business")];
    let text = Service::start_with(&[], &variables).metrics();
    for gone in ["tokio_", "\"runtime\"", "\"business\""] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
    assert!(text.contains("\nprocess_start_time_seconds{environment=\"tests\"} "), "{text}");
    promtool::check_metrics(&text);
}

#[test]
fn a_mistake_of_the_operator_is_said_before_the_service_starts() {
    for (name, value, said) in [
        (
            "MME_METRICS_DISABLED_FAMILIES",
            "runtme",
            "`MME_METRICS_DISABLED_FAMILIES`: unknown family `runtme`: did you mean `runtime`?",
        ),
        (
            "MME_METRICS_DISABLED",
            "runtime",
            "unknown variable `MME_METRICS_DISABLED`: did you mean `MME_METRICS_DISABLED_",
        ),
    ] {
        let ran = Service::command(&[]).env(name, value).stdout(Stdio::piped()).output().expect("it was built");
        let error = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.code() == Some(1) && error.contains(said), "{error}");
    }
}

#[test]
fn what_is_set_is_logged_in_one_line() {
    let mut child = Service::command(&[])
        .env("MME_METRICS_PROCESS_BUDGET", "5000")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it was built");
    let mut lines = BufReader::new(child.stderr.take().expect("it was asked for")).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("mme::settings"));
    child.kill().expect("it runs");
    child.wait().expect("it was started");
    let line = line.expect("the service says what is set");
    assert!(line.contains("the operator has set: process_budget = 5000"), "{line}");
}
