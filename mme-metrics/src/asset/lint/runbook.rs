//! Alerts and runbooks are one set.

use std::collections::HashMap;

use super::{AssetFinding, finding};
use crate::asset::{AssetFile, AssetKind};

/// What a page has to answer: what it is, whom it hurts, where to look, what to do.
const SECTIONS: [&str; 4] = ["Meaning", "Impact", "Diagnosis", "Mitigation"];

/// Checks the runbooks among `files`, if there are any.
pub(super) fn check(files: &[AssetFile], alerts: &HashMap<String, &AssetFile>, findings: &mut Vec<AssetFinding>) {
    let runbooks: HashMap<_, _> =
        files.iter().filter(|file| file.kind() == AssetKind::Runbook).map(|file| (file.stem(), file)).collect();
    if runbooks.is_empty() {
        return;
    }
    for (alert, file) in alerts.iter().filter(|(alert, _)| !runbooks.contains_key(alert.as_str())) {
        findings.push(finding(file, format!("alert {alert}"), format!("no runbook: write {alert}.md")));
    }
    for (name, file) in runbooks {
        if !alerts.contains_key(name) {
            let message = format!("no alert is called {name}: rename or remove the page");
            findings.push(finding(file, String::new(), message));
        }
        for section in SECTIONS.iter().filter(|section| !has_section(file.text(), section)) {
            findings.push(finding(file, String::new(), format!("nothing under `## {section}`: write it")));
        }
    }
}

fn has_section(page: &str, section: &str) -> bool {
    let body = page.split("\n## ").find_map(|part| part.strip_prefix(section));
    body.is_some_and(|body| body.starts_with('\n') && !body.trim().is_empty())
}
