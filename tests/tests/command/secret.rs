//! No message has the user or the password of an address, whatever characters the password has.

use std::fs;
use std::path::Path;

use mme_metrics_tests::command::{Ran, run};
use tempfile::TempDir;

use crate::stand_in::{serve, vector};

/// What a password should have escaped, and what may seem to end an address.
const MARKS: [&str; 10] = ["", "/", "?", "#", "@", "/a@b?c#", "://", " ", "'", "%2F%3F"];

/// An address whose user and password are easy to find again.
fn address(mark: &str, host: &str) -> String {
    format!("http://5ecretUser:5ecret{mark}5ecret@{host}")
}

#[track_caller]
fn keeps_secret(directory: &Path, arguments: &[&str]) -> Ran {
    let ran = run(directory, arguments);
    assert!(matches!(ran.code, Some(1 | 2)), "{arguments:?}: {ran:?}");
    let text = format!("{}{}", ran.out, ran.err);
    assert!(!text.is_empty() && !text.contains("5ecret"), "{arguments:?}: {ran:?}");
    ran
}

fn directory() -> TempDir {
    let directory = TempDir::new().expect("a temporary directory");
    fs::write(directory.path().join("a.yml"), "groups: []").expect("a file");
    directory
}

#[test]
fn an_address_that_is_read_is_named_without_its_password() {
    let directory = directory();
    for mark in MARKS {
        let url = &*address(mark, "127.0.0.1:1/metrics");
        for arguments in [
            &["lint", url][..],
            &["cardinality", url],
            &["assets", "check", "a.yml", "--metrics", url],
            &["assets", "keep", "--metrics", url],
            &["assets", "unused", "--metrics", url],
            &["verify", "--prometheus", url],
            &["verify", "--prometheus", url, "--skip", "prometheus,clock", "--format", "json"],
            &["report", "daily", "--dir", ".", "--prometheus", url],
            &["backup", "create", "--prometheus", url, "--data", ".", "--out", "backups"],
        ] {
            keeps_secret(directory.path(), arguments);
        }
    }
}

#[test]
fn each_server_of_a_stack_is_named_without_its_password() {
    let directory = directory();
    let up: &[(&str, &str)] = &[("alertname", "Watchdog")];
    let alertmanagers = |url: &str| serde_json::json!({ "activeAlertmanagers": [{ "url": url }] });
    for mark in MARKS {
        let known = crate::stand_in::data(&alertmanagers(&address(mark, "alertmanager:9093/api")));
        let prometheus =
            serve(vec![("/alertmanagers", known), ("/query", vector(&[(up, 1.0)])), ("/", "<html>".to_owned())]);
        let host = prometheus.trim_start_matches("http://");
        // One that is dead, and one that answers with what nobody understands.
        for host in ["127.0.0.1:1", host] {
            let url = &*address(mark, host);
            keeps_secret(
                directory.path(),
                &["verify", "--skip", "panels", "--prometheus", &prometheus, "--alertmanager", url, "--grafana", url],
            );
            keeps_secret(directory.path(), &["verify", "--skip", "panels", "--prometheus", url]);
        }
        let ran = keeps_secret(directory.path(), &["verify", "--skip", "panels", "--prometheus", &prometheus]);
        assert!(ran.out.contains("Prometheus sends alerts to http://"), "{ran:?}");
    }
}

#[test]
fn an_address_in_place_of_something_else_is_named_without_its_password() {
    let directory = directory();
    for mark in MARKS {
        for url in [
            address(mark, "host/metrics"),
            address(mark, "host").replace("http://", ""),
            address(mark, "host").replace("http", "FTP"),
        ] {
            let url = &*url;
            for arguments in [
                &["lint", "a.yml", url][..],
                &["lint", "a.yml", "--token-file", url, "--timeout", url],
                &["verify", "--prometheus", "http://127.0.0.1:1", "--token-file", url],
                &["verify", "--prometheus", "http://127.0.0.1:1", "--spikes", url],
                &["verify", "--prometheus", "http://127.0.0.1:1", "--job", url, "--family", "x"],
                &["verify", url],
                &["assets", "check", url],
                &["assets", "check", "a.yml", "--catalog", url],
                &["assets", "check", "a.yml", "--metrics", &url.replace("http", "htp")],
                &["report", "daily", "--dir", url],
                &["report", "daily", "--dir", ".", "--exposition", url],
                &["backup", "verify", url],
                &["backup", "restore", url, "--data", "restored"],
                &["man", url],
                &["catalog", &format!("--format={url}")],
            ] {
                keeps_secret(directory.path(), arguments);
            }
        }
    }
}

#[test]
fn an_address_with_such_a_password_says_how_to_write_it() {
    let ran = run(Path::new("."), ["lint", "http://me:pa/ss@127.0.0.1:1/metrics"]);
    let said = "cannot read http://…127.0.0.1:1: this is not an address such as http://127.0.0.1:9090; in a password, \
                write %2F for `/`";
    assert!(ran.code == Some(2) && ran.err.contains(said), "{ran:?}");
}

#[test]
fn a_file_is_named_as_it_is_called() {
    let directory = directory();
    for name in ["a@b.prom", "c#d?.prom", "x:y@z.prom"] {
        fs::write(directory.path().join(name), "a-b 1\n").expect("a file");
        let ran = run(directory.path(), ["lint", name]);
        assert!(ran.code == Some(1) && ran.out.starts_with(&format!("{name}:1: ")), "{ran:?}");
        let ran = run(directory.path(), ["assets", "check", "a.yml", "--metrics", name]);
        assert!(ran.code == Some(2) && ran.err.contains(&format!(": {name}:1: ")), "{ran:?}");
    }
    for name in ["no@where.prom", "no#where?.prom"] {
        let ran = run(directory.path(), ["lint", name]);
        assert!(ran.code == Some(2) && ran.err.contains(&format!("cannot read {name}: ")), "{ran:?}");
    }
    let page = "# TYPE oven_hot gauge\noven_hot{oven=\"1\"} 1\n";
    fs::write(directory.path().join("a@b.prom"), page).expect("a file");
    let rules = "groups: [{name: a, rules: [{alert: A, expr: 'oven_hot{ovens=\"1\"} > 1'}]}]";
    fs::write(directory.path().join("r@s.yml"), rules).expect("a file");
    let ran = run(directory.path(), ["assets", "check", "r@s.yml", "--metrics", "a@b.prom"]);
    assert!(ran.code == Some(1) && ran.out.contains("error: r@s.yml:1: "), "{ran:?}");
}
