//! The command `mme-metrics stack down` for a native stack.

use std::process::Child;
use std::time::{Duration, Instant};

use super::process::{self, Record};
use crate::outcome::Outcome;
use crate::stack::place::Place;
use crate::stack::progress::{Mark, step};
use crate::stack::server::ServerKind;

/// How long a server may take to stop: Prometheus writes its data.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a process that was killed may take to be gone.
const KILLED: Duration = Duration::from_secs(5);

/// Stops every server on record.
pub(in crate::stack) fn down(place: &Place) -> Result<Outcome, String> {
    let mut running = Vec::new();
    // One that cannot be stopped keeps no other one running.
    let mut problems = Vec::new();
    // The servers that send to others stop first.
    for kind in ServerKind::ALL.into_iter().rev() {
        match process::running(place, kind) {
            Ok(Some(process)) => {
                problems.extend(process.terminate().err());
                running.push((kind, process));
            }
            Ok(None) => problems.extend(Record::remove(place, kind).err()),
            Err(problem) => problems.push(problem),
        }
    }
    let stopped = running.len();
    let deadline = Instant::now() + PATIENCE;
    for (kind, process) in running {
        let mut text = "stopped";
        if !process.ends_by(deadline) {
            problems.extend(process.kill().err());
            if !process.ends_by(Instant::now() + KILLED) {
                problems.push(format!("{} (process {}) does not end", kind.name(), process.pid));
                continue;
            }
            text = "killed, because it did not stop";
        }
        step(Mark::Good, kind.name(), text);
        problems.extend(Record::remove(place, kind).err());
    }
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    Ok(Outcome::success(match stopped {
        0 => "nothing was running".to_owned(),
        1 => format!("1 server stopped; its data are in {}", place.root().display()),
        _ => format!("{stopped} servers stopped; their data are in {}", place.root().display()),
    }))
}

/// Stops a server that was just started.
pub(super) fn end(child: &mut Child) {
    // A child that was not waited for keeps its number, so the signal reaches no other process. Each fails only if it has ended.
    if let Some(pid) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
}
