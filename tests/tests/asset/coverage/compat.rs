//! The opt-in file of names that were used before: Prometheus loads it, its values are right, and what it reads exists.

use mme_metrics::asset::{AssetFile, AssetKind, FILES, check, write_to};
use mme_metrics::catalog;
use mme_metrics_tests::program;
use tempfile::TempDir;

const NAMES: &str = "prometheus/compat/names.yml";

#[test]
fn prometheus_loads_the_names_and_their_values_are_right() {
    let directory = TempDir::new().expect("a temporary directory");
    write_to(directory.path()).expect("a directory that can be written");
    for arguments in [["check", "rules", "names.yml"], ["test", "rules", "names_test.yml"]] {
        let folder = directory.path().join("prometheus/compat");
        let output = program::command("promtool").args(arguments).current_dir(folder).output();
        let output = output.expect("promtool is a program that runs");
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "promtool {arguments:?}: {}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn every_name_is_tested() {
    let text = |path: &str| FILES.iter().find(|file| file.path() == path).expect("a bundled file").text();
    let tests = text("prometheus/compat/names_test.yml");
    let defined = text(NAMES).lines().filter_map(|line| line.trim_start().strip_prefix("- "));
    let names: Vec<_> =
        defined.filter_map(|line| line.strip_prefix("record: ").or(line.strip_prefix("alert: "))).collect();
    assert_eq!(names.len(), 11);
    assert!(names.iter().all(|name| tests.contains(name)), "{names:?}");
}

#[test]
fn what_the_names_stand_for_exists() {
    let names = FILES.iter().find(|file| file.path() == NAMES).expect("a bundled file");
    let rules = FILES.iter().filter(|file| file.kind() == AssetKind::Rules).cloned();
    let files: Vec<_> = rules.chain([AssetFile::new(AssetKind::Rules, NAMES, names.text())]).collect();
    let found = check(catalog::FAMILIES, &files);
    assert!(found.is_empty(), "{found:#?}");
}
