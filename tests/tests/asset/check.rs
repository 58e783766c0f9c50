//! The asset check accepts the bundled files and explains each kind of mistake.

use mme_metrics::asset::{AssetFile, AssetKind, FILES, check};
use mme_metrics::catalog;

use crate::kitchen::KITCHEN;

#[test]
fn every_metric_that_is_on_stands_in_some_rule_or_panel() {
    let used = |name| FILES.iter().any(|file| file.kind() != AssetKind::Runbook && file.text().contains(name));
    for spec in catalog::FAMILIES.iter().flat_map(|family| family.specs()).filter(|spec| !spec.optional) {
        assert!(used(spec.name), "{}: a metric that nobody reads needs a panel, or is not needed", spec.name);
    }
}

/// Returns what is found in a rule file with this one expression, against [`KITCHEN`] alone.
fn findings(expression: &str) -> Vec<String> {
    let text = format!("groups:\n- name: kitchen\n  rules:\n  - alert: Kitchen\n    expr: |\n      {expression}\n");
    let found = check(&[&KITCHEN], &[AssetFile::new(AssetKind::Rules, "kitchen.yml", text)]);
    found.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn assert_finds(expression: &str, message: &str) {
    let found = findings(expression);
    assert_eq!(found.len(), 1, "{expression}: {found:#?}");
    assert!(found[0].contains(message), "{expression}: {}", found[0]);
}

#[test]
fn our_own_files_name_only_what_exists() {
    let found = check(catalog::FAMILIES, FILES);
    assert!(found.is_empty(), "{}", found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_metric_of_a_users_family_is_known_with_its_labels() {
    for expression in [
        "sum by (job, flavour) (rate(kitchen_dishes_total{instance=\"a\"}[5m]))",
        "kitchen_pots > 3 and on (job) up == 1",
        "histogram_quantile(0.9, sum by (le) (rate(kitchen_preparation_seconds_bucket[5m]))) > 1",
        "rate(kitchen_preparation_seconds_sum[5m]) / rate(kitchen_preparation_seconds_count[5m]) > 1",
        "kitchen_dishes_total{flavour=~\"sweet|sour\"}",
        "increase(kitchen_preparation_seconds_bucket{le=\"0.1\"}[5m])",
        "absent(kitchen_pots{job=\"a\"}) and on (job) up",
        "sum by (pot) (label_replace(kitchen_pots, \"pot\", \"$1\", \"job\", \"(.+)\"))",
    ] {
        let found = findings(expression);
        assert!(found.is_empty(), "{expression}: {found:#?}");
    }
}

#[test]
fn an_unknown_metric_is_found_and_the_nearest_proposed() {
    assert_finds(
        "kitchen_pot > 3",
        "kitchen.yml:6: alert Kitchen: no metric `kitchen_pot`: did you mean `kitchen_pots`?",
    );
    assert_finds("kitchen_dishes > 3", "did you mean `kitchen_dishes_total`?");
    assert_finds("weather > 3", "no metric `weather`: declare it in a family");
}

#[test]
fn an_unknown_label_is_found_wherever_it_stands() {
    let meant = "`kitchen_dishes_total` has no label `flavor`: did you mean `flavour`?";
    assert_finds("kitchen_dishes_total{flavor=\"sweet\"}", meant);
    assert_finds("sum by (flavor) (kitchen_dishes_total)", meant);
    assert_finds("sum without (flavor) (kitchen_dishes_total)", meant);
    assert_finds("kitchen_dishes_total * on (flavor) group_left () kitchen_dishes_total{flavour=\"sweet\"}", meant);
    assert_finds("kitchen_pots * on (job) group_left (tier) up", "`up` has no label `tier`");
    assert_finds("sum by (flavour) (sum by (job) (kitchen_dishes_total))", "its labels are `job`");
}

#[test]
fn a_wrong_suffix_is_found() {
    assert_finds("kitchen_preparation_seconds > 1", "is a histogram: use `kitchen_preparation_seconds_bucket`");
    assert_finds("rate(kitchen_dishes_total_count[5m])", "is not a histogram and has no `_count`");
    assert_finds("rate(kitchen_preparation_seconds_total[5m])", "did you mean `kitchen_preparation_seconds_");
}

#[test]
fn a_native_histogram_is_known_by_its_name_where_one_can_be_read() {
    for expression in [
        "histogram_quantile(0.9, sum by (job) (rate(kitchen_preparation_seconds[5m]))) > 1",
        "histogram_quantile(0.9, kitchen_preparation_seconds) > 1",
        "histogram_count(kitchen_preparation_seconds unless kitchen_preparation_seconds offset 5m) > 1",
        "sum by (job) (histogram_sum(increase(kitchen_preparation_seconds[5m]))) > 1",
        "histogram_fraction(0, 0.5, rate(kitchen_preparation_seconds[5m])) < 0.9",
        "absent(kitchen_preparation_seconds)",
    ] {
        assert_eq!(findings(expression), <[String; 0]>::default(), "{expression}");
    }
    assert_finds("rate(kitchen_preparation_seconds[5m]) > 1", "`>` of native histograms returns nothing");
    assert_finds("max(rate(kitchen_preparation_seconds[5m]))", "`max` of native histograms returns nothing");
    assert_finds(
        "max_over_time(kitchen_preparation_seconds[5m])",
        "`max_over_time` of native histograms returns nothing",
    );
    assert_finds("histogram_count(rate(kitchen_preparation_seconds{oven=\"1\"}[5m]))", "has no label `oven`");
    assert_finds(
        "histogram_quantile(0.9, sum by (job) (rate(kitchen_preparation_seconds_bucket[5m])))",
        "needs the label `le`",
    );
}

#[test]
fn a_swapped_kind_is_found() {
    assert_finds("rate(kitchen_pots[5m]) > 1", "`rate` of `kitchen_pots`, which goes up and down");
    assert_finds("deriv(kitchen_dishes_total[5m]) > 1", "`deriv` of the counter `kitchen_dishes_total`");
    assert_finds("rate(sum(kitchen_dishes_total)[5m:1m]) > 1", "`rate` of `what is computed here`");
}

#[test]
fn a_value_a_closed_label_cannot_have_is_found() {
    let known = "it is one of \"sweet\", \"salty\"";
    assert_finds("kitchen_dishes_total{flavour=\"sour\"}", known);
    assert_finds("kitchen_dishes_total{flavour!=\"sour\"}", known);
    assert_finds("kitchen_dishes_total{flavour=~\"sour|bitter\"}", known);
    assert_finds("rate(kitchen_preparation_seconds_bucket{le=\"0.3\"}[5m])", "no bucket with the bound 0.3");
}

#[test]
fn quantiles_without_bounds_and_sides_that_never_match_are_found() {
    assert_finds("histogram_quantile(0.9, sum by (job) (kitchen_preparation_seconds_bucket))", "needs the label `le`");
    assert_finds("sum by (job) (kitchen_pots) / kitchen_pots", "the two sides never match");
    assert_finds("kitchen_dishes_total unless kitchen_pots", "the two sides never match");
}

#[test]
fn recorded_names_have_the_labels_of_their_expression_whatever_the_order() {
    let text = "
groups:
- name: kitchen
  rules:
  - {record: 'job:dishes:twice', expr: '2 * job_flavour:dishes:rate5m'}
  - {record: 'job_flavour:dishes:rate5m', expr: 'sum by (job, flavour) (rate(kitchen_dishes_total[5m]))'}
  - {alert: Good, expr: 'sum by (flavour) (job:dishes:twice) > 1', annotations: {a: '{{ $labels.flavour }}'}}
  - {alert: Bad, expr: 'sum by (instance) (job:dishes:twice) > 1', annotations: {a: '{{ $labels.job }}'}}";
    let found = check(&[&KITCHEN], &[AssetFile::new(AssetKind::Rules, "kitchen.yml", text)]);
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].contains("alert Bad: `job:dishes:twice` has no label `instance`"), "{}", found[0]);
    assert!(found[1].contains("`a` is empty where it names a label"), "{}", found[1]);
}

#[test]
fn dashboards_are_checked_with_their_variables_filled_in() {
    let text = r#"{"panels": [
        {"title": "Good", "targets": [{"expr": "sum by (job) (rate(kitchen_dishes_total{flavour=~\"$x\"}[$__rate_interval]))"}]},
        {"title": "Row", "panels": [{"title": "Bad", "targets": [{"expr": "kitchen_pans{job=\"${job}\"}"}]}]}],
        "templating": {"list": [{"type": "query", "name": "f", "query": "label_values(kitchen_pots, flavour)"}]}}"#;
    let found = check(&[&KITCHEN], &[AssetFile::new(AssetKind::Dashboard, "kitchen.json", text)]);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(found[0].place, "panel \"Bad\"");
    assert_eq!(found[1].place, "variable f");
}

#[test]
fn the_queries_of_a_runbook_are_checked() {
    let page = "# Kitchen\n\n```promql\nkitchen_pots > 3\n```\ntext\n\n```promql\nkitchen_pans > 3\n```\n";
    let found = check(&[&KITCHEN], &[AssetFile::new(AssetKind::Runbook, "Kitchen.md", page)]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].expression, "kitchen_pans > 3");
}

/// Returns what is found in an expression beside this list of one exporter.
fn findings_beside(metrics: &str, expression: &str) -> Vec<String> {
    let list = format!("exporter: oven\nversion: 1.0.0\ndocumentation: https://example.org\nmetrics:\n{metrics}");
    let rules = format!("groups:\n- name: oven\n  rules:\n  - {{alert: Oven, expr: '{expression}'}}\n");
    let files = [
        AssetFile::new(AssetKind::Exporter, "exporters/oven.yml", list),
        AssetFile::new(AssetKind::Rules, "oven.yml", rules),
    ];
    check(&[], &files).iter().map(ToString::to_string).collect()
}

#[test]
fn metrics_of_an_exporter_are_known_by_its_list() {
    let metrics = "  oven_doors_total: {type: counter, labels: [oven], optional_labels: [side]}
  oven_heat_seconds: {type: histogram, labels: [oven]}
  oven_rest_seconds: {type: summary}
  oven_state: {type: untyped}
";
    for (expression, message) in [
        ("sum by (job, oven, side) (rate(oven_doors_total[5m]))", None),
        ("histogram_quantile(0.9, sum by (oven, le) (rate(oven_heat_seconds_bucket[5m])))", None),
        ("max by (quantile) (oven_rest_seconds) and on () rate(oven_rest_seconds_count[5m])", None),
        ("rate(oven_state[5m]) and deriv(oven_state[5m])", None),
        ("sum by (ovens) (oven_doors_total)", Some("did you mean `oven`?")),
        ("oven_door_total", Some("did you mean `oven_doors_total`?")),
        ("deriv(oven_doors_total[5m])", Some("`deriv` of the counter")),
        ("oven_heat_seconds", Some("is a histogram")),
        ("kitchen_doors", Some("list it among an exporter's metrics")),
    ] {
        let found = findings_beside(metrics, expression);
        match message {
            None => assert!(found.is_empty(), "{expression}: {found:#?}"),
            Some(message) => assert!(found.len() == 1 && found[0].contains(message), "{expression}: {found:#?}"),
        }
    }
}

#[test]
fn a_list_of_an_exporter_that_cannot_be_read_is_found() {
    for metrics in [
        "  oven_state: {type: number}\n",
        "  oven_state: {labels: [oven]}\n",
        "  oven_state: {type: gauge, label: a}\n",
    ] {
        let found = findings_beside(metrics, "up");
        assert!(found.len() == 1 && found[0].contains("exporters/oven.yml: not a list of"), "{metrics}: {found:#?}");
    }
}

#[test]
fn bundled_lists_of_exporters_are_known_without_being_passed() {
    for expression in
        ["node_load5 > 3", "sum by (job, cmd) (rate(redis_commands_total[5m]))", "vault_core_unsealed == 0"]
    {
        let found = findings(expression);
        assert!(found.is_empty(), "{expression}: {found:#?}");
    }
    assert_finds("sum by (core) (node_cpu_seconds_total)", "`node_cpu_seconds_total` has no label `core`");
}

#[test]
fn what_cannot_be_read_is_found() {
    assert_finds("sum by job (kitchen_pots)", "not valid PromQL");
    let unreadable = [
        AssetFile::new(AssetKind::Rules, "a.yml", "groups: [{name: a, query_offset: 1m, rules: []}]"),
        AssetFile::new(AssetKind::Dashboard, "b.json", "{"),
    ];
    let found = check(&[&KITCHEN], &unreadable);
    assert!(
        found[0].message.contains("would not load this file") && found[1].message.contains("not JSON"),
        "{found:#?}"
    );
}
