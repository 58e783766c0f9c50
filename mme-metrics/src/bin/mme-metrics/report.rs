//! The command `mme-metrics report`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mme_metrics::http::HTTP;
use mme_metrics::spike::{self, Day, OverallLatency};

use crate::disk::{self, cannot};
use crate::prometheus;

#[derive(Subcommand)]
pub(crate) enum Report {
    /// Write the report of one day as `YYYY-MM-DD.md`.
    Daily(Daily),
}

#[derive(Args)]
pub(crate) struct Daily {
    /// Read traces from this directory.
    #[arg(long, value_name = "DIR", default_value = "logs/spike_traces")]
    dir: PathBuf,

    /// Write the report to this directory [default: the directory of the traces]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Report on this day, in UTC [default: yesterday]
    #[arg(long, value_name = "YYYY-MM-DD")]
    day: Option<Day>,

    /// The tier that is not a fallback.
    #[arg(long, value_name = "TIER", default_value = "direct")]
    direct: String,

    /// Query this Prometheus for the latency of all requests, such as <http://localhost:9090>
    #[arg(long, value_name = "URL", conflicts_with = "exposition")]
    prometheus: Option<String>,

    /// Query the requests of this job only.
    #[arg(long, value_name = "JOB", requires = "prometheus")]
    job: Option<String>,

    /// Read the latency of all requests from a saved /metrics page instead. It covers the time since that process started.
    #[arg(long, value_name = "FILE")]
    exposition: Option<PathBuf>,
}

impl Report {
    /// Runs the command, and returns the text to print.
    pub(crate) fn run(self) -> Result<String, String> {
        match self {
            Self::Daily(daily) => daily.run(),
        }
    }
}

impl Daily {
    fn run(self) -> Result<String, String> {
        let day = self.day.unwrap_or_else(|| Day::today().before(1));
        let report = spike::Report::read(&self.dir, day);
        let report = report.map_err(cannot("read", &self.dir))?;
        let mut report = report.direct(&self.direct);
        if let Some(overall) = self.overall(day)? {
            report = report.overall(overall);
        }
        let out = self.out.as_ref().unwrap_or(&self.dir);
        let path = report.write(out).map_err(cannot("write to", out))?;
        Ok(format!("{}: {} entries", path.display(), report.entries()))
    }

    /// Returns the latency of all requests, if the options name a source.
    fn overall(&self, day: Day) -> Result<Option<OverallLatency>, String> {
        let name = HTTP.server_duration.spec().name;
        if let Some(url) = &self.prometheus {
            let quantile = |q| prometheus::quantile(url, name, q, self.job.as_deref(), day.end());
            return Ok(Some(OverallLatency::new(quantile(0.5)?, quantile(0.95)?)));
        }
        let Some(path) = &self.exposition else { return Ok(None) };
        let text = disk::text(path)?;
        Ok(Some(OverallLatency::from_exposition(&text, name)))
    }
}
