//! `promtool`, which ships with Prometheus.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::program;

/// Requires that `promtool check metrics` has nothing to say of an exposition in text format 0.0.4.
///
/// # Panics
///
/// When it has, with what it said, or when it is missing.
#[track_caller]
pub fn check_metrics(exposition: &str) {
    run(&["check", "metrics"], exposition);
}

/// Runs `promtool` with `arguments` in a folder, and requires success. Returns what it said.
///
/// # Panics
///
/// When it fails, with what it said, or when it is missing.
#[track_caller]
pub fn accepts(folder: &Path, arguments: &[&str]) -> String {
    run_in(folder, arguments).unwrap_or_else(|said| panic!("promtool {}:\n{said}", arguments.join(" ")))
}

/// Runs `promtool` with `arguments` in a folder, and returns what it said.
///
/// # Errors
///
/// When it fails, with what it said.
///
/// # Panics
///
/// When it is missing.
#[track_caller]
pub fn run_in(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = program::command("promtool").args(arguments).current_dir(folder).output();
    let output = output.expect("promtool is a program that runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// Runs `promtool` with `arguments`, feeds it `input`, and requires success and silence.
///
/// # Panics
///
/// When it fails or says anything, with what it said, or when it is missing.
#[track_caller]
pub fn run(arguments: &[&str], input: &str) {
    let child = program::command("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap_or_else(|error| panic!("promtool cannot be run: {error}"));
    let mut stdin = child.stdin.take().expect("the input is piped");
    // It may end before it has read everything; then its output says why.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("a started program can be waited for");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.is_empty(), "promtool {}:\n{said}", arguments.join(" "));
}
