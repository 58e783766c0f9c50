//! The command `mme-metrics assets`.

mod blind;
mod check;
pub(crate) mod export;
mod keep;
mod paths;
mod source;
mod threshold;
mod unused;
mod used;

use clap::Subcommand;

use crate::outcome::Outcome;

#[derive(Subcommand)]
pub(crate) enum Assets {
    /// Write the bundled rules, alerts, routes, runbooks and dashboards to a directory.
    Export(export::Export),
    /// List the thresholds that `assets export --set` can set.
    Thresholds(threshold::Thresholds),
    /// Check that the metrics and labels in rules, dashboards and runbooks exist.
    Check(check::Check),
    /// Write the relabelling that keeps only the metrics that rules, dashboards and runbooks read.
    Keep(keep::Keep),
    /// List the metrics that no rule, dashboard or runbook reads.
    Unused(unused::UnusedMetrics),
    /// List the rules, alerts and panels that read what the settings of a recorder disable, or buckets that they remove.
    Blind(blind::BlindAssets),
}

impl Assets {
    /// Runs the command.
    pub(crate) fn run(self) -> Result<Outcome, String> {
        match self {
            Self::Export(export) => export.run(),
            Self::Thresholds(thresholds) => Ok(thresholds.run()),
            Self::Check(check) => check.run(),
            Self::Keep(keep) => keep.run(),
            Self::Unused(unused) => unused.run(),
            Self::Blind(blind) => blind.run(),
        }
    }
}
