//! The command `mme-metrics`, run as a user runs it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Builds the command if need be, and runs it in `directory`.
///
/// # Panics
///
/// When it cannot be built or started.
#[track_caller]
pub fn run<A: AsRef<OsStr>>(directory: &Path, arguments: impl IntoIterator<Item = A>) -> Ran {
    run_into(directory, arguments, Stdio::piped())
}

/// As [`run`], with another place for standard output. What went there is not in [`Ran::out`].
///
/// # Panics
///
/// When it cannot be built or started.
#[track_caller]
pub fn run_into<A: AsRef<OsStr>>(
    directory: &Path,
    arguments: impl IntoIterator<Item = A>,
    out: impl Into<Stdio>,
) -> Ran {
    let mut command = command(arguments);
    command.current_dir(directory).stdout(out);
    finish(command.spawn().expect("it was just built"))
}

/// Builds the command if need be, and returns it ready to be run.
///
/// # Panics
///
/// When it cannot be built.
#[track_caller]
pub fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| crate::service::built("mme-metrics"));
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for the end of a run.
///
/// # Panics
///
/// When its output cannot be read.
#[track_caller]
pub fn finish(child: Child) -> Ran {
    let output = child.wait_with_output().expect("a child can be waited for");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}
