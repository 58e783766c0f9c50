//! The rules for services that push, with native histograms alone, on what a real Prometheus received by OTLP.
//!
//! `tests/newest` runs these on the newest Prometheus: Debian's has no receiver.

use std::collections::BTreeSet;

use mme_metrics::asset::{AssetFile, AssetHistograms, AssetKind, AssetOptions, FILES};
use mme_metrics::metric::HistogramForm;
use mme_metrics::{Recorder, catalog};
use mme_metrics_tests::prometheus::{Prometheus, patiently};
use mme_metrics_tests::watched::hurried;
use promql_parser::parser::{self, Expr};

use crate::newest::{NEWEST, emit, send};

/// Expressions that return nothing here: one reads the past, and these read errors, of which there are none.
const WITHOUT_DATA: [&str; 2] = ["offset", "error_type!="];

fn rules() -> Vec<AssetFile> {
    let options = AssetOptions::new().pushed(true).histograms(AssetHistograms::Native);
    let files = options.render(FILES).expect("every bundled file can be rendered");
    let is_loaded =
        |file: &AssetFile| file.kind() == AssetKind::Rules && !file.path().starts_with("prometheus/gateway/");
    files.into_iter().filter(is_loaded).collect()
}

/// Adds an observation to every histogram, and a value to every other metric.
fn observe(recorder: &Recorder) {
    let specs = catalog::FAMILIES.iter().flat_map(|family| family.specs());
    specs.for_each(|spec| emit(recorder, spec));
}

/// Lists the parts of the rules that read a histogram.
fn parts(rules: &[AssetFile]) -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    for file in rules {
        let document: serde_json::Value = serde_saphyr::from_str(file.text()).expect("a rule file is YAML");
        let groups = document["groups"].as_array().into_iter().flatten();
        for rule in groups.flat_map(|group| group["rules"].as_array().into_iter().flatten()) {
            let expression = parser::parse(rule["expr"].as_str().expect("an expression")).expect("PromQL");
            calls(&expression, &mut parts);
        }
    }
    parts.retain(|part| !WITHOUT_DATA.iter().any(|without| part.contains(without)));
    parts
}

fn calls(expression: &Expr, parts: &mut BTreeSet<String>) {
    match expression {
        Expr::Call(call)
            if call.func.name.starts_with("histogram_") && !expression.to_string().contains("traefik_") =>
        {
            parts.insert(expression.to_string());
        }
        Expr::Call(call) => call.args.args.iter().for_each(|argument| calls(argument, parts)),
        Expr::Aggregate(aggregate) => calls(&aggregate.expr, parts),
        Expr::Binary(binary) => [&binary.lhs, &binary.rhs].into_iter().for_each(|side| calls(side, parts)),
        Expr::Unary(unary) => calls(&unary.expr, parts),
        Expr::Paren(paren) => calls(&paren.expr, parts),
        Expr::Subquery(subquery) => calls(&subquery.expr, parts),
        _ => {}
    }
}

#[test]
fn each_rule_is_healthy_and_sees_native_histograms_that_were_pushed() {
    if std::env::var_os(NEWEST).is_none() {
        return;
    }
    let rules = rules();
    let setup = Prometheus::setup().flag("--web.enable-otlp-receiver");
    let server = rules.iter().fold(setup, |setup, file| setup.rules(hurried(file.text()))).start();
    let url = format!("{}/api/v1/otlp/v1/metrics", server.url());
    let recorder = Recorder::builder().process_metrics(false).histogram_forms(HistogramForm::NATIVE).build().unwrap();
    observe(&recorder);
    send(&recorder, &url);
    // A native histogram is no number.
    server.wait_for("count({job=\"shop\",instance=\"one\"})", |samples| !samples.is_empty());
    observe(&recorder);
    send(&recorder, &url);

    server.wait_for_value("job_instance:up:with_pushed{job=\"shop\",instance=\"one\"}", 1.0);
    let parts = parts(&rules);
    assert!(parts.len() > 30, "{parts:#?}");
    let blind = || parts.iter().filter(|part| server.query(part).is_empty()).cloned().collect::<Vec<_>>();
    let seen = patiently(|| Some(blind()).filter(Vec::is_empty).ok_or_else(blind));
    assert_eq!(seen, Ok(Vec::new()), "parts of rules that see no histogram");
    let ailing = || server.rules().into_iter().filter(|rule| rule.health != "ok").collect::<Vec<_>>();
    let healthy = patiently(|| Some(ailing()).filter(Vec::is_empty).ok_or_else(ailing));
    assert_eq!(healthy, Ok(Vec::new()));
    // No classic bucket was pushed.
    assert!(server.query("{__name__=~\".+_bucket\",job=\"shop\"}").is_empty());
}
