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
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| crate::service::built("mme-metrics"));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).stdin(Stdio::null()).stdout(out).stderr(Stdio::piped());
    let output = command.spawn().and_then(Child::wait_with_output).expect("it was just built");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}
