//! The command `mme-metrics assets unused`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use mme_metrics::catalog::FAMILIES;

use super::source::Sources;
use super::used;
use crate::exposition::Exposition;
use crate::outcome::Outcome;

#[derive(Args)]
pub(crate) struct UnusedMetrics {
    /// Rules, dashboards and runbooks, or directories with them: all that Prometheus and Grafana load [default: the bundled ones]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    sources: Sources,
}

impl UnusedMetrics {
    /// Lists the metrics that nothing reads: those of the pages, or else the declared ones.
    pub(crate) fn run(self) -> Result<Outcome, String> {
        let metrics = self.sources.read()?;
        let uses = used::list(&self.paths, &metrics)?;
        let read: BTreeSet<_> = uses.iter().map(|used| stem(&used.series)).collect();
        let mut text = String::new();
        if metrics.expositions.is_empty() {
            for spec in FAMILIES.iter().flat_map(|family| family.specs()).filter(|spec| !read.contains(spec.name)) {
                // Writing to a string cannot fail, here and below.
                let _ = writeln!(text, "{}", spec.name);
            }
        }
        for page in &metrics.expositions {
            let exposition = Exposition::parse(page);
            for (name, family) in exposition.families.iter().filter(|(_, family)| !family.samples.is_empty()) {
                if family.samples.iter().all(|(_, sample)| !read.contains(stem(sample.name))) {
                    let _ = writeln!(text, "{name}: {} lines", family.samples.len());
                }
            }
        }
        Ok(Outcome::success(text))
    }
}

/// Returns the name of a histogram for each of its series.
fn stem(series: &str) -> &str {
    let mut suffixes = ["_bucket", "_sum", "_count"].iter();
    suffixes.find_map(|suffix| series.strip_suffix(suffix)).unwrap_or(series)
}
