//! Rules and alerts: Prometheus loads them, each fires and stays silent where it should, and all are well written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mme_metrics::asset::{AssetFile, AssetKind, FILES, lint, write_to};
use mme_metrics_tests::promtool;
use tempfile::TempDir;

/// Writes the bundled files as a user would, and returns the directory with Prometheus' part of them.
fn written() -> (TempDir, PathBuf) {
    let dir = TempDir::new().expect("a temporary directory");
    write_to(dir.path()).expect("a directory that can be written");
    let prometheus = dir.path().join("prometheus");
    (dir, prometheus)
}

fn paths(kind: AssetKind) -> Vec<&'static str> {
    let files = FILES.iter().filter(|file| file.kind() == kind);
    // The paths are relative to `prometheus/`, where promtool is run.
    files.map(|file| file.path().trim_start_matches("prometheus/")).collect()
}

#[track_caller]
fn assert_finds(files: &[AssetFile], message: &str) {
    let found: Vec<_> = lint(files).iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|found| found.contains(message)), "{found:#?}");
}

/// Returns an alert that nothing can be said against, with one line replaced.
fn alert(from: &str, to: &str) -> AssetFile {
    let text = "
groups:
- name: kitchen
  rules:
  - alert: KitchenCold
    expr: min by (job) (kitchen_pots) / (max by (job) (kitchen_stoves) > 0) < 1
    labels: {severity: warning, category: business}
    annotations:
      summary: The kitchen is cold.
      description: 'Only {{ $value }} pots are in use.'
      runbook_url: https://example.org/KitchenCold.md";
    assert!(text.contains(from));
    AssetFile::new(AssetKind::Rules, "kitchen.yml", text.replace(from, to))
}

#[test]
fn prometheus_loads_every_rule() {
    let (_dir, prometheus) = written();
    let rules = paths(AssetKind::Rules);
    let output = promtool::accepts(&prometheus, &[&["check", "rules"], &rules[..]].concat());
    assert_eq!(output.matches("SUCCESS").count(), rules.len());
}

#[test]
fn prometheus_loads_the_configuration_with_every_rule() {
    let (_dir, prometheus) = written();
    let output = promtool::accepts(&prometheus, &["check", "config", "prometheus.yml"]);
    // The rules of the gateway are loaded by choice.
    let rules = paths(AssetKind::Rules).into_iter().filter(|path| !path.starts_with("gateway/")).count();
    assert!(output.contains(&format!("{rules} rule files found")), "{output}");
}

#[test]
fn every_alert_fires_and_stays_silent_as_its_tests_say() {
    let (_dir, prometheus) = written();
    promtool::accepts(&prometheus, &[&["test", "rules"], &paths(AssetKind::RuleTests)[..]].concat());
}

#[test]
fn our_own_rules_are_well_written_tested_and_explained() {
    let found = lint(FILES);
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Pages that end with their condition, by its kind. All others judge what can swing around a limit, and keep firing.
const ENDING: [(&str, &[&str]); 4] = [
    (
        "an event: each is news, and a window counts it for minutes",
        &[
            "MmeIsolationBreach",
            "MmeComplianceViolation",
            "MmeAuditWriteFailures",
            "MmeAuthBruteForce",
            "MmeVaultAuditFailures",
            "MmePrometheusRuleFailures",
            "MmePrometheusAlertsDropped",
        ],
    ),
    (
        "a date or an age: time does not swing",
        &[
            "MmeCertificateExpired",
            "MmeCertificateNotYetValid",
            "MmeBackupStale",
            "MmeBackupNeverSucceeded",
            "MmeIsolationCheckStale",
        ],
    ),
    (
        "a setting: it stays until a person changes it",
        &["MmePrometheusReloadFailed", "MmePrometheusNoAlertmanager", "MmeAlertmanagerReloadFailed"],
    ),
    ("another alert, which is kept", &["MmeEscalationLevel2", "MmeEscalationLevel3", "MmeEscalationLevel4"]),
];

#[test]
fn a_page_that_can_swing_around_its_limit_keeps_firing() {
    let mut ending: Vec<_> = ENDING.iter().flat_map(|(_, alerts)| *alerts).copied().collect();
    let files = FILES.iter().filter(|file| file.path().starts_with("prometheus/alerts/"));
    for rule in files.flat_map(|file| file.text().split("      - alert: ").skip(1)) {
        let name = rule.lines().next().expect("an alert has a name");
        let listed = ending.iter().position(|ending| *ending == name);
        let kept = rule.contains("\n        keep_firing_for: ");
        if let Some(listed) = listed {
            ending.remove(listed);
            assert!(!kept, "{name} is listed as one that ends with its condition");
        } else if rule.contains("severity: critical") {
            assert!(
                kept,
                "{name} needs `keep_firing_for`, or a place in the list of those that end with their condition"
            );
        }
    }
    assert!(ending.is_empty(), "no alerts: {ending:?}");
}

#[test]
fn our_own_alerts_each_link_to_a_dashboard() {
    for file in FILES.iter().filter(|file| file.kind() == AssetKind::Rules) {
        let [alerts, links] = ["- alert: ", "dashboard_url: /d/mme-"].map(|part| file.text().matches(part).count());
        assert_eq!(alerts, links, "{}", file.path());
    }
}

#[test]
fn our_own_alerts_carry_our_prefix() {
    for file in FILES.iter().filter(|file| file.kind() == AssetKind::Runbook) {
        assert!(file.stem().starts_with("Mme") || file.stem() == "Watchdog", "{}", file.path());
    }
}

#[test]
fn the_files_of_the_directory_and_the_bundled_files_are_one_set() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mme-metrics/assets");
    let (mut found, mut directories) = (BTreeMap::new(), vec![assets.clone()]);
    while let Some(directory) = directories.pop() {
        for path in directory.read_dir().expect("a directory of assets").map(|entry| entry.expect("an entry").path()) {
            let file = path.file_name().expect("a name").to_string_lossy();
            if path.is_dir() {
                // A stack that was started in this tree writes its passwords there.
                if !["files", "generated", "secrets"].contains(&&*file) {
                    directories.push(path);
                }
            } else if !file.starts_with('.') || file == ".env.example" {
                let name = path.strip_prefix(&assets).expect("it is below").to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).expect("an asset is text"));
            }
        }
    }
    let bundled = FILES.iter().map(|file| (file.path().to_owned(), file.text().to_owned()));
    assert_eq!(bundled.clone().count(), found.len());
    assert!(bundled.collect::<BTreeMap<_, _>>() == found, "a file differs, or is missing on one side");
}

#[test]
fn a_well_written_alert_passes() {
    let found = lint(&[alert("warning", "critical")]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn what_an_alert_lacks_is_found() {
    for (from, to, message) in [
        ("alert: KitchenCold", "alert: kitchen_cold", "CamelCase"),
        ("severity: warning", "severity: high", "`severity` is \"high\": choose one of critical, warning, info"),
        ("category: business", "category: food", "`category` is \"food\""),
        ("The kitchen is cold.", "'{{ $labels.job }} is cold.'", "the same for every series"),
        ("Only {{ $value }} pots", "Few pots", "says nothing of this case"),
        ("KitchenCold.md", "", "end it in `/KitchenCold.md`"),
        ("(max by (job) (kitchen_stoves) > 0)", "max by (job) (kitchen_stoves)", "divide by `(… > 0)`"),
        ("kitchen_pots", "rate(kitchen_pots[30s])", "take at least [1m]"),
        ("kitchen_pots", "kitchen_pots_bucket{le=\"1\"}", "use a bound with a fraction"),
        ("expr: ", "expr: *other\n    labels2: ", "would not load"),
    ] {
        assert_finds(&[alert(from, to)], message);
    }
}

#[test]
fn an_expression_that_is_an_alias_is_found() {
    let text = "
groups:
- name: a
  rules:
  - {record: 'a:b:c', expr: &up up}
  - record: a:b:d
    expr: *up";
    assert_finds(&[AssetFile::new(AssetKind::Rules, "a.yml", text)], "reads as a metric of that name");
}

#[test]
fn large_groups_short_records_and_doubled_names_are_found() {
    let rules = "  - {record: 'a:b', expr: up}\n".repeat(21);
    let large = AssetFile::new(AssetKind::Rules, "large.yml", format!("groups:\n- name: large\n  rules:\n{rules}"));
    assert_finds(std::slice::from_ref(&large), "group large: 21 rules");
    assert_finds(&[large], "`level:metric:operations`");
    assert_finds(&[alert("warning", "info"), alert("warning", "info")], "defines an alert of this name");
}

/// Two rule files of three groups, and a test of them with these lines.
fn kitchen_and_larder(test: &str) -> [AssetFile; 3] {
    [
        AssetFile::new(
            AssetKind::Rules,
            "rules/kitchen.yml",
            "groups: [{name: kitchen, rules: []}, {name: cellar, rules: []}]",
        ),
        AssetFile::new(AssetKind::Rules, "rules/larder.yml", "groups: [{name: larder, rules: []}]"),
        AssetFile::new(AssetKind::RuleTests, "tests/kitchen.yml", format!("tests: []\n{test}")),
    ]
}

#[test]
fn a_rule_test_whose_order_is_left_to_chance_is_found() {
    let random = "promtool evaluates it in random order";
    for (test, message) in [
        ("rule_files: [../rules/kitchen.yml]", "group kitchen: promtool evaluates it in random order"),
        (
            "rule_files: [../rules/kitchen.yml]\ngroup_eval_order: [kitchen]",
            "group cellar: promtool evaluates it in random",
        ),
        ("rule_files: [../rules/*.yml]\ngroup_eval_order: [kitchen, cellar]", "group larder: promtool evaluates it in"),
        ("rule_files: [../rules/larder.yml, ../rules/k*.yml]\ngroup_eval_order: [kitchen, cellar]", random),
        (
            "rule_files: [../rules/larder.yml]\ngroup_eval_order: [kitchen, larder]",
            "group kitchen: `group_eval_order` lists it, but no",
        ),
        ("rule_files: [../rules/larder.yml]\ngroup_eval_order: [larder, larder]", "lists it more than once"),
        ("rule_files: [rules/larder.yml]", "rule_files rules/larder.yml: no rule file among those to be checked"),
    ] {
        assert_finds(&kitchen_and_larder(test), message);
    }
}

#[test]
fn a_rule_test_that_orders_its_groups_or_has_one_passes() {
    for test in [
        "rule_files: [../rules/kitchen.yml]\ngroup_eval_order: [kitchen, cellar]",
        "rule_files: [../rules/*.yml]\ngroup_eval_order: [larder, cellar, kitchen]",
        "rule_files: [../rules/*.yml, ../rules/larder.yml]\ngroup_eval_order: [larder, cellar, kitchen]",
        "rule_files: [../rules/larder.yml]",
        "rule_files: [../rules/larder.yml]\ngroup_eval_order: [larder]",
    ] {
        assert_eq!(lint(&kitchen_and_larder(test)), [], "{test}");
    }
}

#[test]
fn two_groups_of_one_name_are_found() {
    let kitchen = AssetFile::new(AssetKind::Rules, "rules/kitchen.yml", "groups: [{name: kitchen, rules: []}]");
    let cellar = AssetFile::new(AssetKind::Rules, "rules/cellar.yml", "groups: [{name: kitchen, rules: []}]");
    assert_finds(&[kitchen.clone(), cellar], "group kitchen: rules/kitchen.yml has a group of this name, too");
    assert_eq!(lint(&[kitchen]), []);
}

#[test]
fn our_own_rule_tests_would_not_pass_without_their_order() {
    for test in FILES.iter().filter(|file| file.kind() == AssetKind::RuleTests) {
        let unordered = test.text().replace("group_eval_order:", "no_order:");
        let unordered = AssetFile::new(AssetKind::RuleTests, test.path().to_owned(), unordered);
        let files: Vec<_> =
            FILES.iter().filter(|file| file.kind() == AssetKind::Rules).cloned().chain([unordered]).collect();
        let found = lint(&files);
        let random =
            |place: &str| found.iter().any(|found| found.place == place && found.message.contains("random order"));
        let groups = test.text().split_once("group_eval_order:").expect("an order").1.split("tests:").next();
        let groups = groups.expect("groups").split(['[', ']', ',', '-', '\n', ' ']).filter(|name| !name.is_empty());
        let groups: Vec<_> = groups.collect();
        // A single group has no order.
        for name in groups.iter().filter(|_| groups.len() > 1) {
            assert!(random(&format!("group {name}")), "{}: {name}", test.path());
        }
    }
}

#[test]
fn a_link_to_no_dashboard_is_found_once_one_alert_has_one() {
    let dashboard = AssetFile::new(AssetKind::Dashboard, "stove.json", r#"{"uid": "stove", "panels": []}"#);
    let linked = |url: &str| alert("KitchenCold.md", &format!("KitchenCold.md\n      dashboard_url: {url}"));
    for url in ["/d/stove", "/d/stove/the-stove?var-job=a", "https://example.org/stove"] {
        let found = lint(&[linked(url), dashboard.clone()]);
        assert!(found.is_empty(), "{url}: {found:?}");
    }
    // Without dashboards there is nothing to compare with; without a link there is nothing to check.
    assert_eq!(lint(&[linked("/d/oven")]).len(), 0);
    assert_eq!(lint(&[alert("warning", "info"), dashboard.clone()]).len(), 0);
    assert_finds(&[linked("/d/oven"), dashboard.clone()], "no dashboard has this uid");
    assert_finds(&[linked("stove"), dashboard], "begin it with `/d/<uid>`");
    let other = AssetFile::new(
        AssetKind::Rules,
        "other.yml",
        alert("KitchenCold", "KitchenHot").text().replace("name: kitchen", "name: other"),
    );
    assert_finds(&[linked("/d/stove"), other], "no `dashboard_url`, which other alerts have");
}

#[test]
fn a_rule_without_a_test_or_a_runbook_is_found() {
    let tests = "tests: [{alert_rule_test: [{alertname: Other, eval_time: 1m, exp_alerts: []}]}]";
    let tests = AssetFile::new(AssetKind::RuleTests, "kitchen_test.yml", tests);
    assert_finds(&[alert("warning", "info"), tests.clone()], "no test in which it fires");
    assert_finds(&[alert("warning", "info"), tests], "no test in which it does not fire");
    let other = AssetFile::new(AssetKind::Runbook, "runbooks/Other.md", "# Other\n\n## Meaning\n\nIt is cold.\n");
    assert_finds(&[alert("warning", "info"), other.clone()], "write KitchenCold.md");
    assert_finds(&[alert("warning", "info"), other.clone()], "no alert is called Other");
    assert_finds(&[alert("warning", "info"), other], "nothing under `## Impact`");
}

#[test]
fn files_are_not_written_where_a_file_stands() {
    let dir = TempDir::new().expect("a temporary directory");
    let blocked = dir.path().join("blocked");
    std::fs::write(&blocked, "").expect("a file");
    let error = write_to(&blocked).expect_err("a file is no directory");
    assert!(error.to_string().contains("choose a directory"), "{error}");
}
