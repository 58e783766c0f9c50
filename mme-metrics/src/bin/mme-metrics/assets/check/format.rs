//! Findings as text and as JSON.

use std::fmt::Write as _;

use mme_metrics::asset::{AssetFinding, Severity};
use serde_json::json;

/// Sorts findings by file and line.
pub(in crate::assets) fn sort(findings: &mut [AssetFinding]) {
    findings
        .sort_by(|left, right| (&left.file, left.line, &left.message).cmp(&(&right.file, right.line, &right.message)));
}

pub(in crate::assets) fn text(findings: &[AssetFinding], files: usize) -> String {
    let mut text = String::new();
    for finding in findings {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "{}: {} [{}]", finding.severity(), finding, finding.kind.id());
    }
    let count = |severity| findings.iter().filter(|finding| finding.severity() == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let _ = writeln!(text, "{files} files: {errors} errors, {warnings} warnings, {} notes", count(Severity::Note));
    text
}

pub(in crate::assets) fn json(findings: &[AssetFinding]) -> String {
    let list = findings.iter().map(|finding| {
        json!({
            "file": finding.file,
            "line": finding.line,
            "place": finding.place,
            "expression": finding.expression,
            "message": finding.message,
            "kind": finding.kind.id(),
            "severity": finding.severity().to_string(),
        })
    });
    format!("{:#}\n", json!(list.collect::<Vec<_>>()))
}
