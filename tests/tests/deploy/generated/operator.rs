//! Rules as objects of the Prometheus operator.

use std::collections::BTreeMap;

use super::{KUSTOMIZATION, assert_written, indented, listed};

/// One file of rules as an object.
fn rule(name: &str, text: &str) -> String {
    let start = text.find("groups:\n").expect("a file of rules has groups");
    let (comments, groups) = text.split_at(start);
    assert!(comments.lines().all(|line| line.starts_with('#') || line.is_empty()), "{name} begins with {comments}");
    format!(
        "{comments}apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: mme-{name}\n  \
         namespace: monitoring\n  labels: {{app.kubernetes.io/part-of: mme-metrics, release: kube-prometheus-stack}}\nspec:\n{}",
        indented(groups, 2),
    )
}

#[test]
fn every_file_of_rules_is_an_object() {
    let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for kind in ["rules", "alerts"] {
        for (_, file) in listed("prometheus", &format!("{kind}/")) {
            files.entry(file.stem()).or_default().push(rule(&format!("{}-{kind}", file.stem()), file.text()));
        }
    }
    let mut resources = String::new();
    for (stem, objects) in files {
        let head = "# Written from prometheus/: MME_BLESS=1 cargo test --all-features --test deploy.\n";
        assert_written(&format!("deploy/operator/rules/{stem}.yml"), &format!("{head}{}", objects.join("---\n")));
        resources += &format!("  - {stem}.yml\n");
    }
    assert_written("deploy/operator/rules/kustomization.yml", &format!("{KUSTOMIZATION}resources:\n{resources}"));
}
