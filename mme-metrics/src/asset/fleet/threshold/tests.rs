use super::*;
use crate::asset::FILES;

/// Returns a bundled file with these thresholds.
fn set_in(path: &str, values: &[(&str, &str)]) -> String {
    let values: Vec<_> = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let files = set(FILES, &values).unwrap();
    files.iter().find(|file| file.path() == path).unwrap().text().to_owned()
}

/// Returns the expression of a rule in a file, on one line.
fn expression(text: &str, name: &str) -> String {
    let rules = rule::parse(text).unwrap().groups.into_iter().flat_map(|group| group.rules);
    let is_named = |rule: &rule::Rule| rule.alert.as_deref() == Some(name) || rule.record.as_deref() == Some(name);
    let rule = rules.into_iter().find(is_named).unwrap();
    promql::parse(rule.expr()).unwrap().to_string()
}

#[test]
fn names_are_unique() {
    let all = thresholds(FILES);
    let names: std::collections::BTreeSet<_> = all.iter().map(|threshold| &threshold.name).collect();
    assert_eq!(names.len(), all.len());
    let high = all.iter().find(|threshold| threshold.name == "MmeHttpErrorRateHigh").unwrap();
    assert_eq!(high.value, "0.005");
    assert_eq!(high.condition, "job_http_route:http_server_request_errors_per_request:ratio_rate5m > 0.005");
}

#[test]
fn only_the_value_and_what_the_alert_says_of_it_change() {
    let file = FILES.iter().find(|file| file.path() == "prometheus/alerts/http.yml").unwrap();
    let text = set_in(file.path(), &[("MmeHttpErrorRateHigh", "0.02"), ("MmeHttpErrorRateHigh.for", "9m")]);
    let changed: Vec<_> = text.lines().filter(|line| !file.text().contains(line)).map(str::trim).collect();
    assert!(changed[0].ends_with("ratio_rate5m > 0.02"), "{changed:#?}");
    assert_eq!(changed[1], "for: '9m'");
    let told = "[threshold MmeHttpErrorRateHigh: 0.02 instead of 0.005, MmeHttpErrorRateHigh.for: 9m instead of 5m]";
    assert!(text.contains(told), "{text}");
    let redis = FILES.iter().find(|file| file.path() == "prometheus/alerts/redis.yml").unwrap();
    assert_eq!(set_in(redis.path(), &[("MmeHttpErrorRateHigh", "0.02")]), redis.text());
}

#[test]
fn a_description_also_says_how_long_an_alert_waits() {
    let text = set_in("prometheus/alerts/http.yml", &[("MmeHttpErrorRateHigh.for", "9m")]);
    assert!(text.contains("[threshold MmeHttpErrorRateHigh.for: 9m instead of 5m]"), "{text}");
    assert_eq!(text.matches("[threshold ").count(), 1);
}

#[test]
fn a_rule_file_that_cannot_be_read_is_refused_without_values_too() {
    let broken = AssetFile::new(AssetKind::Rules, "broken.yml", "groups: [");
    for values in [&[][..], &[("MmeHttpErrorRateHigh".to_owned(), "1".to_owned())]] {
        let files: Vec<_> = FILES.iter().chain([&broken]).cloned().collect();
        assert_eq!(set(&files, values).unwrap_err().0, "broken.yml");
    }
}

#[test]
fn what_is_no_value_is_refused() {
    let set = |name: &str, value: &str| set(FILES, &[(name.to_owned(), value.to_owned())]).unwrap_err().1;
    assert_eq!(set("MmeHttpErorRateHigh", "1"), "unknown threshold: did you mean `MmeHttpErrorRateHigh`?");
    assert_eq!(set("zzz", "1"), "unknown threshold: `mme-metrics assets thresholds` lists them all");
    for hostile in ["", "NaN", "inf", "1 or vector(1)", "0x10", "1\n", "{{ . }}", "１"] {
        assert!(set("MmeHttpErrorRateHigh", hostile).contains("is not a number"), "{hostile:?}");
    }
    for hostile in ["", "5", "-5m", "5m]", "1y'\n", "5 m"] {
        assert!(set("MmeHttpErrorRateHigh.for", hostile).contains("is not a duration"), "{hostile:?}");
    }
}

const LATENCY: &str = "job:http_server_request_duration_limit_seconds:max";

#[test]
fn the_default_limits_are_thresholds_of_their_alerts() {
    let known = limits(&rules_of(FILES));
    let expected = [
        ("job:http_server_request_duration_limit_seconds:max", "0.1"),
        ("job:http_server_requests_limit:max", "100"),
        ("job:rpc_server_call_duration_limit_seconds:max", "0.1"),
    ];
    assert_eq!(known, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let all = thresholds(FILES);
    for (name, value) in [
        ("MmeHttpLatencyHigh", "0.1"),
        ("MmeHttpLatencyHigh.2", "0.2"),
        ("MmeGrpcMethodLatencyHigh", "0.1"),
        ("MmeRequestRateHigh", "100"),
        ("MmeHttpLatencyCritical", "2"),
        ("MmeHttpLatencyCritical.2", "0.33"),
    ] {
        assert!(all.iter().any(|known| known.name == name && known.value == value), "{name} {value}: {all:#?}");
    }
}

#[test]
fn a_default_limit_changes_where_it_is_recorded_and_an_objective_still_replaces_it() {
    let values = [("MmeHttpLatencyHigh", "0.25")];
    let record = expression(&set_in("prometheus/rules/http.yml", &values), LATENCY);
    assert!(
        record.contains("(slo_latency_threshold_seconds) or 0 * job:http_server_requests:rate5m + 0.25"),
        "{record}"
    );
    let alerts = set_in("prometheus/alerts/http.yml", &values);
    assert!(alerts.contains("[threshold MmeHttpLatencyHigh: 0.25 instead of 0.1]"), "{alerts}");
    let grpc = set_in("prometheus/rules/grpc.yml", &[("MmeGrpcMethodLatencyHigh", "0.25")]);
    assert!(grpc.contains("+ 0.25\n"), "{grpc}");
}

#[test]
fn one_route_has_a_threshold_of_its_own_and_the_others_keep_theirs() {
    let export = "{http_route=\"/export\"}";
    let name = format!("MmeHttpErrorRateHigh{export}");
    let text = set_in("prometheus/alerts/http.yml", &[(&name, "0.05"), ("MmeHttpErrorRateHigh", "0.01")]);
    let series = "job_http_route:http_server_request_errors_per_request:ratio_rate5m";
    let expected =
        format!("(({series}{export}) > 0.05 or ({series} unless {series}{export}) > 0.01) and on (cluster, ");
    let found = expression(&text, "MmeHttpErrorRateHigh");
    assert!(found.starts_with(&expected), "{found}");
    let told = format!("[threshold MmeHttpErrorRateHigh: 0.01 instead of 0.005, {name}: 0.05 instead of 0.005]");
    assert!(text.contains(&told), "{text}");
}

#[test]
fn the_last_selector_that_a_series_matches_counts() {
    let values =
        [("MmeHttpLatencyHigh{http_route=~\"/r.*\"}", "1"), ("MmeHttpLatencyHigh{http_route=\"/r/a\",job=\"x\"}", "2")];
    let found = expression(&set_in("prometheus/alerts/http.yml", &values), "MmeHttpLatencyHigh");
    let series = "job_http_route:http_server_request_duration_seconds:p95_5m";
    let (one, two) =
        (format!("{series}{{http_route=~\"/r.*\"}}"), format!("{series}{{http_route=\"/r/a\",job=\"x\"}}"));
    let expected = format!(
        "(({two}) > 2 or ({one} unless {two}) > 1 or ({series} unless {two} unless {one}) > on (cluster, namespace, job) group_left () {LATENCY})"
    );
    assert!(found.starts_with(&expected), "{found}\n{expected}");
}

#[test]
fn a_selector_that_selects_nothing_or_cannot_be_used_is_refused() {
    let refused = |name: &str| set(FILES, &[(name.to_owned(), "1".to_owned())]).unwrap_err().1;
    for (name, message) in [
        ("MmeHttpLatencyHgh{job=\"a\"}", "did you mean `MmeHttpLatencyHigh`?"),
        ("MmeHttpLatencyHigh{route=\"/\"}", "has no label `route`"),
        ("MmeHttpLatencyHigh{http=\"/\"}", "has no label `http`"),
        ("MmeHttpLatencyHigh{instance=\"a\"}", "has no label `instance`"),
        ("MmeHttpLatencyHigh{__name__=\"a\"}", "selects no series"),
        ("MmeHttpLatencyHigh{__address__=\"a\"}", "is not a label to select by"),
        ("MmeHttpLatencyHigh{}", "selects no series"),
        ("MmeHttpLatencyHigh{job=\"a\"", "selects no series"),
        ("MmeHttpLatencyHigh{job=\"a\"} or up{job=\"b\"}", "selects no series"),
        ("MmeHttpLatencyHigh{job=\"a\" or job=\"b\"}", "selects no series"),
        ("MmeHttpLatencyHigh{job=\"{{ . }}\"}", "no `{{`"),
        ("MmeHttpLatencyHigh{job=\"a\nb\"}", "control characters"),
        ("MmeHttpLatencyHigh{job=~\"a)|(b\"}", "closes no group"),
        ("MmeRenderSlow{job=\"a\"}", "one for all series"),
    ] {
        let said = refused(name);
        assert!(said.contains(message), "{name}: {said}");
    }
    let error = set(FILES, &[("MmeRedisDown.for{job=\"a\"}".to_owned(), "1m".to_owned())]).unwrap_err();
    assert!(error.1.contains("equally long"), "{error:?}");
}
