//! Checks the order of groups in a rule test. Without `group_eval_order`, promtool evaluates groups in random order. So
//! an alert reads the records of the same step in one run, and those of the previous step in another.

use std::collections::HashSet;

use glob::{MatchOptions, Pattern};

use super::{AssetFinding, FindingKind, finding};
use crate::asset::{AssetFile, AssetKind};

/// A wildcard matches only within its folder, as in promtool.
const WITHIN_FOLDER: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// Checks that `order` names each group of the files that `patterns` select exactly once, and no other group.
pub(super) fn check(
    test: &AssetFile,
    patterns: &[String],
    order: &[String],
    files: &[AssetFile],
    groups: &[(String, &AssetFile)],
    findings: &mut Vec<AssetFinding>,
) {
    let mut selected: HashSet<&str> = HashSet::new();
    for pattern in patterns {
        match select(test, pattern, files) {
            Ok(paths) => selected.extend(paths),
            Err(message) => {
                findings.push(finding(test, format!("rule_files {pattern}"), FindingKind::TestOrder, message));
            }
        }
    }

    let mut find = |name: &str, message: &str| {
        findings.push(finding(test, format!("group {name}"), FindingKind::TestOrder, message));
    };
    let loaded: Vec<&str> =
        groups.iter().filter(|(_, file)| selected.contains(file.path())).map(|(name, _)| name.as_str()).collect();
    for name in loaded.iter().filter(|name| loaded.len() > 1 && !order.iter().any(|listed| listed == *name)) {
        find(
            name,
            "promtool evaluates it in random order: list every group in `group_eval_order`, each after the groups whose \
             records it reads",
        );
    }
    let mut listed = HashSet::new();
    for name in order {
        if !listed.insert(name) {
            find(name, "`group_eval_order` lists it more than once: list it once");
        } else if !loaded.contains(&name.as_str()) {
            find(
                name,
                "`group_eval_order` lists it, but no file of `rule_files` has it: remove it or correct its name",
            );
        }
    }
}

/// Returns the paths of the rule files that a pattern in `test` selects. A relative pattern starts at the folder of
/// `test`.
fn select<'a>(test: &AssetFile, pattern: &str, files: &'a [AssetFile]) -> Result<Vec<&'a str>, String> {
    let folder = test.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    let absolute = if pattern.starts_with('/') { pattern.to_owned() } else { format!("{folder}/{pattern}") };
    let glob = Pattern::new(&normalize(&absolute))
        .map_err(|error| format!("promtool cannot read this pattern of files: {error}; correct it"))?;
    let rules = files.iter().filter(|file| file.kind() == AssetKind::Rules).map(AssetFile::path);
    let selected: Vec<_> = rules.filter(|path| glob.matches_with(&normalize(path), WITHIN_FOLDER)).collect();
    if selected.is_empty() {
        return Err(
            "no rule file among those to be checked has this path: correct it, or check the rule file, too".to_owned()
        );
    }
    Ok(selected)
}

/// Resolves `.` and `..` without the file system, and drops the `/` of the root.
fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." && parts.last().is_some_and(|last| *last != "..") {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns which of three rule files a pattern in `/etc/prometheus/tests/kitchen.yml` selects.
    fn selected(pattern: &str) -> Result<Vec<&'static str>, String> {
        let test = AssetFile::new(AssetKind::RuleTests, "/etc/prometheus/tests/kitchen.yml", "");
        let paths =
            ["/etc/prometheus/rules/kitchen.yml", "/etc/prometheus/rules/cellar.yml", "/etc/prometheus/tests/own.yml"];
        let files = paths.map(|path| AssetFile::new(AssetKind::Rules, path, ""));
        let selected = select(&test, pattern, &files)?;
        Ok(paths.into_iter().filter(|path| selected.contains(path)).collect())
    }

    #[test]
    fn rule_files_are_found_as_promtool_finds_them() {
        let [kitchen, cellar, own] =
            ["/etc/prometheus/rules/kitchen.yml", "/etc/prometheus/rules/cellar.yml", "/etc/prometheus/tests/own.yml"];
        assert_eq!(selected("../rules/kitchen.yml"), Ok(vec![kitchen]));
        assert_eq!(selected("./../tests/../rules/kitchen.yml"), Ok(vec![kitchen]));
        assert_eq!(selected("/etc/prometheus/rules/kitchen.yml"), Ok(vec![kitchen]));
        assert_eq!(selected("own.yml"), Ok(vec![own]));
        assert_eq!(selected("../rules/*.yml"), Ok(vec![kitchen, cellar]));
        assert_eq!(selected("../*/[kc]*.yml"), Ok(vec![kitchen, cellar]));
        assert_eq!(selected("/etc/*/*/*.yml"), Ok(vec![kitchen, cellar, own]));
    }

    #[test]
    fn a_pattern_that_selects_nothing_is_an_error() {
        for pattern in
            ["kitchen.yml", "../rules/Kitchen.yml", "../*.yml", "rules/kitchen.yml", "../../rules/kitchen.yml"]
        {
            assert!(selected(pattern).unwrap_err().contains("has this path"), "{pattern}");
        }
        assert!(selected("../rules/[").unwrap_err().contains("cannot read this pattern"));
    }
}
