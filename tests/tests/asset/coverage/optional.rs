//! The opt-in files of rules, of names that were used before and of a Prometheus over a fleet: Prometheus loads them, their
//! values are right, and what they read exists.

use mme_metrics::asset::{AssetFile, AssetKind, FILES, FindingKind, check, lint, write_to};
use mme_metrics::catalog;
use mme_metrics_tests::promtool;
use tempfile::TempDir;

/// Their folders, their names, and how many rules they have.
const OPTIONAL: [(&str, &str, usize); 3] =
    [("compat", "names", 11), ("compat", "names_gateway", 6), ("federation", "services", 6)];

fn file(folder: &str, name: &str) -> &'static AssetFile {
    let path = format!("prometheus/{folder}/{name}.yml");
    FILES.iter().find(|file| file.path() == path).expect("a bundled file")
}

fn of_kind(file: &'static AssetFile, kind: AssetKind) -> AssetFile {
    AssetFile::new(kind, file.path(), file.text())
}

fn bundled_rules() -> impl Iterator<Item = AssetFile> {
    FILES.iter().filter(|file| file.kind() == AssetKind::Rules).cloned()
}

#[test]
fn prometheus_loads_the_rules_and_their_values_are_right() {
    let directory = TempDir::new().expect("a temporary directory");
    write_to(directory.path()).expect("a directory that can be written");
    for (folder, name, _) in OPTIONAL {
        for [verb, file] in [["check", &format!("{name}.yml")], ["test", &format!("{name}_test.yml")]] {
            let folder = directory.path().join("prometheus").join(folder);
            promtool::accepts(&folder, &[verb, "rules", file]);
        }
    }
}

#[test]
fn every_rule_is_tested() {
    for (folder, name, number) in OPTIONAL {
        let tests = file(folder, &format!("{name}_test")).text();
        let rules = file(folder, name).text().lines().filter_map(|line| line.trim_start().strip_prefix("- "));
        let names: Vec<_> =
            rules.filter_map(|line| line.strip_prefix("record: ").or(line.strip_prefix("alert: "))).collect();
        assert_eq!(names.len(), number);
        assert!(names.iter().all(|name| tests.contains(name)), "{names:?}");
    }
}

#[test]
fn what_the_rules_read_exists() {
    for (folder, name, _) in OPTIONAL {
        let files: Vec<_> = bundled_rules().chain([of_kind(file(folder, name), AssetKind::Rules)]).collect();
        let found = check(catalog::FAMILIES, &files);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn the_tests_evaluate_every_group_in_a_fixed_order() {
    let rules = OPTIONAL.map(|(folder, name, _)| of_kind(file(folder, name), AssetKind::Rules));
    let tests = OPTIONAL.map(|(folder, name, _)| of_kind(file(folder, &format!("{name}_test")), AssetKind::RuleTests));
    let found = lint(&bundled_rules().chain(rules).chain(tests).collect::<Vec<_>>());
    let found: Vec<_> = found.iter().filter(|found| found.kind == FindingKind::TestOrder).collect();
    assert!(found.is_empty(), "{found:#?}");
}
