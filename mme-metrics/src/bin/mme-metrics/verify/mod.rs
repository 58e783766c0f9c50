//! The command `mme-metrics verify`.

mod alertmanager;
mod check;
mod clock;
mod grafana;
mod metric;
mod panel;
mod report;
mod rule;
mod security;
mod sentinel;
mod spike;
mod target;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::alertmanager::Alertmanager;
use self::check::{Check, Run, State};
use crate::address::without_secrets;
use crate::fetch::{Access, Client};
use crate::outcome::Outcome;
use crate::prometheus::Prometheus;

#[derive(Args)]
pub(crate) struct Verify {
    /// The Prometheus to verify, such as <http://127.0.0.1:9090>
    #[arg(long, value_name = "URL")]
    prometheus: String,

    /// The Alertmanager that has to receive its alerts.
    #[arg(long, value_name = "URL")]
    alertmanager: Option<String>,

    /// The Grafana that has to have the bundled dashboards.
    #[arg(long, value_name = "URL")]
    grafana: Option<String>,

    /// A job that has to expose the metrics of this crate, and at least how many of its targets have to be up [default: any job]
    #[arg(long, value_name = "JOB[=N]", value_parser = target::expectation)]
    job: Vec<target::Expectation>,

    /// A family whose metrics have to be there, such as `http`; `catalog` lists them.
    #[arg(long, value_name = "FAMILY,…", value_delimiter = ',', value_parser = metric::family)]
    family: Vec<String>,

    /// A group of bundled rules that need not be loaded, such as `mme_mongodb_alerts`.
    #[arg(long, value_name = "GROUP,…", value_delimiter = ',')]
    without: Vec<String>,

    /// A directory that has to have spike traces.
    #[arg(long, value_name = "DIR")]
    spikes: Option<PathBuf>,

    /// Refused callers a second of one job from which on `check_auth_failures` fails.
    #[arg(long, value_name = "RATE", default_value = "0.1")]
    max_auth_failures: f64,

    /// Requests a second of one job from which on `check_rate_limiting` fails.
    #[arg(long, value_name = "RATE", default_value = "100")]
    max_requests: f64,

    /// Do not run this check.
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',', value_parser = check::NAMES)]
    skip: Vec<String>,

    /// Write the list like this.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: Format,

    #[command(flatten)]
    access: Access,

    /// Send the token in this file to Alertmanager.
    #[arg(long, value_name = "FILE", requires = "alertmanager")]
    alertmanager_token_file: Option<PathBuf>,

    /// Send the token in this file to Grafana.
    #[arg(long, value_name = "FILE", requires = "grafana")]
    grafana_token_file: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A list with marks; coloured on a terminal.
    Text,
    /// An object, for machines.
    Json,
}

impl Verify {
    pub(crate) fn run(self) -> Result<Outcome, String> {
        let checks = self.checks()?;
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let text = match self.format {
            Format::Text => report::text(&checks, colour),
            Format::Json => report::json(&checks),
        };
        let failed = checks.iter().any(Check::is_failed);
        if failed || checks.iter().any(Check::is_passed) {
            Ok(Outcome::checked(text, failed))
        } else {
            Ok(Outcome::unchecked(text))
        }
    }

    /// Runs every check that was not left out.
    fn checks(&self) -> Result<Vec<Check>, String> {
        let prometheus = Prometheus::new(self.access.client()?, &self.prometheus);
        let alertmanager = self.alertmanager()?;
        let alertmanager = alertmanager.as_ref();
        let grafana = self.grafana()?;
        let of_prometheus: [(&'static str, Run<'_>); 10] = [
            ("prometheus", &|| {
                prometheus.query("vector(1)", None)?;
                Ok(State::passed(format!("{} answers", without_secrets(&self.prometheus))))
            }),
            ("clock", &|| clock::check(&prometheus)),
            ("targets", &|| target::check(&prometheus, &self.job)),
            ("metrics", &|| metric::check(&prometheus, &self.job, &self.family)),
            ("rules", &|| rule::check(&prometheus, &self.without)),
            ("panels", &|| panel::check(&prometheus)),
            ("sentinel", &|| sentinel::check(&prometheus)),
            ("check_auth_failures", &|| security::auth_failures(&prometheus, self.max_auth_failures)),
            ("check_rate_limiting", &|| security::rate_limiting(&prometheus, self.max_requests)),
            ("alertmanager", &|| alertmanager::check(&prometheus, alertmanager)),
        ];
        let mut checks = Vec::new();
        let mut is_silent = false;
        for (name, run) in of_prometheus.into_iter().filter(|(name, _)| self.wants(name)) {
            if is_silent {
                checks.push(Check::skipped(name, "Prometheus answers no queries"));
                continue;
            }
            let check = Check::new(name, run);
            // The others would fail for the same reason, each after a time limit.
            is_silent = check.is_failed() && (name == "prometheus" || !prometheus.has_answered());
            checks.push(check);
        }
        let mut add = |name, run: Run<'_>| {
            if self.wants(name) {
                checks.push(Check::new(name, run));
            }
        };
        add("notifications", &|| alertmanager::notifications(alertmanager));
        if let Some((client, url)) = &grafana {
            add("grafana", &|| grafana::check(client, url));
        }
        if let Some(directory) = &self.spikes {
            add("spikes", &|| spike::check(directory));
        }
        Ok(checks)
    }

    fn wants(&self, check: &str) -> bool {
        !self.skip.iter().any(|name| name == check)
    }

    fn grafana(&self) -> Result<Option<(Client, &str)>, String> {
        let Some(url) = &self.grafana else { return Ok(None) };
        let client = self.access.client_with("--grafana-token-file", self.grafana_token_file.as_deref())?;
        Ok(Some((client, url)))
    }

    fn alertmanager(&self) -> Result<Option<Alertmanager>, String> {
        let Some(url) = &self.alertmanager else { return Ok(None) };
        let token_file = self.alertmanager_token_file.as_deref();
        let client = self.access.client_with("--alertmanager-token-file", token_file)?;
        Ok(Some(Alertmanager::new(client, url)))
    }
}
