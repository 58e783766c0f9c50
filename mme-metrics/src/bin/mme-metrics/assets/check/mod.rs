//! The command `mme-metrics assets check`.

pub(super) mod format;
mod sarif;

use std::collections::HashSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mme_metrics::asset::{self, AssetFile, AssetFinding, FILES, FindingKind, Severity};

use super::paths;
use super::source::{Metrics, Sources};
use crate::outcome::Outcome;

#[derive(Args)]
pub(crate) struct Check {
    /// Rules, dashboards, runbooks and lists of an exporter's metrics, or directories with them.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    sources: Sources,

    /// Also check conventions: what an alert needs to be actionable, names of records, tests of rules.
    #[arg(long)]
    lint: bool,

    /// Also find metrics of this crate that are read and that no page of `--metrics` has.
    #[arg(long, requires = "metrics")]
    emitted: bool,

    /// Write the findings like this.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One finding after the other, for people.
    Text,
    /// A list of objects.
    Json,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
}

impl Check {
    pub(crate) fn run(self) -> Result<Outcome, String> {
        let files = paths::read(&self.paths)?;
        let metrics = self.sources.read()?;
        let mut findings = check(&files, &metrics);
        if self.lint {
            findings.extend(asset::lint(&files));
        }
        if self.emitted {
            let all = metrics.expositions.join("\n");
            let emitted = metrics.check().emitted(&all, &files);
            findings.extend(emitted.into_iter().filter(|finding| finding.kind == FindingKind::NotEmitted));
        }
        format::sort(&mut findings);
        let found = findings.iter().any(|finding| finding.severity() > Severity::Note);
        let text = match self.format {
            Format::Text => format::text(&findings, files.len()),
            Format::Json => format::json(&findings),
            Format::Sarif => sarif::log(&findings),
        };
        Ok(Outcome::checked(text, found))
    }
}

/// Checks the files of a user.
fn check(files: &[AssetFile], metrics: &Metrics) -> Vec<AssetFinding> {
    let all = with_bundled(files, metrics);
    let check = metrics.check();
    let is_own = |finding: &AssetFinding| {
        let named = |file: &AssetFile| file.path() == finding.file;
        files.iter().any(named) || metrics.lists.iter().any(named)
    };
    let mut findings: Vec<_> = check.run(&all).into_iter().filter(is_own).collect();
    findings.extend(check.skipped(files));
    findings
}

/// Lists the files of a user with what they may read: what the bundled rules record, and metrics.
pub(super) fn with_bundled(files: &[AssetFile], metrics: &Metrics) -> Vec<AssetFile> {
    bundled(files).cloned().chain(metrics.with(files)).collect()
}

/// Lists the bundled files, without those whose records `files` have, as an exported copy has.
fn bundled(files: &[AssetFile]) -> impl Iterator<Item = &'static AssetFile> {
    let own: HashSet<_> = files.iter().flat_map(records).map(str::to_owned).collect();
    let texts: HashSet<_> = files.iter().map(|file| file.text().to_owned()).collect();
    FILES.iter().filter(move |file| !texts.contains(file.text()) && !records(file).any(|record| own.contains(record)))
}

/// Lists the names that a rule file records, as far as each stands on a line of its own.
fn records(file: &AssetFile) -> impl Iterator<Item = &str> {
    let lines = file.text().lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.filter_map(|line| line.strip_prefix("record: ")).map(str::trim_end)
}
