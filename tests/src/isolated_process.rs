//! Tests of what a process has only once: its recorder, its environment, its budgets of label values, its resident memory.
//!
//! The tests of a binary share a process. A test that must not share it starts the same binary again, for itself alone.

use std::any::type_name;
use std::env;
use std::process::Command;

/// The variable that holds the name of the only test of a process.
const ALONE: &str = "MME_METRICS_TEST_ALONE";

/// Runs the body of a test in a process in which no other test runs.
///
/// Call it from the test itself with a closure, because the closure's type names the test.
///
/// # Panics
///
/// When that process fails, with its output.
#[track_caller]
pub fn run_alone<F: FnOnce()>(body: F) {
    run_alone_with(&[], body);
}

/// Runs the body of a test in a process of its own, with these additional environment variables.
///
/// # Panics
///
/// Like [`run_alone`].
#[track_caller]
pub fn run_alone_with<F: FnOnce()>(variables: &[(&str, &str)], body: F) {
    run(test_of::<F>(), variables, body);
}

/// Runs the body of an asynchronous test in a process of its own, on one thread.
///
/// # Panics
///
/// Like [`run_alone`].
#[track_caller]
pub fn run_alone_async<F: AsyncFnOnce()>(body: F) {
    run(test_of::<F>(), &[], || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(body());
    });
}

#[track_caller]
fn run(name: &str, variables: &[(&str, &str)], body: impl FnOnce()) {
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
    let stdout = String::from_utf8_lossy(&output.stdout);
    // Without the count, a wrong name would run no test and pass.
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{name} fails in a process of its own:\n{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Returns the name of the test in which a closure is written, as the test runner spells it.
fn test_of<F>() -> &'static str {
    let path = type_name::<F>().trim_end_matches("::{{closure}}");
    path.split_once("::").map_or(path, |(_crate, path)| path)
}
