//! Checks the queries in a runbook.

use promql_parser::parser::Expr;

use super::{AssetFinding, Reader, Site, Vocabulary};
use crate::asset::{AssetFile, promql};

/// Checks each code block that is marked as `promql`.
pub(super) fn check(file: &AssetFile, vocabulary: &Vocabulary, findings: &mut Vec<AssetFinding>) {
    for (line, query) in queries(file.text()) {
        let site = Site { file, line: Some(line), place: String::new() };
        match promql::parse(&query) {
            Err(problem) => findings.push(site.finding(&query, problem)),
            Ok(expression) => {
                let mut reader = Reader::new(vocabulary);
                reader.shape(&expression);
                findings.extend(reader.into_problems().into_iter().map(|problem| site.finding(&query, problem)));
            }
        }
    }
}

/// Lists the expressions that can be parsed.
pub(super) fn expressions(file: &AssetFile) -> Vec<(Site<'_>, String, Expr)> {
    let parsed = queries(file.text()).into_iter().filter_map(|(line, query)| {
        let parsed = promql::parse(&query).ok()?;
        Some((Site { file, line: Some(line), place: String::new() }, query, parsed))
    });
    parsed.collect()
}

/// Lists the code blocks with the line that each begins on. It accepts any line ending.
fn queries(page: &str) -> Vec<(usize, String)> {
    let mut queries = Vec::new();
    let mut lines = page.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        if line.trim() == "```promql" {
            let block: Vec<_> = lines.by_ref().map(|(line, _)| line).take_while(|line| line.trim() != "```").collect();
            queries.push((number + 1, block.join("\n")));
        }
    }
    queries
}
