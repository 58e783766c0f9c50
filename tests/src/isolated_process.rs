//! Tests of what exists once in a process, each in a process of its own.

use std::env;
use std::process::Command;

/// Tells the started process which test it is for.
const ALONE: &str = "MME_METRICS_TEST_ALONE";

/// Runs the body of the test called `name` in a process in which no other test runs.
///
/// # Panics
///
/// When that process fails, with its output.
#[track_caller]
pub fn run_alone(name: &str, body: impl FnOnce()) {
    run_alone_with(name, &[], body);
}

/// Does so with these environment variables as well.
///
/// # Panics
///
/// Like [`run_alone`].
#[track_caller]
pub fn run_alone_with(name: &str, variables: &[(&str, &str)], body: impl FnOnce()) {
    if env::var_os(ALONE).is_some_and(|test| test == *name) {
        return body();
    }
    let program = env::current_exe().expect("a running test has a path");
    let output = Command::new(program)
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, name)
        .envs(variables.iter().copied())
        .output();
    let output = output.expect("a running test can be run again");
    let said = String::from_utf8_lossy(&output.stdout);
    // Without the count, a misspelt name would run nothing and pass.
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{name} fails in a process of its own:\n{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
