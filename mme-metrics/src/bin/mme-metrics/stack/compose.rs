//! A stack of containers: runs the script of the exported compose folder.

use std::process::{Command, Stdio};

use mme_metrics::asset::AssetOptions;

use super::place::Place;
use super::settings::Settings;
use crate::assets::export::{self, Platform};
use crate::outcome::Outcome;

/// The programs that read compose files, in the order in which they are tried.
const PROGRAMS: [&str; 3] = ["docker compose", "podman compose", "podman-compose"];

/// The script, in the directory of the stack.
const SCRIPT: &str = "assets/deploy/compose/start.sh";

/// Returns the first program that is there.
pub(super) fn find() -> Result<&'static str, String> {
    let answers = |program: &&str| {
        let mut words = program.split(' ');
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).arg("version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    PROGRAMS.into_iter().find(answers).ok_or_else(|| {
        "neither `docker compose` nor `podman compose` is there: install Docker with Compose, or Podman with podman-compose, \
         or run the servers of this machine by `mme-metrics stack up --native`"
            .to_owned()
    })
}

/// Writes the files, and starts the containers.
pub(super) fn up(place: &Place, program: &str) -> Result<Outcome, String> {
    let files = export::render(&AssetOptions::new(), Some(Platform::Compose))?;
    // Those that a user changed stay: targets, and settings of servers.
    export::update(&place.directory("assets")?, &files)?;
    Settings::Compose { program: program.to_owned() }.write(place)?;
    run(place, program, &["up"])
}

/// Runs a command of the script, which prints what there is to print.
pub(super) fn run(place: &Place, program: &str, arguments: &[&str]) -> Result<Outcome, String> {
    let mut command = Command::new("sh");
    command.arg(place.path(SCRIPT)).args(arguments).env("COMPOSE", program).stdin(Stdio::null());
    let status = command.status().map_err(|error| format!("cannot run `sh`: {error}"))?;
    match (status.code(), arguments.first()) {
        (Some(0), _) => Ok(Outcome::success("")),
        // It has said which server is not ready.
        (Some(1), Some(&"health")) => Ok(Outcome::checked("", true)),
        _ => Err(format!("`{program}` failed ({status}); it has said above why")),
    }
}
