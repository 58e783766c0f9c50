//! What files read: the bundled ones, or those of a user.

use std::path::PathBuf;

use mme_metrics::asset::{AssetCheck, AssetFile, AssetUse, FILES};
use mme_metrics::catalog::FAMILIES;

use super::paths;
use super::source::Metrics;

/// Lists the scraped series that the files at `paths` read, or the bundled ones if there are none.
pub(super) fn list(paths: &[PathBuf], metrics: &Metrics) -> Result<Vec<AssetUse>, String> {
    let own = if paths.is_empty() { FILES.to_vec() } else { paths::read(paths)? };
    let check = metrics.target_labels.iter().cloned().fold(AssetCheck::new(FAMILIES), AssetCheck::target_label);
    let all: Vec<AssetFile> = metrics.lists.iter().chain(&own).cloned().collect();
    let mut uses = check.uses(&all);
    // A colon stands only in names that rules record, by convention: those of rules that are not among the files.
    uses.retain(|used| !used.series.contains(':'));
    Ok(uses)
}
