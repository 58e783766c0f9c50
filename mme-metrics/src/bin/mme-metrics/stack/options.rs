//! The options of a native stack.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::disk::cannot;

#[derive(Args, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[command(next_help_heading = "With --native")]
pub(crate) struct NativeOptions {
    /// Scrape the service under this job.
    #[arg(long, value_name = "JOB", default_value = "trust-service", requires = "native")]
    pub(super) job: String,

    /// Scrape the service there; give the option once for each of its instances.
    #[arg(
        long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", requires = "native", value_parser = host_and_port
    )]
    pub(super) target: Vec<String>,

    /// The path of its metrics.
    #[arg(long, value_name = "PATH", default_value = "/metrics", requires = "native", value_parser = path)]
    pub(super) metrics_path: String,

    /// Scrape with the token in this file as `Authorization: Bearer`. Prometheus reads it at each scrape.
    #[arg(long, value_name = "FILE", requires = "native")]
    pub(super) token_file: Option<PathBuf>,

    /// Probe this address too. Needs the blackbox exporter.
    #[arg(long, value_name = "URL", requires = "native", value_parser = probe)]
    pub(super) probe: Vec<String>,

    /// Notify people as this configuration says. Without it, `stack logs pager` shows the notifications.
    #[arg(long, value_name = "FILE", requires = "native")]
    pub(super) alertmanager_config: Option<PathBuf>,

    /// The port of Prometheus. Every server listens on 127.0.0.1 only.
    #[arg(long, value_name = "PORT", default_value = "9090", requires = "native", value_parser = port())]
    pub(super) prometheus_port: u16,

    /// The port of Alertmanager.
    #[arg(long, value_name = "PORT", default_value = "9093", requires = "native", value_parser = port())]
    pub(super) alertmanager_port: u16,

    /// The port of the node exporter.
    #[arg(long, value_name = "PORT", default_value = "9100", requires = "native", value_parser = port())]
    pub(super) node_port: u16,

    /// The port of the blackbox exporter.
    #[arg(long, value_name = "PORT", default_value = "9115", requires = "native", value_parser = port())]
    pub(super) blackbox_port: u16,

    /// The port of the pager, which logs notifications.
    #[arg(long, value_name = "PORT", default_value = "9095", requires = "native", value_parser = port())]
    pub(super) pager_port: u16,
}

impl NativeOptions {
    /// Names files so that they are found from any directory.
    pub(super) fn absolute(mut self) -> Result<Self, String> {
        for path in [&mut self.token_file, &mut self.alertmanager_config].into_iter().flatten() {
            *path = readable(path)?;
        }
        Ok(self)
    }
}

fn readable(path: &Path) -> Result<PathBuf, String> {
    let failed = cannot("read", path);
    // A link stays one: what it leads to may be replaced.
    let absolute = std::path::absolute(path).map_err(failed)?;
    let file = std::fs::File::open(&absolute).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(format!("{} is a directory: name a file", path.display()));
    }
    Ok(absolute)
}

fn port() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..)
}

/// Accepts the name of a server, also of one that compose knows.
pub(super) fn name(text: &str) -> Result<String, String> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !plain || !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err("use letters, digits, `-` and `_`".to_owned());
    }
    Ok(text.to_owned())
}

fn host_and_port(text: &str) -> Result<String, String> {
    let is_valid = text.rsplit_once(':').is_some_and(|(host, port)| {
        let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match name {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')),
        };
        is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if is_valid { Ok(text.to_owned()) } else { Err("write it as HOST:PORT, such as 127.0.0.1:8080".to_owned()) }
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '?' | '#')) {
        return Ok(text.to_owned());
    }
    Err("write it as /PATH, without a query".to_owned())
}

fn probe(text: &str) -> Result<String, String> {
    let is_url = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match is_url {
        // It becomes a label, which everyone sees who reads the metrics.
        Some(rest) if !rest.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '@' | '?')) => {
            Ok(text.to_owned())
        }
        _ => Err("write it as http://HOST/PATH, without a user, a password or a query".to_owned()),
    }
}
