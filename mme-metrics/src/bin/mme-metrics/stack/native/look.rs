//! The commands of a native stack that change nothing.

use std::fmt::Write as _;

use super::process;
use super::ready;
use crate::outcome::Outcome;
use crate::stack::place::Place;
use crate::stack::server::Server;

/// Lists the servers, and whether they run.
pub(in crate::stack) fn status(place: &Place, servers: &[Server]) -> Result<Outcome, String> {
    let mut text = String::new();
    let mut is_dead = false;
    for server in servers {
        let state = if let Some(running) = process::running(place, server.kind)? {
            format!("running  process {:<8} {}", running.pid, server.url())
        } else {
            is_dead = true;
            format!("dead     see `mme-metrics stack logs {}`; `stack up` starts it again", server.name())
        };
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "{:<13} {state}", server.name());
    }
    Ok(Outcome::checked(text, is_dead))
}

/// Asks each server whether it is ready.
pub(in crate::stack) fn health(place: &Place, servers: &[Server]) -> Result<Outcome, String> {
    let mut text = String::new();
    let mut is_bad = false;
    for server in servers {
        let answer = match process::running(place, server.kind)? {
            Some(_) => ready::ask(server),
            // What answers at its port is another program.
            None => Err("it does not run".to_owned()),
        };
        is_bad |= answer.is_err();
        let state = answer.map_or_else(|reason| format!("NOT READY: {reason}"), |()| "ready".to_owned());
        let _ = writeln!(text, "{:<13} {state}", server.name());
    }
    Ok(Outcome::checked(text, is_bad))
}

/// Lists the addresses.
#[expect(clippy::unnecessary_wraps, reason = "as the other commands")]
pub(in crate::stack) fn endpoints(_: &Place, servers: &[Server]) -> Result<Outcome, String> {
    Ok(Outcome::success(addresses(servers)))
}

pub(super) fn addresses(servers: &[Server]) -> String {
    let mut text = String::new();
    for server in servers {
        let _ = writeln!(text, "{:<13} {}", server.name(), server.url());
    }
    text
}
