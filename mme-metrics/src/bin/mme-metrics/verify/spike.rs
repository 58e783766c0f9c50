//! Checks that spike traces are kept.

use std::fs;
use std::path::Path;

use super::check::State;
use crate::disk::cannot;

pub(super) fn check(directory: &Path) -> Result<State, String> {
    let entries = fs::read_dir(directory).map_err(cannot("read", directory))?;
    let names = entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut days: Vec<_> = names
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "jsonl"))
        .map(|name| name.chars().take(10).collect::<String>())
        .collect();
    days.sort_unstable();
    days.dedup();
    match days.last() {
        None => Err(format!("{} has no spike traces: start the sampler with this directory", directory.display())),
        Some(last) => Ok(State::passed(format!("{} days of spike traces, the last is {last}", days.len()))),
    }
}
