//! Reads the settings from the command line and the environment.

use std::error::Error;
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::fault::Fault;

/// The text of `--help`.
pub(crate) const HELP: &str = "\
A small document service that is measured from end to end.

Usage: trust-service [--demo]

  --demo    also sends itself about 30 requests a second, good and bad, and watches its tenants
  --help    prints this text

Environment:
  TRUST_HTTP_ADDR   where to listen, an address and a port [127.0.0.1:8080]
  TRUST_GRPC_ADDR   where to listen for gRPC [127.0.0.1:50051]
  DATABASE_URL      a SQLite file or a PostgreSQL server [sqlite::memory:], for example sqlite://trust.db or
                    postgres://USER:PASSWORD@HOST/NAME
  TRUST_PASSWORD    the password of the example accounts [a new one at each start, printed]
  TRUST_SPIKES      a directory to write spike traces to [none: they stay in memory]
  TRUST_ADMIN_TOKEN the token that shows them at /spikes, and at /metrics/security/sources who fails to log in; also the
                    password of the user `admin` for the live page at /live [a new one at each start, printed]
  TRUST_SECRET      what tokens are signed with, the same for all instances, 16 characters or more [a new one at each
                    start, which ends all sessions]
  TRUST_PROXIES     proxies whose X-Forwarded-For is trusted, such as 10.0.0.0/8,fd00::/8 [none]
  TRUST_AUDIT       a file to append the audit trail to [a temporary one]
  TRUST_CERTIFICATE the service's own certificate, a PEM file whose expiry is watched [one made at each start]
  TRUST_FAULT       a fault to inject: errors[=N] fails every Nth request [4], slow[=MS] delays each [800]
  TRUST_DRAIN_MS    how long it serves on after SIGTERM while /readyz says that it stops, in milliseconds [0]
  TRUST_SCRAPE_MS   how long it waits for one more scrape of /metrics at the end, in milliseconds [0]
  OTEL_EXPORTER_OTLP_ENDPOINT
                    an OpenTelemetry receiver to send the metrics to, such as http://127.0.0.1:4318 [none]; OpenTelemetry's
                    other variables hold too
  MME_METRICS_FILE  a TOML file with the settings of the metrics [none]; its variables hold too, for example
                    MME_METRICS_DISABLED_FAMILIES=grpc,log and MME_METRICS_LISTENER_ADDRESS=127.0.0.1:9464
  RUST_LOG          what to log to standard error [info]

DATABASE_URL, TRUST_PASSWORD, TRUST_ADMIN_TOKEN and TRUST_SECRET may also be in a file that the variable of the same name
with `_FILE` at its end names, as a container's secrets are.
";

/// The environment variable with the address to listen on for HTTP.
pub(crate) const HTTP_ADDR: &str = "TRUST_HTTP_ADDR";

/// The environment variable with the address to listen on for gRPC.
pub(crate) const GRPC_ADDR: &str = "TRUST_GRPC_ADDR";

/// The command that the program was started with.
#[derive(Debug, PartialEq)]
// The size does not matter, because there is only one value.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Command {
    Serve(Settings),
    Help,
}

/// The settings of the service.
#[derive(Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) address: SocketAddr,
    pub(crate) grpc_address: SocketAddr,
    pub(crate) database: String,
    pub(crate) password: Option<String>,
    pub(crate) spikes: Option<PathBuf>,
    pub(crate) admin_token: Option<String>,
    pub(crate) fault: Fault,
    pub(crate) demo: bool,
    /// The secret from which the key of the tokens is derived.
    pub(crate) secret: Option<String>,
    /// Networks of trusted proxies.
    pub(crate) proxies: Vec<String>,
    /// The file of the audit trail.
    pub(crate) audit: Option<PathBuf>,
    /// The file of the service's own certificate. Without one, the service issues a certificate to itself.
    pub(crate) certificate: Option<PathBuf>,
    /// Time from the stop signal until the ports close.
    pub(crate) drain: Duration,
    /// Time for the last scrape.
    pub(crate) last_scrape: Duration,
}

impl Settings {
    /// Reads the arguments, without the name of the program, and the environment.
    pub(crate) fn read(
        args: impl Iterator<Item = String>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Command, SettingsError> {
        let mut demo = false;
        for arg in args {
            match arg.as_str() {
                "--demo" => demo = true,
                "--help" | "-h" => return Ok(Command::Help),
                _ => return Err(SettingsError::Argument(arg)),
            }
        }
        let address = |name, usual: &str| {
            let text = env(name).unwrap_or_else(|| usual.to_owned());
            text.parse().map_err(|_| SettingsError::Address { name, text, usual: usual.to_owned() })
        };
        let millis = |name| match env(name).filter(|text| !text.is_empty()) {
            None => Ok(Duration::ZERO),
            Some(text) => text.parse().map(Duration::from_millis).map_err(|_| SettingsError::Millis { name, text }),
        };
        let proxies = env("TRUST_PROXIES").unwrap_or_default();
        let proxies = proxies.split(',').map(str::trim).filter(|proxy| !proxy.is_empty());
        // The requests of the demo come from this machine, with headers that claim other addresses.
        let own = if demo { &["127.0.0.0/8", "::1"][..] } else { &[] };
        let proxies = proxies.chain(own.iter().copied()).map(str::to_owned).collect();
        let fault = env("TRUST_FAULT").unwrap_or_default();
        let secret = |name: &str| secret(name, &env);
        Ok(Command::Serve(Self {
            address: address(HTTP_ADDR, "127.0.0.1:8080")?,
            grpc_address: address(GRPC_ADDR, "127.0.0.1:50051")?,
            database: secret("DATABASE_URL")?.unwrap_or_else(|| "sqlite::memory:".to_owned()),
            password: secret("TRUST_PASSWORD")?,
            spikes: env("TRUST_SPIKES").filter(|directory| !directory.is_empty()).map(PathBuf::from),
            admin_token: secret("TRUST_ADMIN_TOKEN")?,
            fault: fault.parse().map_err(SettingsError::Fault)?,
            demo,
            secret: secret("TRUST_SECRET")?,
            proxies,
            audit: env("TRUST_AUDIT").filter(|path| !path.is_empty()).map(PathBuf::from),
            certificate: env("TRUST_CERTIFICATE").filter(|path| !path.is_empty()).map(PathBuf::from),
            drain: millis("TRUST_DRAIN_MS")?,
            last_scrape: millis("TRUST_SCRAPE_MS")?,
        }))
    }
}

/// Reads a secret from its variable or, if that is not set, from the file that the variable with `_FILE` names.
fn secret(name: &str, env: impl Fn(&str) -> Option<String>) -> Result<Option<String>, SettingsError> {
    let file = |path: String| match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim_end().to_owned()),
        Err(error) => Err(SettingsError::Secret { name: format!("{name}_FILE"), path, reason: error.to_string() }),
    };
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    match (env(name).and_then(filled), env(&format!("{name}_FILE")).and_then(filled)) {
        (None, Some(path)) => file(path).map(filled),
        (value, _) => Ok(value),
    }
}

/// The error of invalid settings.
#[derive(Debug, PartialEq)]
pub(crate) enum SettingsError {
    Argument(String),
    Address { name: &'static str, text: String, usual: String },
    Fault(crate::fault::FaultError),
    Millis { name: &'static str, text: String },
    Secret { name: String, path: String, reason: String },
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(arg) => {
                write!(f, "unknown argument `{arg}`: run `trust-service --help` to see what there is")
            }
            Self::Address { name, text, usual } => {
                write!(f, "{name}=`{text}` is not an address: write an IP and a port, such as {usual}")
            }
            Self::Millis { name, text } => {
                write!(f, "{name}=`{text}` is not a time: write a number of milliseconds, such as 5000")
            }
            Self::Fault(_) => f.write_str("TRUST_FAULT cannot be read"),
            Self::Secret { name, path, reason } => {
                write!(f, "{name}=`{path}` cannot be read ({reason}): name a file that this user may read")
            }
        }
    }
}

impl Error for SettingsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Fault(error) => Some(error),
            Self::Argument(_) | Self::Address { .. } | Self::Millis { .. } | Self::Secret { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str], env: &[(&str, &str)]) -> Result<Command, SettingsError> {
        let find = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(args.iter().map(|arg| (*arg).to_owned()), find)
    }

    #[test]
    fn listens_on_loopback_and_keeps_everything_in_memory_unless_told_otherwise() {
        let Ok(Command::Serve(settings)) = read(&[], &[]) else { panic!("the defaults are valid") };
        assert_eq!(settings.address.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.grpc_address.to_string(), "127.0.0.1:50051");
        assert_eq!(settings.database, "sqlite::memory:");
        assert_eq!((settings.spikes, settings.admin_token), (None, None));
        assert_eq!((settings.fault, settings.demo, settings.password), (Fault::Off, false, None));
    }

    #[test]
    fn nobody_is_believed_unless_told_so_and_with_the_demo_the_machine_itself() {
        let proxies = |args: &[&str], env: &[(&str, &str)]| match read(args, env) {
            Ok(Command::Serve(settings)) => settings.proxies,
            other => panic!("{other:?}"),
        };
        assert!(proxies(&[], &[]).is_empty());
        assert_eq!(proxies(&[], &[("TRUST_PROXIES", "10.0.0.0/8, fd00::/8,")]), ["10.0.0.0/8", "fd00::/8"]);
        assert_eq!(proxies(&["--demo"], &[]), ["127.0.0.0/8", "::1"]);
    }

    #[test]
    fn a_secret_may_be_in_a_file_and_its_variable_comes_first() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        let path = path.to_str().unwrap();
        fs::write(path, "in the file\n").unwrap();
        let password = |env: &[(&str, &str)]| match read(&[], env) {
            Ok(Command::Serve(settings)) => settings.password,
            other => panic!("{other:?}"),
        };
        assert_eq!(password(&[("TRUST_PASSWORD_FILE", path)]).as_deref(), Some("in the file"));
        let both = [("TRUST_PASSWORD", "in the variable"), ("TRUST_PASSWORD_FILE", path)];
        assert_eq!(password(&both).as_deref(), Some("in the variable"));
        assert_eq!(password(&[("TRUST_PASSWORD", ""), ("TRUST_PASSWORD_FILE", "")]), None);
        fs::write(path, "\n").unwrap();
        assert_eq!(password(&[("TRUST_PASSWORD_FILE", path)]), None);
        let error = read(&[], &[("TRUST_SECRET_FILE", "/missing/secret")]).unwrap_err().to_string();
        assert!(error.starts_with("TRUST_SECRET_FILE=`/missing/secret` cannot be read (No such file"), "{error}");
    }

    #[test]
    fn what_it_does_not_understand_is_an_error_that_says_what_to_do() {
        let error = read(&["--dmeo"], &[]).unwrap_err().to_string();
        assert_eq!(error, "unknown argument `--dmeo`: run `trust-service --help` to see what there is");
        let error = read(&[], &[("TRUST_HTTP_ADDR", "localhost")]).unwrap_err().to_string();
        assert!(error.contains("such as 127.0.0.1:8080"), "{error}");
        let error = read(&[], &[("TRUST_GRPC_ADDR", ":50051")]).unwrap_err().to_string();
        assert!(error.contains("such as 127.0.0.1:50051"), "{error}");
        assert!(read(&[], &[("TRUST_FAULT", "flood")]).is_err());
        let error = read(&[], &[("TRUST_DRAIN_MS", "5s")]).unwrap_err().to_string();
        assert_eq!(error, "TRUST_DRAIN_MS=`5s` is not a time: write a number of milliseconds, such as 5000");
    }
}
