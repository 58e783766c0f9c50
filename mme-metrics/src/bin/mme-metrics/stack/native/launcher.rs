//! Starts servers so that none is lost, whatever kills the command that starts them.
//!
//! A server begins as this program, which writes the record of its own process and then becomes the server. Until then it holds the
//! lock of the stack, as its standard input: whoever gets the lock later finds the record, or no process.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::process::Record;
use crate::disk::cannot;
use crate::outcome::Outcome;
use crate::stack::PROCESS;
use crate::stack::lock::Lock;
use crate::stack::place::Place;
use crate::stack::server::{Server, ServerKind};

/// This program, even if its file was replaced since.
pub(super) const THIS_PROGRAM: &str = "/proc/self/exe";

/// Size from which on a log is put aside when its server starts.
const LARGE: u64 = 10 << 20;

/// Returns the log of a server.
pub(super) fn log(place: &Place, kind: ServerKind) -> PathBuf {
    place.path("log").join(format!("{}.log", kind.name()))
}

/// Starts a server.
pub(super) fn start(place: &Place, lock: &Lock, server: &Server, arguments: &[OsString]) -> Result<Child, String> {
    place.directory("log")?;
    let path = log(place, server.kind);
    let out = open(&path).map_err(cannot("write", &path))?;
    let failed = |error| format!("cannot start {}: {error}", server.name());
    let mut command = Command::new(THIS_PROGRAM);
    command
        .arg0("mme-metrics")
        .args([PROCESS, "launch", server.name(), "--data"])
        .arg(place.root())
        .arg("--")
        .arg(&server.program)
        .args(arguments)
        .current_dir(place.root())
        .stdin(lock.share().map_err(failed)?)
        .stdout(out.try_clone().map_err(failed)?)
        .stderr(out);
    command.spawn().map_err(failed)
}

/// Opens a log at its end. One that has grown large is put aside.
fn open(path: &Path) -> std::io::Result<File> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > LARGE) {
        fs::rename(path, path.with_extension("log.old"))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// Becomes a server whose process is on record. Returns only if that fails.
pub(in crate::stack) fn launch(place: &Place, name: &str, program: &[OsString]) -> Result<Outcome, String> {
    let kind = ServerKind::named(name)?;
    let (program, arguments) = program.split_first().ok_or("there is no program to start")?;
    // Neither the end of the terminal nor its Ctrl-C is for the server. It fails if this is the first process of a session.
    let _ = rustix::process::setsid();
    Record::write(place, kind)?;
    let mut command = Command::new(program);
    if program == THIS_PROGRAM {
        command.arg0("mme-metrics");
    }
    // The lock is given back with the standard input.
    let error = command.args(arguments).stdin(Stdio::null()).exec();
    Record::remove(place, kind)?;
    Err(format!("cannot start {}: {error}", program.display()))
}
