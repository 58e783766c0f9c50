//! The command `mme-metrics assets blind`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mme_metrics::settings::{Settings, SettingsError};

use super::check::{self, format};
use super::paths;
use super::source::Sources;
use crate::disk;
use crate::outcome::Outcome;

#[derive(Args)]
pub(crate) struct BlindAssets {
    /// Rules and dashboards, or directories with them: all that Prometheus and Grafana load [default: the bundled ones]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Read these settings of a recorder: the file that `MME_METRICS_FILE` names for the service.
    #[arg(long, value_name = "FILE")]
    settings: PathBuf,

    #[command(flatten)]
    sources: Sources,

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
}

impl BlindAssets {
    pub(crate) fn run(self) -> Result<Outcome, String> {
        let text = disk::text(&self.settings)?;
        let wrong = |error: SettingsError| format!("{}: {error}", disk::name(&self.settings));
        let settings = Settings::from_toml(&text).map_err(wrong)?;
        let own = paths::or_bundled(&self.paths)?;
        let metrics = self.sources.read()?;
        let all = check::with_bundled(&own, &metrics);
        let mut findings = metrics.check().blind(&settings, &all).map_err(|error| {
            let unknown = matches!(error, SettingsError::Unknown { .. });
            let hint = if unknown && metrics.lists.is_empty() {
                "; name the families and metrics of the service by --catalog"
            } else {
                ""
            };
            wrong(error) + hint
        })?;
        findings.retain(|finding| own.iter().any(|file| file.path() == finding.file));
        format::sort(&mut findings);
        let text = match self.format {
            Format::Text => format::text(&findings, own.len()),
            Format::Json => format::json(&findings),
        };
        Ok(Outcome::checked(text, !findings.is_empty()))
    }
}
