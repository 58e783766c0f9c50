//! `amtool`, which ships with Alertmanager, and what this Alertmanager can read.

use crate::program;

/// Runs `amtool`, and returns what it writes to its standard output.
///
/// # Panics
///
/// When it fails, with what it said, or when it is missing.
#[track_caller]
pub fn amtool(arguments: &[&str]) -> String {
    match run_amtool(arguments) {
        Ok(said) => said,
        Err(said) => panic!("amtool {}:\n{said}", arguments.join(" ")),
    }
}

/// Runs `amtool`, which has to fail, and returns everything that it says.
///
/// # Panics
///
/// When it succeeds, or when it is missing.
#[track_caller]
pub fn amtool_refuses(arguments: &[&str]) -> String {
    run_amtool(arguments).expect_err("amtool takes what it has to refuse")
}

/// Returns its standard output or, if it fails, all that it says.
#[track_caller]
fn run_amtool(arguments: &[&str]) -> Result<String, String> {
    let output = program::command("amtool").args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("amtool cannot be run: {error}"));
    let [said, complained] = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    if output.status.success() { Ok(said) } else { Err(said + &complained) }
}

/// Returns the bundled configurations that this Alertmanager reads: the system's reads the first, a newer one both.
pub fn readable_configurations() -> &'static [&'static str] {
    let all: &[&str] = &["alertmanager.yml", "alertmanager-0.34.yml"];
    if std::env::var_os(program::TOOLS).is_some() { all } else { &all[..1] }
}
