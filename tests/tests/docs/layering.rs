//! The structure of the crate, read from its files: imports, places of things, and lengths.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mme_metrics::catalog;

/// The layer of each module that is no family. A module imports only from lower ones.
const LAYERS: [(&str, u8); 23] = [
    ("label", 0),
    ("buckets", 0),
    ("clock", 0),
    ("calendar", 0),
    ("accept_failure", 0),
    ("trace", 0),
    ("suggestion", 0),
    ("metric", 1),
    ("operation", 2),
    ("exchange", 2),
    ("probe", 2),
    ("event", 3),
    ("spike", 4),
    ("catalog", 5),
    ("settings", 5),
    ("asset", 6),
    ("recorder", 6),
    ("endpoint", 7),
    ("otlp", 7),
    ("pushgateway", 7),
    ("testing", 7),
    ("live", 8),
    ("private", 8),
];

/// Families stand between what they are made of and what lists them.
const FAMILY: u8 = 4;

struct File {
    path: PathBuf,
    /// Without comments, and without the tests at its end.
    code: String,
    lines: usize,
}

impl File {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a file of the crate can be read");
        let end = ["\n#[cfg(test)]\nmod ", "\n#[cfg(all(test,"].iter().filter_map(|mark| text.find(mark)).min();
        let code = text[..end.unwrap_or(text.len())].lines().map(|line| line.find("//").map_or(line, |at| &line[..at]));
        let code = code.collect::<Vec<_>>().join("\n");
        Self { code, lines: text.lines().count(), path }
    }

    /// The module of the root that the file belongs to.
    fn module(&self) -> &str {
        let path = self.path.strip_prefix(source()).expect("a file of the crate");
        let first = path.iter().next().and_then(|part| part.to_str()).expect("a name");
        first.trim_end_matches(".rs")
    }

    /// The modules of the root that the code names after `crate::`, alone or in braces.
    fn imports(&self) -> BTreeSet<String> {
        let mut imports = BTreeSet::new();
        for part in self.code.replace("$crate::", "").split("crate::").skip(1) {
            match part.strip_prefix('{') {
                Some(list) => imports.extend(top_level_names(list)),
                None => imports.extend(first_name(part)),
            }
        }
        imports.remove("self");
        imports
    }
}

fn first_name(text: &str) -> Option<String> {
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len());
    Some(text[..end].to_owned()).filter(|name| !name.is_empty())
}

/// Lists the first names of `a::{b, c}, d}`: `a` and `d`.
fn top_level_names(list: &str) -> Vec<String> {
    let (mut depth, mut names, mut start) = (0, Vec::new(), 0);
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.extend(first_name(list[start..at].trim()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.extend(first_name(list[start..at].trim()));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

fn source() -> PathBuf {
    root().join("mme-metrics/src")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests have a workspace").to_owned()
}

/// Reads every Rust file under `directory`.
fn files(directory: &Path) -> Vec<File> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a directory can be read").path());
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(File::read(path));
        }
    }
    files
}

fn is_family(module: &str) -> bool {
    source().join(module).join("metrics.rs").exists()
}

fn layer(module: &str) -> Option<u8> {
    let named = LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer);
    named.or_else(|| is_family(module).then_some(FAMILY))
}

#[test]
fn a_module_imports_only_from_lower_layers() {
    let mut wrong = Vec::new();
    for file in files(&source()) {
        let module = file.module();
        // The facade names everything, and programs and tests stand on top of it.
        if matches!(module, "lib" | "bin") || file.path.ends_with("tests.rs") {
            continue;
        }
        let own = layer(module).unwrap_or_else(|| panic!("`{module}` has no layer: give it one here"));
        for import in file.imports() {
            if import != module && layer(&import).is_none_or(|layer| layer >= own) {
                wrong.push(format!("{}: crate::{import}", file.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "upward, sideways or through the root:\n{}", wrong.join("\n"));
}

#[test]
fn the_recorder_names_no_family_but_its_own() {
    let files = files(&source());
    let recorder = files.iter().filter(|file| file.module() == "recorder");
    let families: BTreeSet<_> = recorder.flat_map(File::imports).filter(|import| is_family(import)).collect();
    // `process` declares what the library reports about itself.
    assert_eq!(families, BTreeSet::from(["process".to_owned()]));
}

#[test]
fn the_tree_has_one_facade() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the lock file can be read");
    assert_eq!(mme_metrics::testing::facade_versions(&lock).len(), 1);
}

#[test]
fn the_table_in_architecture_has_these_layers() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page can be read");
    let mut written = BTreeMap::new();
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let layer: u8 = cells[2].parse().expect("the last column is a layer");
        written.extend(cells[0].split(", ").map(|name| (name.trim_matches('`').to_owned(), layer)));
    }
    let families = catalog::FAMILIES.iter().map(|family| family.name().to_owned());
    // Families without a folder of their own, such as `build`, are part of `process`.
    let families = families.filter(|family| is_family(family)).map(|family| (family, FAMILY));
    let enforced = LAYERS.iter().map(|(name, layer)| ((*name).to_owned(), *layer)).chain(families).collect();
    assert_eq!(written, enforced, "ARCHITECTURE.md on the left, this test on the right");
}

#[test]
fn family_folders_and_catalogue_entries_are_one_set() {
    let mut declared = BTreeSet::new();
    for file in files(&source()).iter().filter(|file| file.path.ends_with("metrics.rs")) {
        let statics = file.code.split("pub static ").skip(1).filter_map(first_name);
        let found: Vec<_> = statics.map(|name| name.to_lowercase()).collect();
        assert!(!found.is_empty(), "{} declares no family", file.path.display());
        declared.extend(found);
    }
    let listed: BTreeSet<_> = catalog::FAMILIES.iter().map(|family| family.name().to_owned()).collect();
    assert_eq!(declared, listed);
}

#[test]
fn each_exported_name_stands_in_exactly_one_file() {
    let files = files(&source());
    let names = catalog::FAMILIES.iter().flat_map(|family| family.specs()).map(|spec| spec.name);
    let mut wrong = BTreeMap::new();
    for name in names {
        let literal = format!("\"{name}\"");
        let found =
            files.iter().filter(|file| file.code.contains(&literal)).map(|file| file.path.display().to_string());
        let found: Vec<_> = found.collect();
        if found.len() != 1 {
            wrong.insert(name, found);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_outside_the_tests_is_over_400_lines_and_half_are_under_150() {
    let folders = ["mme-metrics/src", "mme-metrics-macros/src", "examples", "benches"];
    let root = root();
    let is_test = |file: &File| {
        // The repository itself may lie in a folder of that name.
        let path = file.path.strip_prefix(&root).expect("a file of the repository");
        path.ends_with("tests.rs") || path.iter().any(|part| part == "tests")
    };
    let files: Vec<_> =
        folders.iter().flat_map(|folder| files(&root.join(folder))).filter(|file| !is_test(file)).collect();
    let long: Vec<_> = files.iter().filter(|file| file.lines > 400).map(|file| (&file.path, file.lines)).collect();
    assert!(long.is_empty(), "{long:#?}");
    let mut lines: Vec<_> = files.iter().map(|file| file.lines).collect();
    lines.sort_unstable();
    assert!(lines[lines.len() / 2] <= 150, "{lines:?}");
}

#[test]
fn nothing_is_called_util_common_or_helpers() {
    let named = |file: &File| {
        file.path.iter().any(|part| {
            matches!(part.to_str(), Some("util" | "common" | "helpers" | "util.rs" | "common.rs" | "helpers.rs"))
        })
    };
    assert_eq!(files(&source()).iter().filter(|file| named(file)).count(), 0);
}

#[test]
fn only_one_file_names_the_foreign_exporter() {
    let files = files(&source());
    let naming = files.iter().filter(|file| file.code.contains("metrics_exporter_prometheus"));
    assert_eq!(naming.map(|file| file.path.file_name()).collect::<Vec<_>>(), [Some("foreign.rs".as_ref())]);
}
