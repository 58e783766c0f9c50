//! A small document service that is measured from end to end, as an example to copy from.
//!
//! ```text
//! cargo run --release -p trust-service -- --demo
//! ```
//!
//! Tenants log in, store documents, have them processed, sign them with certificates and ask which document to promote.
//! Machines use part of it through gRPC. The metrics are at `/metrics`, on the HTTP port.
//!
//! | to see | look at |
//! |---|---|
//! | how metrics are set up, in one call | `telemetry.rs` |
//! | how an operator disables metrics without a build | `Settings::from_env` in `telemetry.rs` |
//! | how metrics are sent to OpenTelemetry | `export` in `telemetry.rs` |
//! | how a router is measured, in one line | `server.rs` |
//! | how connections are measured | `MeasuredListener` in `server.rs` and `grpc/mod.rs` |
//! | how a database is measured, in one line | `database.rs` |
//! | how a cache is measured | `documents/recent.rs` |
//! | how a gRPC server is measured, in one line | `grpc/mod.rs` |
//! | how a gRPC client is measured | `demo/rpc.rs` |
//! | how a function is measured | `#[instrument_metrics]` in `documents/process.rs` |
//! | the service's objectives, and an alert when one is missed | `objectives.rs` |
//! | the live page, in one line | `server.rs` |
//! | traces of the slowest requests | `spikes.rs`, and `Notes` in `promote.rs` |
//! | the service's own metric family | `documents/metrics.rs` |
//! | a label whose values come from outside the program | `tenant.rs` |
//! | logins, refusals, and detection of brute-force sources | `login/`, `sources.rs` |
//! | authorization: policy decisions | `documents/access.rs` |
//! | a rate limit in tower | `LOGINS` in `login/mod.rs` |
//! | the audit trail | `audit.rs` |
//! | probes of Kubernetes, and a stop that loses no request and no event | `server.rs` |
//! | background checks of tenants, dependencies, backups and data | `watch/` |
//!
//! Each domain has its own folder, with its routes, tables and metrics.

mod audit;
mod business;
mod certificates;
mod clock;
mod database;
mod demo;
mod documents;
mod error;
mod fault;
mod grpc;
mod login;
mod objectives;
mod promote;
mod server;
mod settings;
mod sources;
mod spikes;
mod state;
mod telemetry;
mod tenant;
mod watch;

use std::error::Error;
use std::process::ExitCode;

use crate::audit::Trail;
use crate::certificates::Identity;
use crate::settings::{Command, HELP, Settings};

fn main() -> ExitCode {
    let command = match Settings::read(std::env::args().skip(1), |name| std::env::var(name).ok()) {
        Ok(command) => command,
        // 2 is the usual exit code of a wrong command line.
        Err(error) => return complain(&error, ExitCode::from(2)),
    };
    match command {
        Command::Help => {
            server::print(HELP);
            ExitCode::SUCCESS
        }
        Command::Serve(settings) => match run(settings) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&*error, ExitCode::FAILURE),
        },
    }
}

#[tokio::main]
async fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    let identity = Identity::open(settings.certificate.clone())?;
    let sources = sources::track(&settings.proxies, settings.secret.as_deref())?;
    // The directory is removed when the service ends. The log is used until the process ends.
    let folder = tempfile::tempdir()?;
    let trail = settings.audit.clone().unwrap_or_else(|| folder.path().join("audit.log"));
    telemetry::start(&identity, &sources, Trail::open(trail.clone())?)?;
    // On the heap: the future holds every part of the service.
    Box::pin(server::run(settings, identity, sources, &trail)).await
}

/// Prints an error with its chain of causes, the innermost last.
fn complain(error: &dyn Error, code: ExitCode) -> ExitCode {
    eprint!("trust-service: {error}");
    let mut source = error.source();
    while let Some(reason) = source {
        eprint!(": {reason}");
        source = reason.source();
    }
    eprintln!();
    code
}
