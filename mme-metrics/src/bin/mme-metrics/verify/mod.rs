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

use self::check::{Check, State};
use crate::address::without_secrets;
use crate::fetch::Access;
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

    /// Leave out this check.
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
        let prometheus = Prometheus::new(self.access.client()?, &self.prometheus);
        let alertmanager = match &self.alertmanager {
            Some(url) => {
                let client = self.access.client_with("--alertmanager-token-file", self.alertmanager_token_file.as_deref())?;
                Some(alertmanager::Alertmanager::new(client, url))
            }
            None => None,
        };
        let grafana = match &self.grafana {
            Some(url) => Some((self.access.client_with("--grafana-token-file", self.grafana_token_file.as_deref())?, url.as_str())),
            None => None,
        };
        let mut checks = vec![Check::new("prometheus", || {
            prometheus.query("vector(1)", None)?;
            Ok(State::passed(format!("{} answers", without_secrets(&self.prometheus))))
        })];
        if checks[0].is_passed() {
            let add = |name, run: &dyn Fn() -> Result<State, String>| Check::new(name, run);
            checks.extend([
                add("clock", &|| clock::check(&prometheus)),
                add("targets", &|| target::check(&prometheus, &self.job)),
                add("metrics", &|| metric::check(&prometheus, &self.job, &self.family)),
                add("rules", &|| rule::check(&prometheus, &self.without)),
                add("panels", &|| panel::check(&prometheus)),
                add("sentinel", &|| sentinel::check(&prometheus)),
                add("check_auth_failures", &|| security::auth_failures(&prometheus, self.max_auth_failures)),
                add("check_rate_limiting", &|| security::rate_limiting(&prometheus, self.max_requests)),
                add("alertmanager", &|| alertmanager::check(&prometheus, alertmanager.as_ref())),
                add("notifications", &|| alertmanager::notifications(alertmanager.as_ref())),
            ]);
        }
        if let Some((client, url)) = &grafana {
            checks.push(Check::new("grafana", || grafana::check(client, url)));
        }
        if let Some(directory) = &self.spikes {
            checks.push(Check::new("spikes", || spike::check(directory)));
        }
        checks.retain(|check| !self.skip.iter().any(|name| name == check.name));
        let failed = checks.iter().any(Check::is_failed);
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let text = match self.format {
            Format::Text => report::text(&checks, colour),
            Format::Json => report::json(&checks),
        };
        Ok(Outcome::checked(text, failed))
    }
}
