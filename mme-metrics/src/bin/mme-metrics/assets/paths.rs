//! The files of a user, with the kind of each.

use std::fs;
use std::path::{Path, PathBuf};

use mme_metrics::asset::{AssetFile, AssetKind, FILES};

use crate::disk::{self, cannot};

/// Deepest directory that is read.
const DEEPEST: usize = 32;

/// Reads files as [`read`] does, or takes the bundled ones if there are no paths.
pub(crate) fn or_bundled(paths: &[PathBuf]) -> Result<Vec<AssetFile>, String> {
    if paths.is_empty() { Ok(FILES.to_vec()) } else { read(paths) }
}

/// Reads files, and every asset in directories. Links in directories are not followed.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<AssetFile>, String> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            directory(path, 0, &mut files)?;
        } else {
            let text = disk::text(path)?;
            let kind = kind(path, &text).ok_or_else(|| {
                format!(
                    "{} is of no known kind: rules have `groups`, dashboards `panels`, lists of metrics `exporter`, and runbooks \
                     end in .md",
                    path.display()
                )
            })?;
            files.push(file(kind, path, text));
        }
    }
    if files.is_empty() {
        return Err("there are no rules, dashboards or runbooks in these directories".to_owned());
    }
    Ok(files)
}

fn directory(directory: &Path, depth: usize, files: &mut Vec<AssetFile>) -> Result<(), String> {
    let unreadable = cannot("read", directory);
    if depth > DEEPEST {
        return Err(format!("{} is nested too deeply", directory.display()));
    }
    let entries: Result<Vec<_>, _> = fs::read_dir(directory).map_err(unreadable)?.collect();
    let mut entries = entries.map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, hidden) = (entry.path(), entry.file_name().to_string_lossy().starts_with('.'));
        let kind_of_entry = entry.file_type().map_err(unreadable)?;
        if kind_of_entry.is_dir() && !hidden {
            self::directory(&path, depth + 1, files)?;
        } else if kind_of_entry.is_file() && !hidden && has_known_ending(&path) {
            let text = disk::text(&path)?;
            if let Some(kind) = kind(&path, &text) {
                files.push(file(kind, &path, text));
            }
        }
    }
    Ok(())
}

fn file(kind: AssetKind, path: &Path, text: String) -> AssetFile {
    AssetFile::new(kind, path.to_string_lossy().replace('\\', "/"), text)
}

fn has_known_ending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ["json", "md", "yaml", "yml"].iter().any(|known| ending == *known))
}

/// Tells the kind of a file from its ending and its outermost keys.
fn kind(path: &Path, text: &str) -> Option<AssetKind> {
    if path.extension().is_some_and(|ending| ending == "md") {
        return Some(AssetKind::Runbook);
    }
    if text.trim_start().starts_with(['{', '[']) {
        let is_dashboard = ["\"panels\"", "\"rows\"", "\"elements\""].iter().any(|key| text.contains(key));
        return is_dashboard.then_some(AssetKind::Dashboard);
    }
    let has = |key: &str| text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    let is = |kind: &str| text.lines().any(|line| line.trim_end() == format!("kind: {kind}"));
    if has("tests") && has("rule_files") {
        Some(AssetKind::RuleTests)
    } else if has("groups") || is("PrometheusRule") || is("PrometheusRuleList") {
        Some(AssetKind::Rules)
    } else if has("exporter") && has("metrics") {
        Some(AssetKind::Exporter)
    } else if has("scrape_configs") || has("global") && has("rule_files") {
        Some(AssetKind::Configuration)
    } else if has("route") && has("receivers") {
        Some(AssetKind::Routing)
    } else if is("Dashboard") || is("PersesDashboard") {
        Some(AssetKind::Dashboard)
    } else {
        None
    }
}
