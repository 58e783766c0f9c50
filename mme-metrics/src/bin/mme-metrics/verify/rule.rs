//! Checks that the bundled rules are loaded, and that every rule is healthy.

use std::collections::{BTreeMap, BTreeSet};

use mme_metrics::asset::{AssetKind, FILES};

use super::check::State;
use crate::prometheus::Prometheus;

pub(super) fn check(prometheus: &Prometheus, without: &[String]) -> Result<State, String> {
    let data = prometheus.data("/api/v1/rules", &[])?;
    let mut problems = Vec::new();
    let mut loaded = BTreeSet::new();
    for group in data["groups"].as_array().into_iter().flatten() {
        let of = group["name"].as_str().unwrap_or_default();
        let mut pending = 0;
        for rule in group["rules"].as_array().into_iter().flatten() {
            let name = rule["name"].as_str().unwrap_or_default();
            loaded.insert(name);
            match rule["health"].as_str() {
                Some("ok") => {}
                Some("unknown") => pending += 1,
                _ => problems.push(format!("{name} in {of} fails: {}", rule["lastError"].as_str().unwrap_or_default())),
            }
        }
        if pending > 0 {
            problems.push(format!("{pending} rules of the group {of} were not evaluated yet: wait for an interval"));
        }
    }
    let bundled = bundled();
    let all: usize = bundled.values().map(Vec::len).sum();
    let groups = bundled.iter().filter(|(group, _)| !without.iter().any(|name| name == *group));
    let missing: Vec<_> = groups
        .filter_map(|(group, rules)| {
            let missing: Vec<_> = rules.iter().copied().filter(|rule| !loaded.contains(rule)).collect();
            (!missing.is_empty()).then_some((*group, missing, rules.len()))
        })
        .collect();
    if missing.iter().map(|(_, rules, _)| rules.len()).sum::<usize>() == all {
        problems.push("no bundled rule is loaded: export the assets, and name them in `rule_files`".to_owned());
    } else {
        problems.extend(missing.iter().map(|(group, rules, of)| {
            let some = rules.iter().take(5).copied().collect::<Vec<_>>().join(", ");
            format!("{} of {of} rules of the group {group} are not loaded: {some}", rules.len())
        }));
    }
    Ok(State::of(problems, format!("{} rules are loaded and healthy", loaded.len())))
}

/// Lists the names of the bundled rules by group, except those that are loaded only in place of others.
fn bundled() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let files = FILES.iter().filter(|file| file.kind() == AssetKind::Rules && !file.path().contains("/gateway/"));
    for file in files {
        let mut group = "";
        for line in file.text().lines() {
            let Some((key, value)) = line.trim_start().strip_prefix("- ").and_then(|item| item.split_once(": ")) else {
                continue;
            };
            match key {
                "name" => group = value.trim(),
                "alert" | "record" => groups.entry(group).or_default().push(value.trim()),
                _ => {}
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_bundled_rule_is_in_a_group() {
        let groups = super::bundled();
        assert!(groups.values().map(Vec::len).sum::<usize>() > 200);
        assert!(groups.keys().all(|group| group.starts_with("mme_")), "{:?}", groups.keys());
        assert!(groups["mme_http_errors_alerts"].contains(&"MmeHttpErrorRateHigh"));
    }
}
