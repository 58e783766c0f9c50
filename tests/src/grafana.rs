//! Grafana's typed models of dashboards, which Grafana publishes for Python.

use std::path::{Path, PathBuf};

use crate::environment;

/// Reads dashboards into the models and lists what does not fit.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/grafana")
}

/// Returns what Grafana's models find wrong with dashboards, one finding a line; empty if nothing.
///
/// # Panics
///
/// When the models cannot be installed, with what to do.
#[track_caller]
pub fn findings(dashboards: &[PathBuf]) -> String {
    let python = environment::programs("grafana-models", &tools().join("requirements.txt")).join("python");
    let output = environment::run(&python, &[], |command| command.arg(tools().join("validate.py")).args(dashboards));
    let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // 1 says that there are findings; an uncaught exception ends with 1 too, and says why.
    assert!(why.is_empty() && matches!(output.status.code(), Some(0 | 1)), "validate.py fails:\n{why}");
    said.trim().to_owned()
}
