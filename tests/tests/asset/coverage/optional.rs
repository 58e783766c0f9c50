//! The opt-in files of rules, of names that were used before and of a Prometheus over a fleet: Prometheus loads them, their
//! values are right, and what they read exists.

use mme_metrics::asset::{AssetFile, AssetKind, FILES, check, write_to};
use mme_metrics::catalog;
use mme_metrics_tests::promtool;
use tempfile::TempDir;

/// Their folders, their names, and how many rules they have.
const OPTIONAL: [(&str, &str, usize); 2] = [("compat", "names", 11), ("federation", "services", 6)];

fn file(folder: &str, name: &str) -> &'static AssetFile {
    let path = format!("prometheus/{folder}/{name}.yml");
    FILES.iter().find(|file| file.path() == path).expect("a bundled file")
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
        let optional = file(folder, name);
        let rules = FILES.iter().filter(|file| file.kind() == AssetKind::Rules).cloned();
        let files: Vec<_> = rules.chain([AssetFile::new(AssetKind::Rules, optional.path(), optional.text())]).collect();
        let found = check(catalog::FAMILIES, &files);
        assert!(found.is_empty(), "{found:#?}");
    }
}
