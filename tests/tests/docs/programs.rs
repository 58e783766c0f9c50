//! README and CONTRIBUTING name the programs that `tests/run` installs.

use std::collections::BTreeSet;
use std::fs;

use crate::page::root;

/// What README calls the programs of each package of Debian.
const NAMES: [(&str, &str); 20] = [
    ("chromium", "Chromium"),
    ("make", "`make`"),
    ("mariadb-server", "MariaDB"),
    ("openssl", "OpenSSL"),
    ("postgresql", "PostgreSQL"),
    ("prometheus", "Prometheus"),
    ("prometheus-alertmanager", "Alertmanager"),
    ("prometheus-blackbox-exporter", "exporters"),
    ("prometheus-mysqld-exporter", "exporters"),
    ("prometheus-node-exporter", "exporters"),
    ("prometheus-postgres-exporter", "exporters"),
    ("prometheus-pushgateway", "Pushgateway"),
    ("prometheus-redis-exporter", "exporters"),
    ("python3", "Python"),
    ("python3-grpcio", "gRPC"),
    ("python3-pip", "pip"),
    ("python3-prometheus-client", "Prometheus"),
    ("python3-venv", "venv"),
    ("redis-server", "Redis"),
    ("shellcheck", "ShellCheck"),
];

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("a file of the repository")
}

/// Returns the packages that `tests/run` may install.
fn packages() -> BTreeSet<String> {
    let script = read("tests/run");
    let between = |start: &str, end: char| -> Vec<String> {
        let lists = script.split(start).skip(1).filter_map(|rest| rest.split(end).next());
        lists.flat_map(str::split_whitespace).map(str::to_owned).collect()
    };
    let needs = between("needs=(", ')').into_iter().filter_map(|need| Some(need.split_once(':')?.1.to_owned()));
    let missing = between("missing+=(", ')').into_iter().filter(|package| !package.starts_with('"'));
    let exporters = between("for exporter in ", ';').into_iter().map(|name| format!("prometheus-{name}-exporter"));
    needs.chain(missing).chain(exporters).collect()
}

#[test]
fn the_programs_that_the_tests_install_are_named() {
    let known: BTreeSet<_> = NAMES.iter().map(|(package, _)| (*package).to_owned()).collect();
    assert_eq!(packages(), known);
    let readme = read("README.md");
    let start = readme.split("\n## ").next().expect("a text has a beginning");
    for (package, name) in NAMES {
        assert!(start.contains(name), "README does not name {name}, which is of {package}");
    }
}
