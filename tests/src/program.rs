//! Programs that tests start, found by the names that their projects give them.
//!
//! A folder named by `MME_TEST_TOOLS` comes before the path. `tests/newest` builds the newest servers into such a folder.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// The variable that names the folder that comes before the path.
pub(crate) const TOOLS: &str = "MME_TEST_TOOLS";

/// Prepares a run of `name`, such as `prometheus`, `promtool`, `alertmanager`, `amtool`, `node_exporter`, `pushgateway` or `otelcol`.
///
/// # Panics
///
/// When it is missing, with how to get it.
#[track_caller]
pub fn command(name: &str) -> Command {
    let folders = env::var_os(TOOLS).into_iter().chain(env::var_os("PATH"));
    Command::new(find(name, folders).unwrap_or_else(|| panic!("{name} is missing: {}", remedy(name))))
}

/// Returns the first program of this name, or of Debian's name for it, in lists of folders that are written as `PATH` is.
fn find(name: &str, folders: impl IntoIterator<Item = OsString>) -> Option<PathBuf> {
    let folders: Vec<PathBuf> =
        folders.into_iter().flat_map(|list| env::split_paths(&list).collect::<Vec<_>>()).collect();
    let names = [name, debian(name).0];
    folders.iter().flat_map(|folder| names.map(|name| folder.join(name))).find(|program| program.is_file())
}

/// Returns what Debian calls a program, and the package that has it.
fn debian(name: &str) -> (&str, Option<&str>) {
    match name {
        "prometheus" | "promtool" => (name, Some("prometheus")),
        "alertmanager" => ("prometheus-alertmanager", Some("prometheus-alertmanager")),
        "amtool" => (name, Some("prometheus-alertmanager")),
        "blackbox_exporter" => packaged("prometheus-blackbox-exporter"),
        "mysqld_exporter" => packaged("prometheus-mysqld-exporter"),
        "node_exporter" => packaged("prometheus-node-exporter"),
        "pushgateway" => packaged("prometheus-pushgateway"),
        "postgres_exporter" => packaged("prometheus-postgres-exporter"),
        "redis_exporter" => packaged("prometheus-redis-exporter"),
        _ => (name, None),
    }
}

/// Names a program and the package of the same name that has it.
fn packaged(name: &'static str) -> (&'static str, Option<&'static str>) {
    (name, Some(name))
}

/// Says how to get a program.
fn remedy(name: &str) -> String {
    match debian(name).1 {
        Some(package) => format!("install it with `apt-get install {package}`"),
        None => format!("build it with `tests/newest build` and set {TOOLS} to the folder that it prints"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn finds_either_name_and_prefers_the_first_folder() {
        let debian = tempfile::tempdir().unwrap();
        fs::write(debian.path().join("prometheus-alertmanager"), "").unwrap();
        fs::write(debian.path().join("promtool"), "").unwrap();
        let newest = tempfile::tempdir().unwrap();
        fs::write(newest.path().join("promtool"), "").unwrap();
        let folders = || [newest.path().into(), env::join_paths(["/missing".as_ref(), debian.path()]).unwrap()];
        assert_eq!(find("promtool", folders()), Some(newest.path().join("promtool")));
        assert_eq!(find("alertmanager", folders()), Some(debian.path().join("prometheus-alertmanager")));
        assert_eq!(find("otelcol", folders()), None);
    }

    #[test]
    #[should_panic(expected = "otelcol-of-nowhere is missing: build it with `tests/newest build`")]
    fn says_how_to_get_a_missing_program() {
        command("otelcol-of-nowhere");
    }

    #[test]
    fn names_the_package_of_debian() {
        assert_eq!(remedy("amtool"), "install it with `apt-get install prometheus-alertmanager`");
        assert_eq!(remedy("redis_exporter"), "install it with `apt-get install prometheus-redis-exporter`");
    }
}
