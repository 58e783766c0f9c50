//! The guide under `docs/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use mme_metrics::asset::{AssetFile, AssetKind, FILES, check};
use mme_metrics::catalog;

use super::page::{Page, pages, root};

/// The names of the guide's pages, without its table of contents.
fn names() -> Vec<String> {
    let name = |path: &Path| path.file_name().expect("a page has a name").to_string_lossy().into_owned();
    let pages = pages(&root().join("docs/src"));
    pages.iter().map(|path| name(path)).filter(|name| name != "SUMMARY.md").collect()
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join("docs/src").join(name)).expect("a page can be read")
}

#[test]
fn the_summary_lists_each_page_once() {
    let mut listed = BTreeMap::new();
    for link in Page::parse(&text("SUMMARY.md")).links {
        *listed.entry(link).or_insert(0) += 1;
    }
    assert_eq!(listed, names().into_iter().map(|name| (name, 1)).collect());
}

#[test]
fn the_code_of_each_page_is_compiled() {
    let compiled = fs::read_to_string(root().join("tests/src/guide.rs")).expect("the list of pages can be read");
    let missing: Vec<_> = names()
        .into_iter()
        .filter(|name| text(name).contains("```rust") && !compiled.contains(&format!("\"{name}\"")))
        .collect();
    assert!(missing.is_empty(), "list these in `tests/src/guide.rs`: {missing:?}");
}

#[test]
fn each_query_names_what_exists() {
    let mut files = FILES.to_vec();
    // A query in a page is checked as one in a runbook is.
    files.extend(
        names().into_iter().map(|name| AssetFile::new(AssetKind::Runbook, format!("docs/{name}"), text(&name))),
    );
    let findings = check(catalog::FAMILIES, &files);
    assert!(findings.is_empty(), "{findings:#?}");
    assert!(files.iter().any(|file| file.path().starts_with("docs/") && file.text().contains("```promql")));
}
