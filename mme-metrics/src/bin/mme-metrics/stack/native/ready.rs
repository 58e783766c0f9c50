//! Waits until servers are ready.

use std::time::{Duration, Instant};

use super::launcher;
use super::log;
use super::start::Started;
use crate::fetch::Client;
use crate::stack::place::Place;
use crate::stack::progress::{Mark, step};
use crate::stack::server::Server;

/// Longest time that a server may take: Prometheus reads what it kept of the last hours.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often a server is asked.
const GLANCE: Duration = Duration::from_millis(100);

/// How often it is said that a server is waited for.
const REMINDER: Duration = Duration::from_secs(10);

/// Returns why a server is not ready.
pub(super) fn ask(server: &Server) -> Result<(), String> {
    let url = format!("{}{}", server.url(), server.kind.ready_path());
    Client::of_this_machine(Duration::from_secs(5)).text(&url, &[]).map(drop)
}

/// Waits until each server is ready. It is an error if one ends before that.
pub(super) fn wait(place: &Place, servers: &mut [(Server, Started)]) -> Result<(), String> {
    let began = Instant::now();
    for (server, state) in servers {
        let mut reminded = Instant::now();
        loop {
            // In this order: another program that took the port in the meantime may answer too.
            let answer = ask(server);
            if let Some(end) = ended(state)? {
                step(Mark::Bad, server.name(), &end);
                let last = log::last(&launcher::log(place, server.kind));
                return Err(format!("{} does not start ({end}):\n{last}", server.name()));
            }
            let Err(reason) = answer else { break };
            if began.elapsed() > PATIENCE {
                return Err(format!("{} is not ready after {} s: {reason}", server.name(), PATIENCE.as_secs()));
            }
            if reminded.elapsed() > REMINDER {
                step(Mark::Open, server.name(), "is starting");
                reminded = Instant::now();
            }
            std::thread::sleep(GLANCE);
        }
        let text = match state {
            Started::Before(running) => format!("ready; it was running (process {})", running.pid),
            Started::Now(child) => format!("ready (process {})", child.id()),
        };
        step(Mark::Good, server.name(), &text);
    }
    Ok(())
}

/// Says how a server ended, if it did.
fn ended(state: &mut Started) -> Result<Option<String>, String> {
    match state {
        Started::Before(running) => Ok(running.ends_by(Instant::now()).then(|| "it has ended".to_owned())),
        Started::Now(child) => match child.try_wait() {
            Ok(status) => Ok(status.map(|status| status.to_string())),
            Err(error) => Err(format!("cannot look at process {}: {error}", child.id())),
        },
    }
}
