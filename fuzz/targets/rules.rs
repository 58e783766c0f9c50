//! Files of the user that the asset check and the lint read: rules, their expressions, rule tests, dashboards and runbooks.
//! Law: there are findings, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mme_metrics::asset::{AssetFile, AssetKind, check, lint};
use mme_metrics::http::HTTP;

fuzz_target!(|text: &str| {
    let indented = text.replace('\n', "\n      ");
    let rule = format!("groups:\n- name: g\n  rules:\n  - record: r\n    expr: |\n      {indented}\n");
    let files = [
        AssetFile::new(AssetKind::Rules, "expression.yml", rule),
        AssetFile::new(AssetKind::Rules, "rules.yml", text.to_owned()),
        AssetFile::new(AssetKind::RuleTests, "tests.yml", text.to_owned()),
        AssetFile::new(AssetKind::Dashboard, "dashboard.json", text.to_owned()),
        AssetFile::new(AssetKind::Runbook, "Runbook.md", text.to_owned()),
    ];
    check(&[&HTTP], &files);
    lint(&files);
});
