//! Series of two Prometheus servers of one cluster in one store: what the rules make of both copies, and of one.

use mme_metrics::asset::AssetOptions;
use mme_metrics_tests::promtool;
use mme_metrics_tests::rules::Rules;
use tempfile::TempDir;

/// 10 requests a second, of which one fails, as both servers have seen them. `REPLICAS` are the labels that tell them apart.
const STORE: &str = r#"
rule_files: [prometheus/rules/http.yml, prometheus/alerts/http.yml]
evaluation_interval: 1m
group_eval_order: ORDER
tests:
  - interval: 1m
    input_series:
SERIES
    promql_expr_test:
      - expr: job:http_server_request_errors_per_request:ratio_rate5m
        eval_time: 30m
        exp_samples: [SHARES]
      - expr: job:http_server_requests:rate5m
        eval_time: 30m
        exp_samples: [RATES]
      - expr: ALERTS{alertname="MmeHttpErrorRateCritical",alertstate="firing"}
        eval_time: 30m
        exp_samples: [ALERTS]
"#;

/// Fills the test in: the labels of each copy, those of each result, and the requests a second of each result.
fn store(copies: &[&str], results: &[&str], rate: u32) -> String {
    let of_each = |labels: &[&str], line: &dyn Fn(&str) -> String, separator: &str| {
        labels.iter().map(|labels| line(labels)).collect::<Vec<_>>().join(separator)
    };
    let series = |labels: &str| {
        let count = |code: &str, error: &str, values: &str| {
            format!(
                "      - {{series: 'http_server_request_duration_seconds_count{{cluster=\"eu-1\",{labels}job=\"api\",\
                 instance=\"a\",http_route=\"/x\",http_response_status_code=\"{code}\",error_type=\"{error}\"}}', \
                 values: '{values}'}}"
            )
        };
        [count("200", "", "0+540x60"), count("500", "500", "0+60x60")].join("\n")
    };
    let sample = |name: &str, labels: &str, value: &str| {
        format!("{{labels: '{name}{{cluster=\"eu-1\",{labels}job=\"api\"}}', value: {value}}}")
    };
    let alert = |labels: &str| {
        format!(
            "{{labels: 'ALERTS{{alertname=\"MmeHttpErrorRateCritical\",alertstate=\"firing\",severity=\"critical\",\
             category=\"availability\",cluster=\"eu-1\",{labels}job=\"api\"}}', value: 1}}"
        )
    };
    let share = |labels: &str| sample("job:http_server_request_errors_per_request:ratio_rate5m", labels, "0.1");
    let requests = |labels: &str| sample("job:http_server_requests:rate5m", labels, &rate.to_string());
    STORE
        .replace("ORDER", &format!("[{}]", Rules::read().groups.join(", ")))
        .replace("SERIES", &of_each(copies, &series, "\n"))
        .replace("[SHARES]", &format!("[{}]", of_each(results, &share, ", ")))
        .replace("[RATES]", &format!("[{}]", of_each(results, &requests, ", ")))
        .replace("[ALERTS]", &format!("[{}]", of_each(results, &alert, ", ")))
}

/// Runs a test on the rules as they are rendered with these grouping labels.
#[track_caller]
fn test(grouping: &[&str], test: &str) {
    let directory = TempDir::new().expect("a temporary directory");
    let options = grouping.iter().fold(AssetOptions::new(), |options, label| options.group_by(*label));
    options.write_to(directory.path()).expect("a directory that can be written");
    std::fs::write(directory.path().join("store.yml"), test).expect("a file");
    promtool::run_in(directory.path(), &["test", "rules", "store.yml"]).unwrap_or_else(|said| panic!("{said}\n{test}"));
}

const BOTH: [&str; 2] = [r#"prometheus_replica="a","#, r#"prometheus_replica="b","#];

#[test]
fn one_copy_of_a_deduplicating_store_is_a_single_server() {
    test(&[], &store(&[""], &[""], 10));
}

#[test]
fn two_copies_leave_shares_right_and_double_rates() {
    test(&[], &store(&BOTH, &[""], 20));
}

#[test]
fn rules_that_keep_the_copies_apart_are_right_for_each() {
    test(&["cluster", "namespace", "prometheus_replica"], &store(&BOTH, &BOTH, 10));
}
