//! The queries a runbook tells its reader to run.

use super::{AssetFinding, Reader, Vocabulary, finding};
use crate::asset::{AssetFile, promql};

/// Checks what stands in a fence of `promql`.
pub(super) fn check(file: &AssetFile, vocabulary: &Vocabulary, findings: &mut Vec<AssetFinding>) {
    for query in queries(file.text()) {
        let mut find = |message| findings.push(finding(file, String::new(), query, message));
        match promql::parse(query) {
            Err(message) => find(message),
            Ok(expression) => {
                let mut reader = Reader::new(vocabulary);
                reader.shape(&expression);
                reader.into_messages().into_iter().for_each(find);
            }
        }
    }
}

fn queries(page: &str) -> impl Iterator<Item = &str> {
    page.split("```promql\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default())
}
