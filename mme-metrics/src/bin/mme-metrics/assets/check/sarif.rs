//! Findings as SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).

use std::fmt::Write as _;

use mme_metrics::asset::{AssetFinding, FindingKind, Severity};
use serde_json::{Value, json};

pub(super) fn log(findings: &[AssetFinding]) -> String {
    let rules: Vec<_> = FindingKind::ALL.iter().map(|kind| rule(*kind)).collect();
    let results: Vec<_> = findings.iter().map(result).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "mme-metrics",
                    "version": env!("CARGO_PKG_VERSION"),
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": rules,
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(kind: FindingKind) -> Value {
    json!({
        "id": kind.id(),
        "shortDescription": { "text": kind.id().replace('-', " ") },
        "defaultConfiguration": { "level": level(kind.severity()) },
    })
}

fn result(finding: &AssetFinding) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(&finding.file) } });
    if let Some(line) = finding.line.filter(|line| *line > 0) {
        physical["region"] = json!({ "startLine": line });
    }
    let mut location = json!({ "physicalLocation": physical });
    if !finding.place.is_empty() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": finding.place }]);
    }
    json!({
        "ruleId": finding.kind.id(),
        "ruleIndex": FindingKind::ALL.iter().position(|kind| *kind == finding.kind),
        "level": level(finding.severity()),
        "message": { "text": finding.message },
        "locations": [location],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}

/// Writes a path as a URI reference: what is not allowed in one is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => uri.push(char::from(byte)),
            // Writing to a string cannot fail.
            other => drop(write!(uri, "%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(uri("rules/my rules.yml"), "rules/my%20rules.yml");
        assert_eq!(uri("/srv/ä#.yml"), "file:///srv/%C3%A4%23.yml");
    }
}
