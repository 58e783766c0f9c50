//! Grafana's typed models of dashboards, which Grafana publishes for Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::python::build_directory;

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
    let output = run(&interpreter(), &[], |command| command.arg(tools().join("validate.py")).args(dashboards));
    let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // 1 says that there are findings; an uncaught exception ends with 1 too, and says why.
    assert!(why.is_empty() && matches!(output.status.code(), Some(0 | 1)), "validate.py fails:\n{why}");
    said.trim().to_owned()
}

/// Returns a Python that has the models: a virtual environment in the build directory, made once for each requirement.
fn interpreter() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let environment = build_directory().join("grafana-models");
        let requirements = tools().join("requirements.txt");
        let wanted = fs::read_to_string(&requirements).expect("the requirements are part of the tests");
        // Written last, so an installation that was interrupted is done again.
        let mark = environment.join("installed.txt");
        if fs::read_to_string(&mark).ok().as_deref() != Some(&wanted) {
            install(&environment, &requirements);
            fs::write(&mark, wanted).expect("the build directory can be written");
        }
        environment.join("bin/python")
    });
    found.clone()
}

fn install(environment: &Path, requirements: &Path) {
    let made = run(Path::new("python3"), &["-m", "venv", "--clear"], |command| command.arg(environment));
    assert!(
        made.status.success(),
        "no virtual environment can be made: apt-get install python3-venv python3-pip\n{}",
        String::from_utf8_lossy(&made.stdout),
    );
    let options =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"];
    let installed = run(&environment.join("bin/python"), &options, |command| command.arg(requirements));
    assert!(
        installed.status.success(),
        "grafana-foundation-sdk cannot be installed from PyPI: check the network and the hash in {}\n{}",
        requirements.display(),
        String::from_utf8_lossy(&installed.stderr),
    );
}

fn run(program: &Path, options: &[&str], add: impl FnOnce(&mut Command) -> &mut Command) -> Output {
    let mut command = Command::new(program);
    command.args(options);
    let output = add(&mut command).output();
    output.unwrap_or_else(|error| panic!("{} cannot be run ({error}): apt-get install python3", program.display()))
}
