//! The command `mme-metrics`, built.

use std::io::{self, BufRead as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Builds the command, and returns where it is.
///
/// # Errors
///
/// When it does not build; the compiler's reason is on standard error.
pub fn built() -> io::Result<PathBuf> {
    // With the features that the tests are built with, so that little has to be built again.
    let arguments = ["build", "--bin", "mme-metrics", "--all-features", "--message-format=json"];
    let command = &mut Command::new(env!("CARGO"));
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let command = command.args(arguments).current_dir(root).stderr(Stdio::inherit());
    let lines = command.output()?.stdout;
    let messages = lines.lines().map_while(Result::ok).filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    let executables = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    executables.last().ok_or_else(|| io::Error::other("cargo named no program: see above"))
}
