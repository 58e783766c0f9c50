//! The files for services that push: rules, tests and dashboards that need no `up`.

use mme_metrics::asset::{AssetFile, AssetKind, AssetLayout, AssetOptions, FILES, lint};
use mme_metrics::catalog;
use mme_metrics_tests::prometheus::major_version;
use mme_metrics_tests::promtool;
use tempfile::TempDir;

/// The record that is read in place of `up`.
const ALIVE: &str = "job_instance:up:with_pushed";

/// The tests that are run by every promtool: those of first values, and of instances that stop.
const TESTED: [&str; 5] = ["/pushed.yml", "/http.yml", "/grpc.yml", "/security.yml", "/process.yml"];

fn options() -> AssetOptions {
    AssetOptions::new().pushed(true)
}

fn rendered() -> Vec<AssetFile> {
    options().render(FILES).expect("every bundled file can be rendered")
}

fn written(options: &AssetOptions) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    options.write_to(dir.path()).expect("a directory that can be written");
    dir
}

fn find<'f>(files: &'f [AssetFile], path: &str) -> &'f AssetFile {
    files.iter().find(|file| file.path() == path).unwrap_or_else(|| panic!("{path} is missing"))
}

/// Lists the rendered files of a kind that differ from the bundled ones.
fn changed(kind: AssetKind) -> Vec<String> {
    let rendered = rendered();
    let changed = rendered.iter().filter(|file| file.kind() == kind && !FILES.contains(file));
    changed.map(|file| file.path().to_owned()).collect()
}

fn texts(paths: &[String]) -> Vec<&str> {
    paths.iter().map(String::as_str).collect()
}

#[test]
fn rendered_rules_load_and_give_what_rendered_tests_expect() {
    let (dir, rules, tests) = (written(&options()), changed(AssetKind::Rules), changed(AssetKind::RuleTests));
    assert!(rules.len() > 10 && tests.len() > 10, "{rules:?} {tests:?}");
    promtool::accepts(dir.path(), &[&["check", "rules"], &texts(&rules)[..]].concat());
    // An old promtool takes minutes for those that go over days.
    let is_tested = |test: &&str| major_version() >= 3 || TESTED.iter().any(|name| test.ends_with(name));
    let tests: Vec<_> = texts(&tests).into_iter().filter(is_tested).collect();
    assert!(tests.len() >= TESTED.len(), "{tests:?}");
    promtool::accepts(dir.path(), &[&["test", "rules"], &tests[..]].concat());
}

#[test]
fn rendered_files_name_only_what_exists_and_every_rule_still_has_its_tests() {
    let rendered = rendered();
    let unknown = mme_metrics::asset::check(catalog::FAMILIES, &rendered);
    let poor = lint(&rendered);
    let found: Vec<_> = unknown.iter().chain(&poor).map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn rules_and_panels_read_the_record_and_nothing_else_changes() {
    let rendered = rendered();
    for before in FILES {
        let is_test = before.kind() == AssetKind::RuleTests || before.path().ends_with("_test.yml");
        if is_test || before.path().ends_with("/process.yml") {
            continue;
        }
        let after = find(&rendered, before.path());
        let undone = after.text().replace(ALIVE, "up");
        let (mut old, mut new) = (before.text().lines(), undone.lines());
        let differ = |text: &str| !text.contains("answers scrapes or sends metrics");
        assert!(old.by_ref().zip(new.by_ref()).all(|(old, new)| old == new || !differ(new)), "{}", before.path());
        assert_eq!(before.text().lines().count(), undone.lines().count(), "{}", before.path());
    }
    let alerts = find(&rendered, "prometheus/alerts/process.yml");
    assert!(alerts.text().contains(&format!("max by (cluster, namespace, job) ({ALIVE}) == 0")), "{}", alerts.text());
    assert!(!alerts.text().contains("(up)"), "{}", alerts.text());
}

#[test]
fn a_test_of_a_failing_target_is_left_out_and_one_of_a_living_one_pushes() {
    let rendered = rendered();
    let process = find(&rendered, "prometheus/tests/process.yml").text();
    assert!(!process.contains("targets that do not answer") && process.contains("- name: health"), "{process}");
    let week = find(&rendered, "prometheus/tests/business_week.yml").text();
    assert!(week.contains("name: a week"), "nothing in it judges a target: {week}");
    let http = find(&rendered, "prometheus/tests/http.yml").text();
    assert!(
        http.contains("process_start_time_seconds{job=\"api\",instance=\"a\"}'\n        values: '-9999999x30'"),
        "{http}"
    );
    for file in rendered.iter().filter(|file| file.kind() == AssetKind::RuleTests) {
        let scraped = file.text().lines().filter(|line| line.contains("series: up{") || line.contains("series: 'up{"));
        let own = file.path() == "prometheus/tests/pushed.yml" || FILES.contains(file);
        assert!(own || scraped.count() == 0, "{}", file.path());
    }
}

#[test]
fn the_record_keeps_grouping_labels_and_narrowed_services() {
    let options = options().group_by("region").services("shop-.*");
    let files = options.render(FILES).expect("every bundled file can be rendered");
    let alerts = find(&files, "prometheus/alerts/process.yml").text();
    assert!(
        alerts.contains(&format!("max by (region, cluster, namespace, job) ({ALIVE}{{job=~\"shop-.*\"}})")),
        "{alerts}"
    );
    let dir = written(&options);
    promtool::accepts(dir.path(), &["check", "rules", "prometheus/rules/process.yml", "prometheus/alerts/process.yml"]);
    // The tests state what the alerts were.
    assert!(!files.iter().any(|file| file.path() == "prometheus/tests/pushed.yml"));
    let dir = written(&AssetOptions::new().pushed(true).group_by("region"));
    promtool::accepts(dir.path(), &["test", "rules", "prometheus/tests/process.yml", "prometheus/tests/http.yml"]);
}

#[test]
fn each_layout_has_the_record_once() {
    for layout in AssetLayout::ALL {
        let files = options().layout(*layout).render(FILES).expect("every bundled file can be rendered");
        let count =
            files.iter().map(|file| file.text().matches(&format!("- record: {ALIVE}\n")).count()).sum::<usize>();
        assert_eq!(count, 1, "{}", layout.as_str());
    }
}

#[test]
fn rules_of_ones_own_read_the_record_too() {
    let rules =
        "groups:\n- name: mine\n  rules:\n  - {alert: Down, expr: 'up{job=\"a\"} == 0 # no up', labels: {up: up}}\n";
    let files = options().render(&[AssetFile::new(AssetKind::Rules, "mine.yml", rules)]).expect("rules");
    assert_eq!(find(&files, "mine.yml").text(), rules.replace("'up{", &format!("'{ALIVE}{{")));
    assert!(find(&files, "prometheus/rules/process.yml").text().contains(&format!("- record: {ALIVE}\n")));
}
