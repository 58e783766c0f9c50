//! What files read: the bundled ones, or those of a user.

use std::path::PathBuf;

use mme_metrics::asset::{AssetFile, AssetUse};

use super::paths;
use super::source::Metrics;

/// Lists the scraped series that the files at `paths` read, or the bundled ones if there are none.
pub(super) fn list(paths: &[PathBuf], metrics: &Metrics) -> Result<Vec<AssetUse>, String> {
    let own = paths::or_bundled(paths)?;
    let all: Vec<AssetFile> = metrics.with(&own).collect();
    let mut uses = metrics.check().uses(&all);
    // A colon stands only in names that rules record, by convention: those of rules that are not among the files.
    uses.retain(|used| !used.series.contains(':'));
    Ok(uses)
}
