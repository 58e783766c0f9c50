//! Reads the rules of all files that have some.

use crate::asset::finding::{AssetFinding, Site};
use crate::asset::{AssetFile, AssetKind, rule};

/// Reads them, and reports what no rule can be read from.
pub(super) fn read_rules<'f>(
    files: &'f [AssetFile],
    findings: &mut Vec<AssetFinding>,
) -> Vec<(&'f AssetFile, rule::Rule)> {
    let mut rules = Vec::new();
    for file in files.iter().filter(|file| file.kind() == AssetKind::Rules) {
        match rule::parse(file.text()) {
            Ok(parsed) => {
                findings.extend(parsed.refused(file).into_iter().map(|(site, problem)| site.finding("", problem)));
                let all = parsed.groups.into_iter().flat_map(|group| group.rules);
                rules.extend(all.map(|rule| (file, rule)));
            }
            Err(problem) => findings.push(Site::file(file).finding("", problem)),
        }
    }
    rules
}
