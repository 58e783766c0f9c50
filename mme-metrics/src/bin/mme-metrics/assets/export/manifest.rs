//! The list of the files that an export wrote, with their hashes. It stays in the target.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::hash::hex;

/// The file name of the list in the target.
pub(super) const NAME: &str = ".mme-metrics-export.json";

/// Largest list that is read. Ours have some 30 KiB.
pub(super) const LARGEST: u64 = 4 << 20;

/// The files that an export wrote.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The paths below the target, each with the SHA-256 of its text. There are two while an export is running, so that one
    /// that was interrupted can be repeated.
    files: BTreeMap<String, Vec<String>>,
}

impl Manifest {
    /// Returns whether this text was written by an export.
    pub(super) fn wrote(&self, path: &str, text: &[u8]) -> bool {
        self.files.get(path).is_some_and(|hashes| hashes.contains(&hash(text)))
    }

    /// Lists the paths.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Adds a text that will be written.
    pub(super) fn add(&mut self, path: &str, text: &[u8]) {
        let hashes = self.files.entry(path.to_owned()).or_default();
        let hash = hash(text);
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
}

fn hash(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_ours_only_at_its_path() {
        let mut manifest = Manifest::default();
        manifest.add("a", b"abc");
        assert!(manifest.wrote("a", b"abc") && !manifest.wrote("a", b"abd") && !manifest.wrote("b", b"abc"));
        assert_eq!(hash(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
