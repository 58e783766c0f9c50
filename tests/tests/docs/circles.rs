//! Files that import each other, read from the paths in their code: there are none but those of the domain.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The circles of the domain, by their files. A circle of some of the files of one is part of it.
const CIRCLES: [&[&str]; 1] = [
    // A connection begins a transaction, and a transaction is a connection.
    &["database/sqlx/connection", "database/sqlx/transaction"],
];

/// A module of the crate that is a file: `recorder::cell` is `["recorder", "cell"]`.
type Module = Vec<String>;

/// The code of a file: without comments, without the tests at its end, and without the attributes of `use`.
struct Code {
    text: String,
    /// The `use` declarations: whether the names are exported further, and the paths with the names that they bring.
    uses: Vec<(bool, Vec<(Module, String)>)>,
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests have a workspace").join("mme-metrics/src")
}

/// Reads every module under `folder` that is not a test.
fn read(folder: &Path, module: &Module, found: &mut BTreeMap<Module, Code>) {
    let entries = fs::read_dir(folder).expect("a folder of the crate");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let child = || module.iter().cloned().chain([stem.clone()]).collect::<Module>();
        if path.is_dir() {
            if stem != "bin" {
                read(&path, &child(), found);
            }
        } else if path.extension().is_some_and(|end| end == "rs") && !matches!(&*stem, "tests" | "model" | "lib") {
            let module = if stem == "mod" { module.clone() } else { child() };
            found.insert(module, Code::of(&fs::read_to_string(&path).expect("a file of the crate")));
        }
    }
}

impl Code {
    fn of(text: &str) -> Self {
        let end = ["\n#[cfg(test)]\nmod ", "\n#[cfg(all(test,"].iter().filter_map(|mark| text.find(mark)).min();
        let lines = text[..end.unwrap_or(text.len())].lines();
        // A family names the function that polls its gauges, which sets them in turn: the one mutual reference by design.
        let code = lines.filter(|line| !line.trim_start().starts_with("collect = "));
        let mut text: String =
            code.map(|line| line.find("//").map_or(line, |at| &line[..at])).flat_map(|line| [line, "\n"]).collect();
        let mut uses = Vec::new();
        let mut rest = String::new();
        while let Some(at) = declaration(&text) {
            let end = at + text[at..].find(';').expect("a declaration ends");
            let is_public = text[..at].trim_end().ends_with("pub") || text[..at].trim_end().ends_with(')');
            uses.push((is_public, tree(text[at + "use ".len()..end].trim())));
            rest.push_str(&text[..at]);
            text = text.split_off(end + 1);
        }
        rest.push_str(&text);
        Self { text: rest, uses }
    }

    /// The paths that the code names outside of its `use` declarations.
    fn inline(&self) -> Vec<Module> {
        // Where a name is visible is no import.
        let code = self.text.replace("$crate::", "").replace("pub(in crate::", "").replace("pub(in super::", "");
        let mut paths = Vec::new();
        for start in ["crate::", "super::", "self::"] {
            for (at, _) in code.match_indices(start) {
                let is_first = !code[..at].ends_with([':', '_']) && !code[..at].ends_with(char::is_alphanumeric);
                if is_first {
                    let end = code[at..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
                    let path = &code[at..end.map_or(code.len(), |end| at + end)];
                    paths.push(path.trim_end_matches(':').split("::").map(str::to_owned).collect());
                }
            }
        }
        paths
    }

    fn names(&self, name: &str) -> bool {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        self.text
            .match_indices(name)
            .any(|(at, _)| !self.text[..at].ends_with(is_word) && !self.text[at + name.len()..].starts_with(is_word))
    }
}

/// Finds the next `use` at the beginning of a declaration.
fn declaration(text: &str) -> Option<usize> {
    text.match_indices("use ").map(|(at, _)| at).find(|at| {
        let before = text[..*at].rsplit('\n').next().unwrap_or_default().trim();
        before.is_empty() || before == "pub" || (before.starts_with("pub(") && before.ends_with(')'))
    })
}

/// Lists the paths of `a::{b, c::d as e}`, each with the name that it brings.
fn tree(text: &str) -> Vec<(Module, String)> {
    let Some(open) = text.find('{') else {
        let (path, alias) = text.split_once(" as ").map_or((text, None), |(path, alias)| (path, Some(alias)));
        let path: Module = path.trim().split("::").map(str::to_owned).collect();
        let name = alias.map_or_else(|| path.last().cloned().unwrap_or_default(), |alias| alias.trim().to_owned());
        return vec![(path, name)];
    };
    let prefix: Module = text[..open].trim_end_matches("::").split("::").map(|part| part.trim().to_owned()).collect();
    let inner = &text[open + 1..text.rfind('}').expect("a brace is closed")];
    let (mut depth, mut start, mut all) = (0, 0, Vec::new());
    for (at, character) in inner.char_indices().chain([(inner.len(), ',')]) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                for (path, name) in tree(inner[start..at].trim()) {
                    if path.first().is_some_and(|first| !first.is_empty()) {
                        all.push((
                            prefix.iter().cloned().chain(path.into_iter().filter(|part| part != "self")).collect(),
                            name,
                        ));
                    }
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    all
}

/// Finds the file in which `path`, as `module` writes it, is declared; re-exports are followed.
fn resolve(files: &BTreeMap<Module, Code>, module: &Module, path: &[String], depth: usize) -> Option<Module> {
    let (mut at, mut rest) = match path.first()?.as_str() {
        "crate" => (Module::new(), &path[1..]),
        "self" => (module.clone(), &path[1..]),
        "super" => (module[..module.len().checked_sub(1)?].to_vec(), &path[1..]),
        _ => return None,
    };
    while let Some(next) = rest.first() {
        if next == "super" {
            at.pop();
        } else {
            let child: Module = at.iter().cloned().chain([next.clone()]).collect();
            let is_module = files.keys().any(|file| file.starts_with(&child));
            if !is_module {
                break;
            }
            at = child;
        }
        rest = &rest[1..];
    }
    if let (Some(name), Some(code), true) = (rest.first(), files.get(&at), depth < 8) {
        for (_, paths) in &code.uses {
            if let Some((path, _)) = paths.iter().find(|(_, brought)| brought == name)
                && let Some(found) = resolve(files, &at, path, depth + 1)
            {
                return Some(found);
            }
        }
    }
    files.contains_key(&at).then_some(at)
}

fn edges(files: &BTreeMap<Module, Code>) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut edges = BTreeMap::new();
    for (module, code) in files {
        let mut to = BTreeSet::new();
        for (is_public, paths) in &code.uses {
            // What is only exported further is not used here.
            let used = paths.iter().filter(|(_, name)| !is_public || code.names(name));
            to.extend(used.filter_map(|(path, _)| resolve(files, module, path, 0)));
        }
        to.extend(code.inline().iter().filter_map(|path| resolve(files, module, path, 0)));
        to.remove(module);
        edges.insert(module.clone(), to);
    }
    edges
}

/// Lists the files that can be reached from `start`.
fn reachable<'a>(edges: &'a BTreeMap<Module, BTreeSet<Module>>, start: &'a Module) -> BTreeSet<&'a Module> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(module) = open.pop() {
        for next in edges.get(module).into_iter().flatten() {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}

fn circles(edges: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<BTreeSet<String>> {
    let reach: BTreeMap<_, _> = edges.keys().map(|module| (module, reachable(edges, module))).collect();
    let circle = |module: &Module| {
        let others = reach[module].iter().filter(|other| reach[**other].contains(module));
        others.map(|other| other.join("/")).collect::<BTreeSet<_>>()
    };
    edges.keys().map(circle).filter(|circle| !circle.is_empty()).collect()
}

#[test]
fn files_import_each_other_only_where_the_domain_does() {
    let mut files = BTreeMap::new();
    read(&source(), &Module::new(), &mut files);
    assert!(files.len() > 200, "the files of the crate were not found");
    let edges = edges(&files);
    let within = |circle: &BTreeSet<String>| {
        let arrows = edges.iter().flat_map(|(from, to)| to.iter().map(|to| (from.join("/"), to.join("/"))));
        let arrows = arrows.filter(|(from, to)| circle.contains(from) && circle.contains(to));
        arrows.map(|(from, to)| format!("  {from} -> {to}")).collect::<Vec<_>>().join("\n")
    };
    let is_new =
        |circle: &BTreeSet<String>| !CIRCLES.iter().any(|known| circle.iter().all(|file| known.contains(&&**file)));
    let new: Vec<_> = circles(&edges).iter().filter(|circle| is_new(circle)).map(within).collect();
    assert!(new.is_empty(), "open these circles, for example with a file of what both need:\n{}", new.join("\n\n"));
}

#[test]
fn a_circle_is_found_through_a_re_export_and_a_path_in_the_code() {
    let module = |name: &str| name.split('/').map(str::to_owned).collect::<Module>();
    let files: BTreeMap<_, _> = [
        ("room", "mod left;\nmod right;\nmod alone;\npub(crate) use self::left::{Left, help};\n"),
        ("room/left", "use super::right::Right;\npub(crate) struct Left(Right);\n"),
        ("room/right", "pub(crate) struct Right;\nfn f() { super::help() }\n"),
        ("room/alone", "use super::Left;\nuse crate::room::right::{Right as Other};\n// use crate::room;\n"),
    ]
    .map(|(name, text)| (module(name), Code::of(text)))
    .into();
    let circle = BTreeSet::from(["room/left".to_owned(), "room/right".to_owned()]);
    assert_eq!(circles(&edges(&files)), BTreeSet::from([circle]));
}
