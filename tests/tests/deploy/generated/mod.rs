//! Deployment files that are written from other bundled files.

mod compose;
mod helm;
mod kustomize;
mod operator;
mod overlays;

use std::fs;
use std::path::Path;

use mme_metrics::asset::{AssetFile, AssetKind, FILES};

/// Fails if a bundled deployment file is not what it is written from, or writes it with `MME_BLESS=1`.
#[track_caller]
pub(crate) fn assert_written(path: &str, wanted: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mme-metrics/assets").join(path);
    if std::env::var_os("MME_BLESS").is_some() {
        let folder = file.parent().expect("it is in a folder");
        fs::create_dir_all(folder).and_then(|()| fs::write(&file, wanted)).expect("the sources can be written");
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == wanted, "{path} is stale: MME_BLESS=1 cargo test --all-features --test deploy");
}

/// Replaces a part of a text that has to be there once.
#[track_caller]
pub(crate) fn replace(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?} is not there once");
    text.replacen(from, to, 1)
}

/// The first lines of a written file of kustomize.
pub(crate) const KUSTOMIZATION: &str = "\
# Written from the bundled files: MME_BLESS=1 cargo test --all-features --test deploy.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
";

/// Lists the bundled files below a folder, in order. The path is relative to `root`.
pub(crate) fn listed(root: &str, folder: &str) -> Vec<(&'static str, &'static AssetFile)> {
    let start = format!("{root}/{folder}");
    let mut files: Vec<_> = FILES
        .iter()
        .filter(|file| file.kind() != AssetKind::Deployment && file.path().starts_with(&start))
        .map(|file| (&file.path()[root.len() + 1..], file))
        .collect();
    files.sort_by_key(|(path, _)| *path);
    assert!(!files.is_empty(), "nothing is below {start}");
    files
}

/// Puts spaces before each line, except the empty ones.
pub(crate) fn indented(text: &str, by: usize) -> String {
    let line = |line: &str| if line.trim().is_empty() { "\n".to_owned() } else { format!("{:by$}{line}", "") };
    text.split_inclusive('\n').map(line).collect()
}
