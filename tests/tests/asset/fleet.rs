//! Rules, tests and dashboards that keep the clusters of a fleet apart.

use mme_metrics::asset::{AssetCheck, AssetFile, AssetKind, AssetOptions, FILES};
use mme_metrics::catalog;
use mme_metrics_tests::promtool;
use mme_metrics_tests::rules::Rules;
use serde_json::Value;
use tempfile::TempDir;

const LABELS: [&str; 3] = ["region", "cluster", "namespace"];

fn options() -> AssetOptions {
    LABELS.into_iter().fold(AssetOptions::new(), AssetOptions::group_by)
}

fn check() -> AssetCheck {
    LABELS.into_iter().fold(AssetCheck::new(catalog::FAMILIES), AssetCheck::target_label)
}

fn rendered() -> Vec<AssetFile> {
    options().render(FILES).expect("every bundled file can be rendered")
}

fn written() -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    options().write_to(dir.path()).expect("a directory that can be written");
    dir
}

fn paths(kind: AssetKind) -> Vec<&'static str> {
    FILES.iter().filter(|file| file.kind() == kind).map(AssetFile::path).collect()
}

/// Lists the opt-in rules of older names that are tests, or those that are not.
fn optional(are_tests: bool) -> Vec<&'static str> {
    let optional = FILES.iter().map(AssetFile::path).filter(|path| path.starts_with("prometheus/compat/"));
    optional.filter(|path| path.ends_with("_test.yml") == are_tests).collect()
}

#[test]
fn without_a_label_files_stay_as_they_are() {
    assert_eq!(AssetOptions::new().render(FILES).expect("files"), FILES);
}

#[test]
fn prometheus_loads_every_rendered_rule() {
    promtool::accepts(
        written().path(),
        &[&["check", "rules"], &paths(AssetKind::Rules)[..], &optional(false)].concat(),
    );
}

#[test]
fn rendered_rules_give_what_rendered_tests_expect() {
    promtool::accepts(
        written().path(),
        &[&["test", "rules"], &paths(AssetKind::RuleTests)[..], &optional(true)].concat(),
    );
}

#[test]
fn rendered_files_name_only_what_exists() {
    let found = check().run(&rendered());
    assert!(found.is_empty(), "{}", found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn rendered_rules_of_older_names_read_only_what_exists_and_keep_regions_apart() {
    let check = check();
    let rendered = rendered();
    for path in optional(false) {
        let file = rendered.iter().find(|file| file.path() == path).expect("a rendered file");
        assert_eq!(file.kind(), AssetKind::Configuration, "no configuration loads it by itself");
        assert!(file.text().contains("region, cluster, namespace, job"), "{path}: {}", file.text());
        let rules = rendered.iter().filter(|file| file.kind() == AssetKind::Rules).cloned();
        let opted_in = AssetFile::new(AssetKind::Rules, path, file.text().to_owned());
        let found = check.run(&rules.chain([opted_in]).collect::<Vec<_>>());
        assert!(found.is_empty(), "{found:#?}");
    }
    let names = rendered.iter().find(|file| file.path() == "prometheus/compat/names.yml").expect("a rendered file");
    assert!(names.text().contains("(region={{ $labels.region }}, cluster={{ $labels.cluster }}"), "{}", names.text());
}

#[test]
fn comments_and_layout_of_rules_are_kept() {
    for (before, after) in FILES.iter().zip(rendered()).filter(|(file, _)| file.kind() == AssetKind::Rules) {
        let comments = |file: &AssetFile| {
            let lines = file.text().lines().map(str::trim).filter(|line| line.starts_with('#'));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(comments(before), comments(&after), "{}", before.path());
        assert_eq!(before.text().matches("- record: ").count(), after.text().matches("- record: ").count());
    }
}

#[test]
fn a_label_that_is_no_label_is_refused() {
    let error = AssetOptions::new().group_by("k8s-cluster").render(FILES).expect_err("a dash is in no label");
    assert!(error.to_string().contains("k8s-cluster"), "{error}");
}

/// Two regions with a job of one name, three replicas each; in `eu` every request of one replica fails.
const CLUSTERS: &str = r#"
rule_files: [prometheus/rules/http.yml, prometheus/alerts/http.yml]
evaluation_interval: 1m
group_eval_order: ORDER
tests:
  - interval: 1m
    input_series:
      - {series: 'http_server_request_duration_seconds_count{region="eu",namespace="n",job="api",instance="a",http_route="/x",http_response_status_code="500",error_type="500"}', values: '0+60x60'}
      - {series: 'http_server_request_duration_seconds_count{region="eu",namespace="n",job="api",instance="b",http_route="/x",http_response_status_code="200"}', values: '0+60x60'}
      - {series: 'http_server_request_duration_seconds_count{region="eu",namespace="n",job="api",instance="c",http_route="/x",http_response_status_code="200"}', values: '0+60x60'}
      - {series: 'http_server_request_duration_seconds_count{region="us",namespace="n",job="api",instance="a",http_route="/x",http_response_status_code="200"}', values: '0+60000x60'}
      - {series: 'http_server_request_duration_seconds_count{region="us",namespace="n",job="api",instance="b",http_route="/x",http_response_status_code="200"}', values: '0+60000x60'}
      - {series: 'http_server_request_duration_seconds_count{region="us",namespace="n",job="api",instance="c",http_route="/x",http_response_status_code="200"}', values: '0+60000x60'}
    promql_expr_test:
      - expr: job:http_server_request_errors_per_request:ratio_rate5m * 3
        eval_time: 30m
        exp_samples:
          - {labels: '{region="eu",namespace="n",job="api"}', value: 1}
          - {labels: '{region="us",namespace="n",job="api"}', value: 0}
      - expr: count by (region) (ALERTS{alertname="MmeHttpErrorRateCritical",alertstate="firing"})
        eval_time: 30m
        exp_samples: [{labels: '{region="eu"}', value: 1}]
"#;

#[test]
fn a_failing_region_is_not_hidden_by_a_healthy_one_of_the_same_job() {
    let dir = written();
    let test = CLUSTERS.replace("ORDER", &format!("[{}]", Rules::read().groups.join(", ")));
    std::fs::write(dir.path().join("clusters.yml"), test).expect("a file");
    promtool::accepts(dir.path(), &["test", "rules", "clusters.yml"]);
}

#[test]
fn every_panel_selects_by_the_labels_and_a_dashboard_offers_them_before_the_job() {
    for file in rendered().iter().filter(|file| file.kind() == AssetKind::Dashboard) {
        let dashboard: Value = serde_json::from_str(file.text()).expect("a dashboard");
        let variables = dashboard["templating"]["list"].as_array().expect("variables");
        let names: Vec<_> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
        assert!(names.starts_with(&["datasource", "region", "cluster", "namespace", "job"]), "{names:?}");
        let text = |name: &str| {
            let found = variables.iter().find(|variable| variable["name"] == name).expect("a variable");
            found["query"]["query"].as_str().unwrap_or_default().to_owned()
        };
        assert!(!text("cluster").contains("$cluster") && text("namespace").contains("cluster=~\"$cluster\""));
        assert!(text("job").contains("namespace=~\"$namespace\""), "{}", text("job"));
        for panel in dashboard["panels"].as_array().expect("panels") {
            for expression in panel["targets"].as_array().into_iter().flatten().filter_map(|t| t["expr"].as_str()) {
                for label in LABELS {
                    assert!(expression.contains(&format!("{label}=~\"${label}\"")), "{}: {expression}", file.path());
                }
            }
        }
    }
}

#[test]
fn rules_of_ones_own_are_rendered_with_a_record_of_no_target() {
    let rules = "# Mine.\ngroups:\n- name: mine\n  rules:\n  - record: a:limit:value\n    expr: vector(3) # three\n  - {alert: Many, expr: 'sum(up) > a:limit:value', annotations: {description: 'Too many.'}}\n";
    let file = AssetFile::new(AssetKind::Rules, "mine.yml", rules);
    let rendered = options().render(&[file]).expect("rules");
    let expected = "# Mine.\ngroups:\n- name: mine\n  rules:\n  - record: a:limit:value\n    expr: vector(3) # three\n  - {alert: Many, expr: 'sum by (region, cluster, namespace) (up) > ignoring (region, cluster, namespace) group_left () a:limit:value', annotations: {description: 'Too many. (region={{ $labels.region }}, cluster={{ $labels.cluster }}, namespace={{ $labels.namespace }})'}}\n";
    assert_eq!(rendered[0].text(), expected);
}

#[test]
fn prometheus_loads_the_configurations_of_a_fleet() {
    let dir = written();
    for file in ["fleet.yml", "federation.yml"] {
        promtool::accepts(&dir.path().join("prometheus"), &["check", "config", "--syntax-only", file]);
    }
}

#[test]
fn federation_has_no_more_records_than_its_cost_says() {
    let text = FILES.iter().find(|file| file.path() == "prometheus/federation.yml").expect("a bundled file").text();
    assert!(text.contains("most 40 such records") && text.contains("{__name__=~\"job:[^:]+:[^:]+\"}"));
    let rules = FILES.iter().filter(|file| file.kind() == AssetKind::Rules);
    let records = rules.map(|file| file.text().matches("record: job:").count()).sum::<usize>();
    assert!((1..=40).contains(&records), "{records} records at level job");
}
