//! Checks that alerts link to existing dashboards.

use std::collections::HashSet;

use super::{AssetFinding, FindingKind, Site};
use crate::asset::{AssetFile, AssetKind};

/// An alert and its `dashboard_url`, which is empty if it has none.
pub(super) struct Link<'a> {
    pub(super) alert: String,
    pub(super) url: String,
    pub(super) file: &'a AssetFile,
    pub(super) line: Option<usize>,
}

/// Checks the links if any alert has one. Then every alert needs a link, and a path must lead to a dashboard in
/// `files`, if there are dashboards in it.
pub(super) fn check(files: &[AssetFile], links: &[Link<'_>], findings: &mut Vec<AssetFinding>) {
    if links.iter().all(|link| link.url.is_empty()) {
        return;
    }
    let uids: HashSet<_> = files.iter().filter(|file| file.kind() == AssetKind::Dashboard).filter_map(uid).collect();
    for link in links {
        if let Some(message) = fault(&link.url, &uids) {
            let site = Site { file: link.file, line: link.line, place: format!("alert {}", link.alert) };
            findings.push(site.finding("", FindingKind::DashboardLink.says(message)));
        }
    }
}

/// Returns what is wrong with a link.
fn fault(url: &str, uids: &HashSet<String>) -> Option<String> {
    if url.is_empty() {
        return Some("no `dashboard_url`, which other alerts have: add one, such as `/d/<uid>`".to_owned());
    }
    if url.starts_with("https://") || url.starts_with("http://") {
        return None;
    }
    let Some(rest) = url.strip_prefix("/d/") else {
        return Some(format!("`dashboard_url` is {url:?}: begin it with `/d/<uid>`, or with `https://`"));
    };
    let uid = rest.split(['/', '?']).next().unwrap_or_default();
    let missing = !uids.is_empty() && !uids.contains(uid);
    missing.then(|| format!("`dashboard_url` leads to {uid:?}, and no dashboard has this uid: correct it"))
}

/// Returns the `uid` of a dashboard, which links use.
fn uid(file: &AssetFile) -> Option<String> {
    // The asset check reports a dashboard that is not JSON.
    let document: serde_json::Value = serde_json::from_str(file.text()).ok()?;
    document["uid"].as_str().map(ToOwned::to_owned)
}
