//! Virtual environments of Python in the build directory, each made once for its requirements.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use crate::python::build_directory;

/// Returns the programs of an environment that has the packages of a file, each pinned by its hash.
///
/// # Panics
///
/// When the packages cannot be installed, with what to do.
#[track_caller]
pub(crate) fn programs(name: &str, requirements: &Path) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    // A test that failed while it held the lock leaves an environment without its mark.
    let _lock = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let environment = build_directory().join(name);
    let wanted = fs::read_to_string(requirements).expect("the requirements are part of the tests");
    // Written last, so an installation that was interrupted is done again.
    let mark = environment.join("installed.txt");
    if fs::read_to_string(&mark).ok().as_deref() != Some(&wanted) {
        install(&environment, requirements);
        fs::write(&mark, wanted).expect("the build directory can be written");
    }
    environment.join("bin")
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
        "packages cannot be installed from PyPI: check the network and the hashes in {}\n{}",
        requirements.display(),
        String::from_utf8_lossy(&installed.stderr),
    );
}

/// Runs a program of Python's.
#[track_caller]
pub(crate) fn run(program: &Path, options: &[&str], add: impl FnOnce(&mut Command) -> &mut Command) -> Output {
    let mut command = Command::new(program);
    command.args(options);
    let output = add(&mut command).output();
    output.unwrap_or_else(|error| panic!("{} cannot be run ({error}): apt-get install python3", program.display()))
}
