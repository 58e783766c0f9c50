//! The command `mme-metrics stack up --native`.

use std::fmt::Write as _;
use std::process::Child;

use super::process::{self, Running};
use super::{configuration, disk_space, launcher, plan, ready, stop};
use crate::outcome::Outcome;
use crate::stack::lock::Lock;
use crate::stack::options::NativeOptions;
use crate::stack::place::Place;
use crate::stack::progress::{Mark, step};
use crate::stack::server::{Server, ServerKind};
use crate::stack::settings::Settings;

/// A server of a start.
#[derive(Debug)]
pub(super) enum Started {
    /// It ran before.
    Before(Running),
    /// It was started now.
    Now(Child),
}

/// Starts what does not run yet. `before` are the options of what runs.
pub(in crate::stack) fn up(
    place: &Place,
    lock: &Lock,
    options: NativeOptions,
    before: Option<&NativeOptions>,
) -> Result<Outcome, String> {
    let servers = plan::servers(&options)?;
    let mut running = Vec::new();
    for kind in ServerKind::ALL {
        running.extend(process::running(place, kind)?.map(|running| (kind, running)));
    }
    if !running.is_empty() && before != Some(&options) {
        return Err(format!(
            "{} has a stack with other options: stop it by `mme-metrics stack down`, or repeat its options",
            place.root().display()
        ));
    }
    let mut started = Vec::new();
    for server in servers {
        let before = running.iter().position(|(kind, _)| *kind == server.kind).map(|at| running.swap_remove(at).1);
        if before.is_none() {
            plan::check_port(&server)?;
        }
        started.push((server, before));
    }
    disk_space::check(place)?;
    let servers: Vec<_> = started.iter().map(|(server, _)| server.clone()).collect();
    configuration::write(place, &options, &servers)?;
    let settings = Settings::Native { options, servers };
    settings.write(place)?;
    let Settings::Native { options, servers } = &settings else { return Err("the settings changed".to_owned()) };
    let mut all = Vec::new();
    let mut result = Ok(());
    for (server, before) in started {
        let now = match before {
            Some(running) => Ok(Started::Before(running)),
            None => configuration::arguments(place, options, &server)
                .and_then(|arguments| launcher::start(place, lock, &server, &arguments))
                .map(Started::Now),
        };
        match now {
            Ok(state) => all.push((server, state)),
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    reload(&all)?;
    if let Err(error) = result.and_then(|()| ready::wait(place, &mut all)) {
        give_up(place, all);
        return Err(error);
    }
    Ok(Outcome::success(summary(servers)))
}

/// Lets a Prometheus that was running read its configuration again, which names what was started now.
fn reload(all: &[(Server, Started)]) -> Result<(), String> {
    let is_new = |(_, state): &(Server, Started)| matches!(state, Started::Now(_));
    for (server, state) in all.iter().filter(|(server, _)| server.kind == ServerKind::Prometheus) {
        if let (Started::Before(running), true) = (state, all.iter().any(is_new)) {
            step(Mark::Good, server.name(), "reads its configuration again");
            running.reload()?;
        }
    }
    Ok(())
}

/// Stops what was started now, so that a failed start leaves nothing more running than before.
fn give_up(place: &Place, all: Vec<(Server, Started)>) {
    for (server, state) in all {
        let Started::Now(mut child) = state else { continue };
        step(Mark::Bad, server.name(), "stopped again");
        stop::end(&mut child);
        // The process is gone, so a record that stays is one of a dead process.
        let _ = process::Record::remove(place, server.kind);
    }
}

fn summary(servers: &[Server]) -> String {
    let mut text = super::look::addresses(servers);
    let url = |kind| servers.iter().find(|server| server.kind == kind).map(Server::url).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "\nWithin two minutes, when every rule was evaluated:\n  mme-metrics verify --prometheus {} --alertmanager {}",
        url(ServerKind::Prometheus),
        url(ServerKind::Alertmanager)
    );
    text
}
