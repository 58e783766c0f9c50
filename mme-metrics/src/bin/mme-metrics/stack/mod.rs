//! The command `mme-metrics stack`.

mod compose;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has native stacks, which use all of it"))]
mod lock;
#[cfg(target_os = "linux")]
mod native;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod native;
mod options;
mod place;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has native stacks, which use all of it"))]
mod progress;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has native stacks, which use all of it"))]
mod server;
mod settings;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use self::options::NativeOptions;
use self::place::Place;
use self::settings::Settings;
use crate::outcome::Outcome;

/// The command by which a native stack calls this program.
pub(crate) const PROCESS: &str = "stack-process";

/// What is said where nothing was started.
const NOTHING: &str = "no stack runs here: start one by `mme-metrics stack up`";

#[derive(Subcommand)]
pub(crate) enum Stack {
    /// Start what does not run yet, and wait until it is ready. The servers go on when this command ends.
    Up(Up),
    /// Stop every server. Their data stay.
    Down(Where),
    /// Stop every server, and start them with the options of the last `up`.
    Restart(Where),
    /// List the servers, and which of them died. The exit code is 1 unless all of them run.
    Status(Where),
    /// Ask each server whether it is ready. The exit code is 1 if one is not.
    Health(Where),
    /// Print the addresses of the servers.
    Endpoints(Where),
    /// Print what the servers, or one of them, have logged.
    Logs(Logs),
}

/// What a native stack calls this program for. No user does, so help and completions do not have it.
#[derive(Parser)]
#[command(name = PROCESS)]
pub(crate) enum StackProcess {
    /// Become a server whose process is on record.
    Launch(Launch),
    /// Print the notifications that Alertmanager sends.
    Pager(Pager),
}

/// Where a stack keeps its files.
#[derive(Args)]
pub(crate) struct Where {
    /// The directory of the stack [default: mme-metrics/stack in `$XDG_STATE_HOME` or ~/.local/state]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Up {
    /// Run the `prometheus`, `prometheus-alertmanager` and exporters of this machine, without containers. Needs Linux
    /// [default: `docker compose` or `podman compose`]
    #[arg(long)]
    native: bool,

    #[command(flatten)]
    place: Where,

    #[command(flatten)]
    options: NativeOptions,
}

#[derive(Args)]
pub(crate) struct Logs {
    /// The server [default: every one]
    #[arg(value_name = "NAME", value_parser = options::name)]
    name: Option<String>,

    /// Go on with what is logged from now on, until this command is stopped.
    #[arg(long, short)]
    follow: bool,

    #[command(flatten)]
    place: Where,
}

#[derive(Args)]
pub(crate) struct Launch {
    #[arg(value_name = "NAME", value_parser = options::name)]
    name: String,

    #[command(flatten)]
    place: Where,

    /// The program with its arguments.
    #[arg(value_name = "PROGRAM", required = true, last = true)]
    program: Vec<std::ffi::OsString>,
}

#[derive(Args)]
pub(crate) struct Pager {
    #[arg(long, value_name = "PORT")]
    port: u16,
}

impl Stack {
    pub(crate) fn run(self) -> Result<Outcome, String> {
        match self {
            Self::Up(up) => up.run(),
            Self::Down(at) => down(&at),
            Self::Restart(at) => restart(&at),
            Self::Status(at) => look(&at, native::status, "status"),
            Self::Health(at) => look(&at, native::health, "health"),
            Self::Endpoints(at) => look(&at, native::endpoints, "endpoints"),
            Self::Logs(logs) => logs.run(),
        }
    }
}

impl StackProcess {
    pub(crate) fn run(self) -> Result<Outcome, String> {
        match self {
            Self::Launch(launch) => {
                native::launch(&Place::made(launch.place.data.as_deref())?, &launch.name, &launch.program)
            }
            Self::Pager(pager) => native::receive(pager.port),
        }
    }
}

impl Up {
    fn run(self) -> Result<Outcome, String> {
        let at = self.place.data.as_deref();
        if self.native {
            native::check()?;
            let options = self.options.absolute()?;
            let place = Place::make(at)?;
            let lock = lock::take(&place)?;
            return match Settings::read(&place)? {
                Some(Settings::Compose { .. }) => Err(other("compose", &place)),
                Some(Settings::Native { options: running, .. }) => native::up(&place, &lock, options, Some(&running)),
                None => native::up(&place, &lock, options, None),
            };
        }
        let program = compose::find()?;
        let place = Place::make(at)?;
        let _lock = lock::take(&place)?;
        match Settings::read(&place)? {
            Some(Settings::Native { .. }) => Err(other("native", &place)),
            _ => compose::up(&place, program),
        }
    }
}

fn other(kind: &str, place: &Place) -> String {
    format!(
        "{} has a {kind} stack: stop it by `mme-metrics stack down`, or choose another directory by --data",
        place.root().display()
    )
}

fn down(at: &Where) -> Result<Outcome, String> {
    let Some(place) = Place::find(at.data.as_deref())? else { return Ok(Outcome::success(NOTHING)) };
    let _lock = lock::take(&place)?;
    let stopped = match Settings::read(&place) {
        Ok(Some(Settings::Compose { program })) => compose::run(&place, &program, &["down"])?,
        // What runs is on record by itself, so that it can be stopped whatever became of the settings.
        settings => {
            let stopped = native::down(&place)?;
            settings?;
            stopped
        }
    };
    Settings::remove(&place)?;
    Ok(stopped)
}

fn restart(at: &Where) -> Result<Outcome, String> {
    let place = Place::find(at.data.as_deref())?.ok_or(NOTHING)?;
    let lock = lock::take(&place)?;
    match Settings::read(&place)?.ok_or(NOTHING)? {
        Settings::Compose { program } => compose::run(&place, &program, &["restart"]),
        Settings::Native { options, .. } => {
            native::down(&place)?;
            native::up(&place, &lock, options, None)
        }
    }
}

/// Runs a command that changes nothing.
fn look(
    at: &Where,
    native: fn(&Place, &[server::Server]) -> Result<Outcome, String>,
    command: &str,
) -> Result<Outcome, String> {
    let Some(place) = Place::find(at.data.as_deref())? else { return Ok(Outcome::checked(NOTHING, true)) };
    match Settings::read(&place)? {
        None => Ok(Outcome::checked(NOTHING, true)),
        Some(Settings::Compose { program }) => compose::run(&place, &program, &[command]),
        Some(Settings::Native { servers, .. }) => native(&place, &servers),
    }
}

impl Logs {
    fn run(self) -> Result<Outcome, String> {
        let place = Place::find(self.place.data.as_deref())?.ok_or(NOTHING)?;
        if let Some(Settings::Compose { program }) = Settings::read(&place)? {
            let follow = self.follow.then_some("--follow");
            let arguments: Vec<_> = ["logs"].into_iter().chain(follow).chain(self.name.as_deref()).collect();
            return compose::run(&place, &program, &arguments);
        }
        native::logs(&place, self.name.as_deref(), self.follow)
    }
}
