//! The asset check reads every form that users write, and refuses what no server loads.

use mme_metrics::asset::{AssetCheck, AssetFile, AssetFinding, AssetKind, FindingKind, Severity, lint};

use crate::kitchen::KITCHEN;

fn check() -> AssetCheck {
    AssetCheck::new(&[&KITCHEN])
}

/// A file with one alert on `expression`.
fn alert(expression: &str) -> AssetFile {
    let text = format!("groups:\n- name: kitchen\n  rules:\n  - alert: Kitchen\n    expr: |\n      {expression}\n");
    AssetFile::new(AssetKind::Rules, "kitchen.yml", text)
}

/// A classic dashboard with one panel on `expression`.
fn panel(expression: &str) -> AssetFile {
    let text = serde_json::json!({"panels": [{"title": "Pots", "targets": [{"expr": expression}]}]});
    AssetFile::new(AssetKind::Dashboard, "kitchen.json", text.to_string())
}

/// A classic dashboard with one variable.
fn variable(query: &str) -> AssetFile {
    let text = serde_json::json!({
        "panels": [], "templating": {"list": [{"type": "query", "name": "v", "query": query}]},
    });
    AssetFile::new(AssetKind::Dashboard, "kitchen.json", text.to_string())
}

fn rules(text: &str) -> AssetFile {
    AssetFile::new(AssetKind::Rules, "kitchen.yml", text.to_owned())
}

fn dashboard(text: &str) -> AssetFile {
    AssetFile::new(AssetKind::Dashboard, "kitchen.json", text.to_owned())
}

#[track_caller]
fn assert_passes(file: &AssetFile) {
    let found = check().run(std::slice::from_ref(file));
    assert!(found.is_empty(), "{}\n{found:#?}", file.text());
}

#[track_caller]
fn assert_finds(file: &AssetFile, kind: FindingKind, message: &str) -> AssetFinding {
    let mut found = check().run(std::slice::from_ref(file));
    assert_eq!(found.len(), 1, "{}\n{found:#?}", file.text());
    let finding = found.remove(0);
    assert_eq!(finding.kind, kind, "{finding:?}");
    assert!(finding.message.contains(message), "{finding}");
    assert_eq!(finding.file, file.path());
    finding
}

#[test]
fn a_dashboard_variable_in_a_rule_is_found() {
    for expression in ["kitchen_pots{job=~\"$job\"} > 1", "kitchen_pots{job=~\"a|${job:regex}\"} > 1"] {
        assert_finds(&alert(expression), FindingKind::DashboardVariable, "which Prometheus does not fill in");
    }
    let range = alert("rate(kitchen_dishes_total[$__rate_interval]) > 1");
    let found = assert_finds(&range, FindingKind::DashboardVariable, "`$__rate_interval` is a dashboard variable");
    assert_eq!((found.line, found.place.as_str()), (Some(6), "alert Kitchen"));
}

#[test]
fn dollars_that_are_no_variables_pass_in_a_rule() {
    for expression in [
        "kitchen_pots{job=~\"(a|b)$\"} > 1",
        "kitchen_pots{job=~\"^a$|^b$\"} > 1",
        "label_replace(kitchen_pots, \"a\", \"$1\", \"job\", \"(.+)\") > 1",
        "label_replace(kitchen_pots, \"a\", \"${1}\", \"job\", \"(.+)$\") > 1",
        "kitchen_pots > 1 # more than $5",
    ] {
        assert_passes(&alert(expression));
    }
}

#[test]
fn variables_are_read_wherever_a_dashboard_has_them() {
    for expression in [
        "rate(kitchen_dishes_total[$interval])",
        "rate(kitchen_dishes_total[[[interval]]])",
        "rate(kitchen_dishes_total[${__range_s}s])",
        "rate(kitchen_dishes_total[$__rate_interval] offset $shift)",
        "topk($top, kitchen_pots)",
        "histogram_quantile($q, sum by (le) (rate(kitchen_preparation_seconds_bucket[$__rate_interval])))",
        "kitchen_pots > $limit",
        "kitchen_dishes_total{flavour=~\"[[flavour]]\"}",
        "kitchen_dishes_total{flavour=\"$flavour\"}",
        "kitchen_pots{$filters}",
        "kitchen_pots{job=\"a\",$filters}",
        "sum by ($by) (kitchen_pots)",
        "sum by (job, $by) (kitchen_pots) / sum by (job, $by) (kitchen_variable_lids)",
        "rate($metric[5m])",
        "sum($metric)",
    ] {
        assert_passes(&panel(expression));
    }
}

#[test]
fn a_mistake_beside_a_variable_is_found() {
    for expression in ["topk($top, kitchen_pans)", "kitchen_pans{job=~\"$job\"}", "rate(kitchen_pans[$interval])"] {
        let found = assert_finds(&panel(expression), FindingKind::UnknownMetric, "did you mean `kitchen_pots`?");
        assert_eq!(found.place, "panel \"Pots\"");
    }
    assert_finds(&panel("kitchen_pots{pan=\"$pan\"}"), FindingKind::UnknownLabel, "has no label `pan`");
    assert_finds(&panel("sum by ($by"), FindingKind::InvalidExpression, "not valid PromQL");
}

#[test]
fn a_name_that_holds_the_word_variable_is_checked() {
    assert_passes(&alert("kitchen_variable_lids > 1"));
    assert_finds(&alert("kitchen_variable_lds > 1"), FindingKind::UnknownMetric, "`kitchen_variable_lids`?");
    assert_finds(&alert("kitchen_dishes_total{flavour=\"variable\"} > 1"), FindingKind::ImpossibleValue, "is never");
}

#[test]
fn every_form_of_a_variables_query_is_read() {
    for query in [
        "label_values(job)",
        "label_values(kitchen_pots, job)",
        "label_values(kitchen_pots{job=~\"$job\"}, instance)",
        "query_result(topk(5, kitchen_pots))",
        "label_names()",
        "metrics(kitchen_.*)",
        "kitchen_pots",
        "sum(kitchen_pots)",
    ] {
        assert_passes(&variable(query));
    }
    assert_finds(&variable("label_values(kitchen_pans, job)"), FindingKind::UnknownMetric, "kitchen_pots");
    assert_finds(&variable("label_values(kitchen_pots, tier)"), FindingKind::UnknownLabel, "`tier`");
    assert_finds(&variable("query_result(kitchen_pans)"), FindingKind::UnknownMetric, "kitchen_pots");
}

/// The same panel in each model, with a place for the expression.
const MODELS: [&str; 9] = [
    r#"{"panels": [{"title": "Pots", "targets": [{"expr": "EXPR"}]}]}"#,
    r#"{"panels": [{"type": "row", "panels": [{"title": "Pots", "targets": [{"expr": "EXPR"}]}]}]}"#,
    r#"{"rows": [{"panels": [{"title": "Pots", "targets": [{"expr": "EXPR"}]}]}]}"#,
    r#"{"dashboard": {"panels": [{"title": "Pots", "targets": [{"expr": "EXPR"}]}]}, "meta": {}}"#,
    r#"{"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard",
        "spec": {"panels": [{"title": "Pots", "targets": [{"expr": "EXPR"}]}]}}"#,
    r#"{"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "spec": {"elements": {"panel-1":
        {"kind": "Panel", "spec": {"title": "Pots", "data": {"kind": "QueryGroup", "spec": {"queries": [
        {"kind": "PanelQuery", "spec": {"query": {"kind": "DataQuery", "group": "prometheus", "spec": {"expr": "EXPR"}}}}]}}}}}}}"#,
    r#"{"kind": "DashboardWithAccessInfo", "spec": {"elements": {"panel-1":
        {"kind": "Panel", "spec": {"title": "Pots", "data": {"kind": "QueryGroup", "spec": {"queries": [
        {"kind": "PanelQuery", "spec": {"query": {"kind": "prometheus", "spec": {"expr": "EXPR"}}}}]}}}}}}}"#,
    r#"{"kind": "Dashboard", "metadata": {"name": "k", "project": "p"}, "spec": {"panels": {"pots":
        {"kind": "Panel", "spec": {"display": {"name": "Pots"}, "queries": [{"kind": "TimeSeriesQuery", "spec":
        {"plugin": {"kind": "PrometheusTimeSeriesQuery", "spec": {"query": "EXPR"}}}}]}}}}}"#,
    "kind: Dashboard\nspec:\n  panels:\n    pots:\n      kind: Panel\n      spec:\n        display: {name: Pots}\n        queries:\n        - kind: TimeSeriesQuery\n          spec: {plugin: {kind: PrometheusTimeSeriesQuery, spec: {query: 'EXPR'}}}\n",
];

#[test]
fn panels_of_every_model_are_checked() {
    for model in MODELS {
        assert_passes(&dashboard(&model.replace("EXPR", "sum by (job) (kitchen_pots)")));
        let wrong = dashboard(&model.replace("EXPR", "sum by (job) (kitchen_pans)"));
        let found = assert_finds(&wrong, FindingKind::UnknownMetric, "kitchen_pots");
        assert_eq!(found.place, "panel \"Pots\"");
        assert!(found.line.is_some(), "{found:?}");
    }
}

#[test]
fn variables_of_newer_models_are_checked() {
    let grafana = r#"{"spec": {"elements": {}, "variables": [{"kind": "QueryVariable", "spec": {"name": "v",
        "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"query": "label_values(METRIC, job)"}}}}]}}"#;
    let perses = r#"{"kind": "Dashboard", "spec": {"panels": {}, "variables": [{"kind": "ListVariable", "spec": {"name": "v",
        "plugin": {"kind": "PrometheusLabelValuesVariable", "spec": {"labelName": "job", "matchers": ["METRIC"]}}}}]}}"#;
    for model in [grafana, perses] {
        assert_passes(&dashboard(&model.replace("METRIC", "kitchen_pots")));
        let found =
            assert_finds(&dashboard(&model.replace("METRIC", "kitchen_pans")), FindingKind::UnknownMetric, "pots");
        assert_eq!(found.place, "variable v");
    }
}

#[test]
fn a_file_that_is_no_known_dashboard_is_found() {
    for text in ["{}", "[]", r#"{"title": "Kitchen"}"#, r#"{"spec": {}}"#, "title: Kitchen"] {
        assert_finds(&dashboard(text), FindingKind::UnreadableFile, "not a dashboard of a known model");
    }
    assert_finds(&dashboard("{"), FindingKind::UnreadableFile, "not JSON");
    assert_passes(&dashboard(r#"{"panels": []}"#));
}

#[test]
fn queries_for_other_data_sources_are_skipped_and_listed() {
    for panel in [
        r#"{"title": "Log", "datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "{app=\"kitchen\"} |= `x`"}]}"#,
        r#"{"title": "Log", "targets": [{"datasource": {"type": "loki"}, "expr": "{app=\"kitchen\"}"}]}"#,
        r#"{"title": "Log", "datasource": "Loki", "targets": [{"expr": "{app=\"kitchen\"}"}]}"#,
        r#"{"title": "Log", "datasource": {"uid": "${logs}"}, "targets": [{"expr": "{app=\"kitchen\"}"}]}"#,
        r#"{"title": "Log", "datasource": {"type": "tempo"}, "targets": [{"query": "{status=error}"}]}"#,
    ] {
        let text = format!(
            r#"{{"templating": {{"list": [{{"type": "datasource", "name": "logs", "query": "loki"}}]}}, "panels": [{panel}]}}"#
        );
        let file = dashboard(&text);
        assert_passes(&file);
        let skipped = check().skipped(&[file]);
        assert_eq!(skipped.len(), 1, "{skipped:?}");
        assert_eq!((skipped[0].kind, skipped[0].severity()), (FindingKind::SkippedQuery, Severity::Note));
        assert_eq!(skipped[0].place, "panel \"Log\"");
    }
    let prometheus = r#"{"panels": [{"title": "P", "datasource": {"type": "prometheus"}, "targets": [{"expr": "kitchen_pans"}]},
        {"title": "P", "datasource": {"uid": "-- Mixed --"}, "targets": [{"expr": "kitchen_pots"}]}]}"#;
    assert_finds(&dashboard(prometheus), FindingKind::UnknownMetric, "kitchen_pots");
    assert!(check().skipped(&[dashboard(prometheus)]).is_empty());
}

/// One rule, with one part replaced.
fn rule(from: &str, to: &str) -> AssetFile {
    let text = "
groups:
- name: kitchen
  interval: 1m
  rules:
  - record: job:kitchen_pots:sum
    expr: sum by (job) (kitchen_pots)
  - alert: KitchenCold
    expr: job:kitchen_pots:sum < 1
    for: 5m
    labels: {severity: warning}
    annotations:
      summary: The kitchen is cold.
      description: '{{ with $x := $value }}{{ $x | humanize }}{{ end }} pots of {{ $labels.job }}, {{ printf \"%.2f\" $value }}'
";
    assert!(text.contains(from), "{from}");
    rules(&text.replace(from, to))
}

#[test]
fn rules_that_prometheus_refuses_are_found() {
    assert_passes(&rule("for: 5m", "for: 1h30m"));
    assert_passes(&rule("for: 5m", "for: 0"));
    assert_passes(&rule("alert: KitchenCold", "alert: Kitchen is cold"));
    for (from, to, message) in [
        ("for: 5m", "for: 5 minutes", "`for: 5 minutes` is not a duration"),
        ("for: 5m", "for: 5", "`for: 5` is not a duration"),
        ("interval: 1m", "interval: 1min", "`interval: 1min` is not a duration"),
        ("  - alert: KitchenCold", "- name: kitchen\n  rules:\n  - alert: KitchenCold", "two groups of this file"),
        ("name: kitchen", "name: ''", "has no name"),
        ("expr: sum", "for: 5m\n    expr: sum", "a recording rule has `for`"),
        ("expr: sum", "annotations: {a: b}\n    expr: sum", "a recording rule has `annotations`"),
        ("- alert: KitchenCold\n    expr", "- expr", "neither `record` nor `alert`"),
        ("{severity: warning}", "{the-severity: warning}", "has the key \"the-severity\""),
    ] {
        assert_finds(&rule(from, to), FindingKind::InvalidRule, message);
    }
    let spaces = check().run(&[rule("record: job:kitchen_pots:sum", "record: kitchen pots")]);
    assert!(
        spaces.iter().any(|finding| finding.message.contains("`record: kitchen pots` is not a metric name")),
        "{spaces:?}"
    );
}

#[test]
fn templates_that_prometheus_refuses_are_found() {
    for (to, message) in [
        ("{{ $label.job }}", "`$label` is not defined: did you mean `$labels`?"),
        ("{{ $values }}", "did you mean `$value`?"),
        ("{{ $value", "`{{` is not closed"),
        ("{{ $value | humanise }}", "no template function `humanise`: did you mean `humanize`?"),
        ("{{ if $value }}many", "has no `{{ end }}`"),
        ("{{ end }}", "ends nothing"),
        ("{{ }}", "is empty"),
        ("{{ now }}", "no template function `now`"),
    ] {
        assert_finds(&rule("The kitchen is cold.", &format!("'{to}'")), FindingKind::InvalidTemplate, message);
    }
    let label = rule("The kitchen is cold.", "'{{ index $labels \"tier\" }}'");
    assert_finds(&label, FindingKind::UnknownLabel, "has no label `tier`");
    for valid in [
        "{{ $labels.job }} {{ .Labels.job }} {{ .Value }}",
        "{{- /* why */ -}}{{ $externalLabels.cluster }} {{ $externalURL }}",
        "{{ range query \"up\" }}{{ .Labels.job }}{{ else }}none{{ end }}",
        "{{ if and (gt $value 1.0) (lt $value 2.0) }}a{{ else if eq $labels.job `}}` }}b{{ end }}",
        "{{ range $i, $x := query `up` }}{{ $x.Value }}{{ end }}",
    ] {
        assert_passes(&rule("The kitchen is cold.", &format!("{valid:?}")));
    }
}

#[test]
fn what_is_newer_than_the_oldest_prometheus_is_found() {
    for (expression, what) in [
        ("first_over_time(kitchen_pots[5m]) > 1", "function `first_over_time`"),
        ("limitk(2, kitchen_pots)", "aggregation `limitk`"),
        ("kitchen_pots > 5m", "number `5m`"),
        ("kitchen_pots{job=\"a\" or job=\"b\"}", "`or` between matchers"),
    ] {
        assert_finds(&alert(expression), FindingKind::NewerSyntax, what);
    }
    for expression in
        ["kitchen_pots offset -5m > 1", "max_over_time(kitchen_pots[1h:5m] offset 1d) > 1", "kitchen_pots @ end() > 1"]
    {
        assert_passes(&alert(expression));
    }
    // A dashboard asks whichever Prometheus there is.
    assert_passes(&panel("first_over_time(kitchen_pots[5m])"));
}

#[test]
fn selectors_that_select_nothing_are_found() {
    for expression in ["{__name__=~\"kitchn_.*\"} > 1", "count({__name__=~\"kitchen_pan.*\",job=\"a\"})"] {
        assert_finds(&alert(expression), FindingKind::UnknownMetric, "no metric has a name like");
    }
    for expression in
        ["{flavour=\"sour\"} > 1", "{flavor=\"sweet\"} > 1", "{__name__=~\"kitchen_pots|up\",flavour=\"sweet\"} > 1"]
    {
        assert_finds(&alert(expression), FindingKind::UnknownMetric, "no metric has labels like");
    }
    for expression in [
        "count by (__name__) ({job=\"a\"}) > 1",
        "{flavour=\"sweet\"} > 1",
        "{__name__=~\"kitchen_.*\",flavour=\"sweet\"} > 1",
        "{__name__=\"kitchen_pots\"} > 1",
    ] {
        assert_passes(&alert(expression));
    }
}

#[test]
fn values_of_closed_labels_are_known_behind_records_too() {
    let recorded = |expression: &str| {
        rules(&format!(
            "groups:\n- name: kitchen\n  rules:\n  - record: flavour:dishes:rate5m\n    expr: sum by (flavour) (rate(kitchen_dishes_total[5m]))\n  - record: flavour_le:preparation:rate5m\n    expr: sum by (flavour, le) (rate(kitchen_preparation_seconds_bucket[5m]))\n  - alert: Kitchen\n    expr: {expression}\n"
        ))
    };
    for expression in ["flavour:dishes:rate5m{flavour=\"sweet\"}", "flavour_le:preparation:rate5m{le=\"0.1\"}"] {
        assert_passes(&recorded(expression));
    }
    for matcher in ["flavour=\"sour\"", "flavour=~\"sour|bitter\"", "flavour!~\"so.*\"", "flavour=~\"swee\""] {
        let expression = format!("flavour:dishes:rate5m{{{matcher}}}");
        assert_finds(&recorded(&expression), FindingKind::ImpossibleValue, "it is one of \"sweet\", \"salty\"");
    }
    for matcher in ["le=\"0.3\"", "le=~\"0\\\\.3|0\\\\.7\""] {
        let expression = format!("flavour_le:preparation:rate5m{{{matcher}}}");
        assert_finds(&recorded(&expression), FindingKind::UnknownBucket, "no bucket with the bound");
    }
}

#[test]
fn matchers_that_leave_no_value_together_are_found() {
    let none = "kitchen_dishes_total{flavour=\"sweet\",flavour!~\"s.+t\"}";
    assert_finds(&alert(none), FindingKind::ImpossibleValue, "at once");
    assert_passes(&alert("kitchen_dishes_total{flavour=~\"s.+\",flavour!=\"salty\"}"));
}

#[test]
fn buckets_that_the_recorder_was_given_are_the_ones_that_exist() {
    let custom = check().buckets("kitchen_preparation_seconds", &[0.3, 2.0]);
    let expression = |le: &str| [alert(&format!("rate(kitchen_preparation_seconds_bucket{{le=\"{le}\"}}[5m])"))];
    for le in ["0.3", "2", "2.0", "+Inf"] {
        assert_eq!(custom.run(&expression(le)), [], "{le}");
    }
    let found = custom.run(&expression("0.1"));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("it has 0.3 2"), "{}", found[0]);
}

#[test]
fn rules_of_the_operator_are_checked_like_files() {
    let object = |expression: &str| {
        format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{name: kitchen}}\nspec:\n  groups:\n  - name: kitchen\n    partial_response_strategy: warn\n    rules:\n    - alert: Kitchen\n      expr: {expression}\n"
        )
    };
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: kitchen}\nspec: {ports: []}\n";
    assert_passes(&rules(&object("kitchen_pots > 1")));
    assert_passes(&rules(&format!("---\n{service}---\n{}---\n{}", object("kitchen_pots > 1"), object("up == 0"))));
    let found = assert_finds(&rules(&object("kitchen_pans > 1")), FindingKind::UnknownMetric, "kitchen_pots");
    assert_eq!(found.line, Some(10));
    let second = rules(&format!("{service}---\n{}", object("kitchen_pans > 1")));
    assert_finds(&second, FindingKind::UnknownMetric, "kitchen_pots");
    let listed = object("kitchen_pans > 1").replace('\n', "\n  ");
    assert_finds(&rules(&format!("kind: List\nitems:\n- {listed}")), FindingKind::UnknownMetric, "kitchen_pots");
}

#[test]
fn a_second_document_of_a_rule_file_is_checked_and_found() {
    let one = "groups:\n- name: a\n  rules:\n  - {alert: A, expr: kitchen_pots > 1}\n";
    let two = "groups:\n- name: b\n  rules:\n  - {alert: B, expr: kitchen_pans > 1}\n";
    assert_passes(&rules(&format!("---\n{one}")));
    assert_passes(&rules(&format!("{one}---\n# nothing more\n")));
    let found = check().run(&[rules(&format!("{one}---\n{two}"))]);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].message.contains("ignores the others"), "{}", found[0]);
    assert!(found[1].message.contains("kitchen_pots"), "{}", found[1]);
}

#[test]
fn lines_may_end_as_on_windows() {
    let page = "# Kitchen\n\n## Meaning\n\nIt is cold.\n\n```promql\nkitchen_pans > 3\n```\n".replace('\n', "\r\n");
    let runbook = AssetFile::new(AssetKind::Runbook, "Kitchen.md", page);
    let found = assert_finds(&runbook, FindingKind::UnknownMetric, "kitchen_pots");
    assert_eq!((found.line, found.expression.as_str()), (Some(8), "kitchen_pans > 3"));
    let found = lint(&[alert("kitchen_pots > 1"), runbook]);
    assert!(!found.iter().any(|finding| finding.message.contains("## Meaning")), "{found:#?}");
    assert!(found.iter().any(|finding| finding.message.contains("## Impact")), "{found:#?}");
    let crlf = alert("kitchen_pans > 1").text().replace('\n', "\r\n");
    assert_finds(&rules(&crlf), FindingKind::UnknownMetric, "kitchen_pots");
}

const EXPOSITION: &str = "\
# TYPE kitchen_pots gauge
kitchen_pots 0
# HELP kitchen_dishes_total Dishes.
# TYPE kitchen_preparation_seconds histogram
kitchen_preparation_seconds_bucket{flavour=\"sweet\",le=\"+Inf\"} 1
kitchen_preparation_seconds_count{flavour=\"sweet\"} 1
";

#[test]
fn what_is_declared_and_never_recorded_is_found() {
    let found = check().emitted(EXPOSITION, &[]);
    let messages: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(found.len(), 2, "{messages:#?}");
    assert!(messages[0].contains("`kitchen_dishes_total` is declared and has no series"), "{messages:#?}");
    assert!(messages[1].contains("`kitchen_variable_lids`"), "{messages:#?}");
    assert!(found.iter().all(|finding| finding.kind == FindingKind::NotRecorded));
}

#[test]
fn what_files_use_and_the_service_does_not_expose_is_found() {
    let page = AssetFile::new(AssetKind::Runbook, "Kitchen.md", "```promql\nkitchen_variable_lids\n```\n");
    let files = [alert("kitchen_pots > 1 and up == 1"), panel("rate(kitchen_dishes_total[$__rate_interval])"), page];
    let found = check().emitted(EXPOSITION, &files);
    let used: Vec<_> = found.iter().filter(|finding| finding.kind == FindingKind::NotEmitted).collect();
    assert_eq!(used.len(), 2, "{found:#?}");
    assert_eq!((used[0].file.as_str(), used[1].file.as_str()), ("kitchen.json", "Kitchen.md"));
}

#[test]
fn every_kind_of_finding_has_an_identifier_of_its_own() {
    let ids: std::collections::HashSet<_> = FindingKind::ALL.iter().map(|kind| kind.id()).collect();
    assert_eq!(ids.len(), FindingKind::ALL.len());
    assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
}
