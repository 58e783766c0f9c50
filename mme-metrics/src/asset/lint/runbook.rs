//! Checks that each alert has a runbook and each runbook an alert.

use std::collections::HashMap;

use super::{AssetFinding, FindingKind, finding};
use crate::asset::{AssetFile, AssetKind};

/// The required sections of a runbook: what the alert means, what users notice, how to find the cause, what to do.
const SECTIONS: [&str; 4] = ["Meaning", "Impact", "Diagnosis", "Mitigation"];

/// Checks the runbooks in `files`, if there are any.
pub(super) fn check(files: &[AssetFile], alerts: &HashMap<String, &AssetFile>, findings: &mut Vec<AssetFinding>) {
    let runbooks: HashMap<_, _> =
        files.iter().filter(|file| file.kind() == AssetKind::Runbook).map(|file| (file.stem(), file)).collect();
    if runbooks.is_empty() {
        return;
    }
    for (alert, file) in alerts.iter().filter(|(alert, _)| !runbooks.contains_key(alert.as_str())) {
        let message = format!("no runbook: write {alert}.md");
        findings.push(finding(file, format!("alert {alert}"), FindingKind::Runbook, message));
    }
    for (name, file) in runbooks {
        if !alerts.contains_key(name) {
            let message = format!("no alert is called {name}: rename or remove the page");
            findings.push(finding(file, String::new(), FindingKind::Runbook, message));
        }
        for section in SECTIONS.iter().filter(|section| !has_section(file.text(), section)) {
            let message = format!("nothing under `## {section}`: write it");
            findings.push(finding(file, String::new(), FindingKind::Runbook, message));
        }
    }
}

/// Returns whether a section has text. It accepts any line ending.
fn has_section(page: &str, section: &str) -> bool {
    let heading = |line: &str| line.strip_prefix("## ").map(str::trim_end).map(str::to_owned);
    let body = page.lines().skip_while(|line| heading(line).as_deref() != Some(section)).skip(1);
    body.take_while(|line| heading(line).is_none()).any(|line| !line.trim().is_empty())
}
