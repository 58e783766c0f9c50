//! What the command prints on standard output and on standard error.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::address::without_secrets_of;

/// Prints a text with a line break at its end.
pub(crate) fn print(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.write_all(end.as_bytes()));
    unless_closed(printed.and_then(|()| out.flush()))
}

/// Prints why the command failed.
pub(crate) fn complain(message: &str) {
    // Nothing is left to which an error of standard error could be written.
    let _ = writeln!(io::stderr(), "mme-metrics: {}", redacted(message));
}

/// Prints what clap has to say: the help, the version, or what is wrong with the arguments.
pub(crate) fn explain(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let printed = error.print().and_then(|()| io::stdout().flush());
        return match unless_closed(printed) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                complain(&message);
                ExitCode::from(2)
            }
        };
    }
    let text = error.to_string();
    let clean = redacted(&text);
    // Errors are ignored as those of `complain`. What has no secret keeps its colours.
    let _ = if clean == text { error.print() } else { io::stderr().write_all(clean.as_bytes()) };
    ExitCode::from(2)
}

/// A reader that closed the pipe has read enough: that is no error.
fn unless_closed(printed: io::Result<()>) -> Result<(), String> {
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}; write to a place that has room"))
        }
        _ => Ok(()),
    }
}

/// Returns a message without the secrets of the command's own arguments.
fn redacted(message: &str) -> String {
    without_secrets_of(std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()), message)
}
