//! Links between the pages of the repository.

use std::path::Path;

use super::page::{Page, pages, root};

/// Where the repository is shown; a link there leads to a file here.
const SHOWN: [&str; 2] =
    ["https://github.com/mme-metrics/mme-metrics/blob/main/", "https://github.com/mme-metrics/mme-metrics/tree/main/"];

/// Says what is wrong with a link on the page at `path`; links to other places are not followed.
fn fault(path: &Path, page: &Page, link: &str) -> Option<String> {
    let shown = SHOWN.iter().find_map(|prefix| link.strip_prefix(prefix));
    if shown.is_none() && (link.contains("://") || link.starts_with("mailto:")) {
        return None;
    }
    let place = shown.unwrap_or(link);
    let (file, anchor) = place.split_once('#').map_or((place, None), |(file, anchor)| (file, Some(anchor)));
    let folder = if shown.is_some() { root() } else { path.parent().expect("a page stands in a folder").to_owned() };
    let target = if file.is_empty() { path.to_owned() } else { folder.join(file) };
    if !target.exists() {
        return Some(format!("{link}: there is no {}", target.display()));
    }
    let anchor = anchor?;
    let has = |page: &Page| page.anchors.contains(anchor);
    let known = if target == path { has(page) } else { has(&Page::read(&target)) };
    (!known).then(|| format!("{link}: {} has no heading `{anchor}`", target.display()))
}

#[test]
fn each_link_leads_to_a_file_and_heading_that_exist() {
    let mut faults = Vec::new();
    let mut links = 0;
    for path in pages(&root()) {
        let page = Page::read(&path);
        links += page.links.len();
        let found = page.links.iter().filter_map(|link| fault(&path, &page, link));
        faults.extend(found.map(|fault| format!("{}: {fault}", path.display())));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(links > 100, "only {links} links were found");
}

#[test]
fn a_link_to_nothing_is_found() {
    let path = root().join("README.md");
    let page = Page::parse("# What it costs\n\n# What it costs\n");
    let fault = |link: &str| fault(&path, &page, link);
    for good in ["#what-it-costs", "#what-it-costs-1", "benches", "CHANGELOG.md#changelog", "https://example.com/none"]
    {
        assert_eq!(fault(good), None);
    }
    for bad in ["#what-it-cost", "NONE.md", "CHANGELOG.md#none", &format!("{}none", SHOWN[0])] {
        assert!(fault(bad).is_some(), "{bad}");
    }
}
