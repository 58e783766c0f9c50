//! The files for native histograms: rules, tests and dashboards that read them, alone or beside classic buckets.

use std::collections::BTreeSet;

use mme_metrics::asset::{AssetFile, AssetHistograms, AssetKind, AssetOptions, FILES, lint};
use mme_metrics::catalog::{self, FAMILIES};
use mme_metrics::metric::Kind;
use mme_metrics_tests::prometheus::major_version;
use mme_metrics_tests::promtool;
use promql_parser::parser;
use serde_json::Value;
use tempfile::TempDir;

const FORMS: [AssetHistograms; 2] = [AssetHistograms::Native, AssetHistograms::Both];

/// The tests of classic buckets that are run by every promtool: those of quantiles.
const TESTED: [&str; 6] =
    ["/http.yml", "/grpc.yml", "/database.yml", "/security.yml", "/function.yml", "/business.yml"];

fn options(form: AssetHistograms) -> AssetOptions {
    AssetOptions::new().histograms(form)
}

fn rendered(form: AssetHistograms) -> Vec<AssetFile> {
    options(form).render(FILES).expect("every bundled file can be rendered")
}

fn written(form: AssetHistograms) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    options(form).write_to(dir.path()).expect("a directory that can be written");
    dir
}

/// Lists the rendered files of a kind that differ from the bundled ones.
fn changed(form: AssetHistograms, kind: AssetKind) -> Vec<String> {
    let rendered = rendered(form);
    let changed = rendered.iter().filter(|file| file.kind() == kind && !FILES.contains(file));
    changed.map(|file| file.path().to_owned()).collect()
}

fn texts(paths: &[String]) -> Vec<&str> {
    paths.iter().map(String::as_str).collect()
}

fn is_histogram(name: &str) -> bool {
    FAMILIES.iter().flat_map(|family| family.specs()).any(|spec| spec.kind == Kind::Histogram && spec.name == name)
}

/// Returns whether promtool reads the notation of native histograms.
fn has_notation() -> bool {
    major_version() >= 3
}

#[test]
fn classic_is_what_is_bundled() {
    assert_eq!(rendered(AssetHistograms::Classic), FILES);
}

#[test]
fn every_prometheus_loads_the_rules() {
    for form in FORMS {
        let (dir, rules) = (written(form), changed(form, AssetKind::Rules));
        assert!(rules.len() > 10, "{rules:?}");
        promtool::accepts(dir.path(), &[&["check", "rules"], &texts(&rules)[..]].concat());
    }
}

#[test]
fn rendered_files_name_only_what_exists_and_every_rule_has_its_tests() {
    for form in FORMS {
        let rendered = rendered(form);
        let unknown = mme_metrics::asset::check(catalog::FAMILIES, &rendered);
        let found: Vec<_> = unknown.iter().chain(&lint(&rendered)).map(ToString::to_string).collect();
        assert!(found.is_empty(), "{}:\n{}", form.as_str(), found.join("\n"));
    }
}

#[test]
fn native_rules_give_what_their_tests_expect() {
    if has_notation() {
        let (dir, tests) = (written(AssetHistograms::Native), changed(AssetHistograms::Native, AssetKind::RuleTests));
        assert!(tests.len() > 5, "{tests:?}");
        promtool::accepts(dir.path(), &[&["test", "rules"], &texts(&tests)[..]].concat());
    }
}

#[test]
fn rules_that_read_both_give_what_the_tests_of_either_form_expect() {
    let (form, dir) = (AssetHistograms::Both, written(AssetHistograms::Both));
    let changed = changed(form, AssetKind::RuleTests);
    // The bundled tests of the same files, which have classic buckets.
    let classic = changed.iter().map(|path| path.replace("_native", ""));
    let classic: Vec<_> = classic.filter(|path| FILES.iter().any(|file| file.path() == path)).collect();
    assert!(classic.len() > 5, "{changed:?}");
    // An old promtool takes long for those that go over hours and days.
    let is_tested = |test: &String| has_notation() || TESTED.iter().any(|name| test.ends_with(name));
    let classic: Vec<_> = classic.into_iter().filter(is_tested).collect();
    assert!(classic.len() >= TESTED.len(), "{classic:?}");
    promtool::accepts(dir.path(), &[&["test", "rules"], &texts(&classic)[..]].concat());
    if has_notation() {
        promtool::accepts(dir.path(), &[&["test", "rules"], &texts(&changed)[..]].concat());
    }
}

/// Lists the series that the rules, panels and runbooks of a form read.
fn read(form: AssetHistograms) -> BTreeSet<String> {
    let uses = mme_metrics::asset::AssetCheck::new(FAMILIES).uses(&rendered(form));
    uses.into_iter().map(|used| used.series).collect()
}

#[test]
fn native_files_read_no_classic_buckets_and_both_read_the_same_of_each() {
    let (classic, native, both) =
        (read(AssetHistograms::Classic), read(AssetHistograms::Native), read(AssetHistograms::Both));
    let stem = |series: &str| {
        let stems = ["_bucket", "_count", "_sum"].iter().find_map(|suffix| series.strip_suffix(suffix));
        stems.filter(|stem| is_histogram(stem)).map(str::to_owned)
    };
    // A runbook reads these by a pattern of names.
    let by_name = |series: &&String| stem(series).is_some_and(|stem| stem != "mme_isolation_check_duration_seconds");
    assert_eq!(native.iter().filter(by_name).collect::<Vec<_>>(), <[&String; 0]>::default());
    let stems: BTreeSet<_> = classic.iter().filter_map(|series| stem(series)).collect();
    assert!(stems.len() > 20, "{stems:?}");
    assert_eq!(native.iter().filter(|series| is_histogram(series)).cloned().collect::<BTreeSet<_>>(), stems);
    assert_eq!(both, &classic | &native);
    assert!(native.contains("traefik_service_request_duration_seconds_bucket"), "exporters stay as they are");
}

#[test]
fn panels_keep_their_exemplars_and_lead_to_the_trace() {
    for form in [AssetHistograms::Classic, AssetHistograms::Native, AssetHistograms::Both] {
        let mut judged = 0;
        for file in rendered(form).iter().filter(|file| file.kind() == AssetKind::Dashboard) {
            let dashboard: Value = serde_json::from_str(file.text()).expect("a dashboard");
            for panel in dashboard["panels"].as_array().expect("panels") {
                let targets = || panel["targets"].as_array().into_iter().flatten();
                let quantile =
                    |target: &&Value| target["expr"].as_str().is_some_and(|text| text.contains("histogram_quantile"));
                for target in targets().filter(quantile).filter(|target| target["range"] == true) {
                    assert_eq!(target["exemplar"], true, "{}: {}", file.path(), panel["title"]);
                    let links = panel["fieldConfig"]["overrides"].to_string();
                    assert!(links.contains("trace_id") && links.contains("${traces}"), "{}: {links}", panel["title"]);
                    judged += 1;
                }
            }
            let variables = dashboard["templating"]["list"].to_string();
            assert!(!file.text().contains("${traces}") || variables.contains("\"name\":\"traces\""), "{}", file.path());
        }
        assert!(judged > 40, "{judged} of {}", form.as_str());
    }
}

#[test]
fn a_query_of_a_panel_keeps_its_variables() {
    let native = rendered(AssetHistograms::Native);
    let found =
        |text: &str| native.iter().any(|file| file.kind() == AssetKind::Dashboard && file.text().contains(text));
    assert!(found(
        "histogram_quantile(0.5, sum by ($split) (rate(http_server_request_duration_seconds{http_route=~\\\"$route\\\",instance=~\\\"$instance\\\",job=~\\\"$job\\\"}[$__rate_interval])))"
    ));
    assert!(found("label_values(http_server_request_duration_seconds{"));
    for file in native.iter().filter(|file| file.kind() == AssetKind::Dashboard) {
        assert!(!file.text().contains("__grafana_variable_"), "{}", file.path());
    }
}

#[test]
fn a_heat_map_and_rules_of_ones_own_have_native_forms() {
    let rules = "groups:\n- name: mine\n  rules:\n  - record: job_le:oven_heat_seconds_bucket:rate5m\n    expr: sum by (job, le) (rate(oven_heat_seconds_bucket[5m]))\n  - {alert: Hot, expr: 'histogram_quantile(0.9, job_le:oven_heat_seconds_bucket:rate5m) > 1'}\n";
    let heat = serde_json::json!({"panels": [{"targets": [{"expr": "sum by (le) (rate(oven_heat_seconds_bucket[$__rate_interval]))"}]}]});
    let files = [
        AssetFile::new(AssetKind::Rules, "mine.yml", rules),
        AssetFile::new(AssetKind::Dashboard, "mine.json", heat.to_string()),
    ];
    let of = |form| options(form).render(&files).expect("files");
    let native = of(AssetHistograms::Native);
    let expected = "groups:\n- name: mine\n  rules:\n  - record: job:oven_heat_seconds:rate5m\n    expr: 'sum by (job) (rate(oven_heat_seconds[5m]))'\n  - {alert: Hot, expr: 'histogram_quantile(0.9, job:oven_heat_seconds:rate5m) > 1'}\n";
    assert_eq!(native[0].text(), expected);
    assert!(native[1].text().contains("sum(rate(oven_heat_seconds[$__rate_interval]))"), "{}", native[1].text());
    let both = of(AssetHistograms::Both);
    assert!(both[0].text().starts_with("groups:\n- name: mine\n  rules:\n  - record: job:oven_heat_seconds:rate5m\n    expr: |\n      sum by (job) (rate(oven_heat_seconds[5m]))\n  - record: job_le:oven_heat_seconds_bucket:rate5m\n"), "{}", both[0].text());
    assert!(both[0].text().contains("( histogram_quantile(0.9, job:oven_heat_seconds:rate5m) > -Inf or histogram_quantile(0.9, job_le:oven_heat_seconds_bucket:rate5m) ) > 1"), "{}", both[0].text());
    assert!(both[1].text().contains("or ignoring (le)"), "{}", both[1].text());
    for file in [&native[0], &both[0]] {
        let document: Value = serde_saphyr::from_str(file.text()).expect("rules");
        for rule in document["groups"][0]["rules"].as_array().expect("rules") {
            assert!(parser::parse(rule["expr"].as_str().expect("an expression")).is_ok(), "{rule}");
        }
    }
}

#[test]
fn an_expression_without_a_native_form_is_refused_by_name() {
    let rules = "groups:\n- name: mine\n  rules:\n  - {alert: Hot, expr: 'max(http_server_request_duration_seconds_bucket) > 1'}\n";
    let file = AssetFile::new(AssetKind::Rules, "mine.yml", rules);
    let error = options(AssetHistograms::Native).render(&[file]).expect_err("buckets without a bound");
    let text = error.to_string();
    assert!(text.contains("mine.yml") && text.contains("alert Hot") && text.contains("without its bounds"), "{text}");
}

/// A service of which one replica has moved and one has not; one replica has both forms. 60 requests a minute each: of the moved ones
/// half take up to 1 s and half up to 2 s, of the others all up to 0.25 s.
const PARTLY_MOVED: &str = r#"
rule_files: [prometheus/rules/http.yml]
evaluation_interval: 1m
group_eval_order: [mme_http_server, mme_http_thresholds, mme_http_baseline, mme_http_client]
tests:
  - interval: 1m
    input_series:
      - {series: 'http_server_request_duration_seconds{job="api",instance="native",http_route="/",http_response_status_code="200"}', values: '{{schema:0 count:0 sum:0 buckets:[0 0]}}+{{schema:0 count:60 sum:60 buckets:[30 30]}}x60'}
      - {series: 'http_server_request_duration_seconds_count{job="api",instance="classic",http_route="/",http_response_status_code="200"}', values: '0+60x60'}
      - {series: 'http_server_request_duration_seconds_bucket{job="api",instance="classic",http_route="/",http_response_status_code="200",le="0.25"}', values: '0+60x60'}
      - {series: 'http_server_request_duration_seconds_bucket{job="api",instance="classic",http_route="/",http_response_status_code="200",le="+Inf"}', values: '0+60x60'}
      - {series: 'http_server_request_duration_seconds{job="api",instance="both",http_route="/",http_response_status_code="200"}', values: '{{schema:0 count:0 sum:0 buckets:[0 0]}}+{{schema:0 count:60 sum:60 buckets:[30 30]}}x60'}
      - {series: 'http_server_request_duration_seconds_count{job="api",instance="both",http_route="/",http_response_status_code="200"}', values: '0+60x60'}
      - {series: 'http_server_request_duration_seconds_bucket{job="api",instance="both",http_route="/",http_response_status_code="200",le="2.5"}', values: '0+60x60'}
      - {series: 'http_server_request_duration_seconds_bucket{job="api",instance="both",http_route="/",http_response_status_code="200",le="+Inf"}', values: '0+60x60'}
      # Native, but nobody asks it: the classic replica of the same route has the quantile.
      - {series: 'http_server_request_duration_seconds{job="idle",instance="native",http_route="/",http_response_status_code="200"}', values: '{{schema:0 count:7 sum:7 buckets:[7]}}x60'}
      - {series: 'http_server_request_duration_seconds_count{job="idle",instance="classic",http_route="/",http_response_status_code="200"}', values: '0+60x60'}
      - {series: 'http_server_request_duration_seconds_bucket{job="idle",instance="classic",http_route="/",http_response_status_code="200",le="0.5"}', values: '0+60x60'}
      - {series: 'http_server_request_duration_seconds_bucket{job="idle",instance="classic",http_route="/",http_response_status_code="200",le="+Inf"}', values: '0+60x60'}
    promql_expr_test:
      - expr: job:http_server_requests:rate5m
        eval_time: 30m
        exp_samples:
          - {labels: 'job:http_server_requests:rate5m{job="api"}', value: 3}
          - {labels: 'job:http_server_requests:rate5m{job="idle"}', value: 1}
      # Half of the observations are at most 1 s, and the 95th percentile is nine tenths of the way from 1 s to 2 s, on a scale of powers.
      - expr: round(job_http_route:http_server_request_duration_seconds:p50_5m, 0.001)
        eval_time: 30m
        exp_samples:
          - {labels: '{job="api",http_route="/"}', value: 1}
          - {labels: '{job="idle",http_route="/"}', value: 0.25}
      - expr: round(job_http_route:http_server_request_duration_seconds:p95_5m, 0.001)
        eval_time: 30m
        exp_samples:
          - {labels: '{job="api",http_route="/"}', value: 1.866}
          - {labels: '{job="idle",http_route="/"}', value: 0.475}
"#;

#[test]
fn a_service_that_has_moved_in_part_is_counted_once() {
    if has_notation() {
        let dir = written(AssetHistograms::Both);
        std::fs::write(dir.path().join("partly.yml"), PARTLY_MOVED).expect("a file");
        promtool::accepts(dir.path(), &["test", "rules", "partly.yml"]);
    }
}
