//! Passes the compiler's version to the crate, for `build_info`, and lists the files of `assets`.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The kind of every file below `assets`, by the beginning of its path. The first match counts.
const KINDS: [(&str, &str); 19] = [
    ("alertmanager/kustomization.yml", "Deployment"),
    ("grafana/kustomization.yml", "Deployment"),
    ("prometheus/kustomization.yml", "Deployment"),
    ("prometheus/prometheus.yml", "Configuration"),
    ("prometheus/fleet.yml", "Configuration"),
    ("prometheus/federation.yml", "Configuration"),
    // No configuration loads them; they are rendered for a fleet as rules are.
    ("prometheus/compat/", "Configuration"),
    // Not rendered for a fleet: its rules add up what others keep apart.
    ("prometheus/federation/", "Configuration"),
    ("prometheus/rules/", "Rules"),
    ("prometheus/alerts/", "Rules"),
    ("prometheus/gateway/", "Rules"),
    ("prometheus/tests/", "RuleTests"),
    ("alertmanager/templates/", "Notification"),
    ("alertmanager/", "Routing"),
    ("exporters/", "Exporter"),
    ("grafana/dashboards/", "Dashboard"),
    ("grafana/provisioning/", "Provisioning"),
    ("runbooks/", "Runbook"),
    ("deploy/", "Deployment"),
];

/// Endings of the files that are bundled.
const ENDINGS: [&str; 8] = ["js", "json", "md", "sh", "tmpl", "tpl", "yaml", "yml"];

/// The one hidden file that is bundled.
const SETTINGS: &str = ".env.example";

/// Directories that are never bundled: a stack that was started in this tree writes its passwords there, and a chart that was
/// packed has copies.
const WRITTEN: [&str; 3] = ["files", "generated", "secrets"];

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version =
        Command::new(rustc).arg("--version").output().ok().and_then(|output| String::from_utf8(output.stdout).ok());
    let number = version.as_deref().and_then(|text| text.split_whitespace().nth(1)).unwrap_or("unknown");
    println!("cargo::rustc-env=MME_RUSTC={number}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=assets");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("bundled.rs"), bundled()).expect("OUT_DIR can be written");
}

/// Returns the files of `assets` as a slice of `AssetFile`.
fn bundled() -> String {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR")).join("assets");
    let mut files: Vec<_> = paths(&root).into_iter().map(|path| kind(&root, &path)).collect();
    files.sort();
    let mut list = String::from("&[\n");
    for (_, kind, name) in files {
        // rustc may run in another place than this program, so it finds the directory by itself.
        let text = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?}))", format!("/assets/{name}"));
        let _ = writeln!(list, "AssetFile::bundled(AssetKind::{kind}, {name:?}, {text}),");
    }
    list + "]\n"
}

/// Returns the place in `KINDS`, the kind, and the path below `root`, with `/` between directories.
fn kind(root: &Path, path: &Path) -> (usize, &'static str, String) {
    let parts: Vec<_> =
        path.strip_prefix(root).expect("it is below").iter().map(|part| part.to_string_lossy()).collect();
    let name = parts.join("/");
    let place = KINDS.iter().position(|(start, _)| name.starts_with(start));
    let place = place.unwrap_or_else(|| panic!("assets/{name} has no kind: add its directory to KINDS in build.rs"));
    (place, KINDS[place].1, name)
}

/// Lists every file below `directory` with a known ending: editors and merges leave others.
fn paths(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("assets can be read").map(|entry| entry.expect("assets can be read"));
    let paths_below = entries.flat_map(|entry| {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        match path.extension() {
            _ if name == SETTINGS => vec![path],
            _ if name.starts_with('.') || WRITTEN.contains(&&*name) => Vec::new(),
            _ if path.is_dir() => paths(&path),
            Some(ending) if ENDINGS.iter().any(|known| ending == *known) => vec![path],
            _ => Vec::new(),
        }
    });
    paths_below.collect()
}
