//! The list of the files of a backup, with their hashes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::disk::{self, cannot};
use crate::hash::hex;

/// The file name of the list.
const NAME: &str = "backup.json";

/// Largest list: a year of data has a few thousand files.
const LARGEST: u64 = 16 << 20;

/// Deepest directory of a snapshot. Prometheus' own has three levels.
const DEEPEST: usize = 8;

/// The files of a backup.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    /// The paths, with `/` between directories.
    files: BTreeMap<String, Entry>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    bytes: u64,
    sha256: String,
}

impl List {
    /// Copies every file below `from` to `to`, and lists it.
    pub(super) fn copy(from: &Path, to: &Path) -> Result<Self, String> {
        let mut list = Self::default();
        for path in files(from)? {
            let target = to.join(&path);
            let parent = target.parent().unwrap_or(to);
            fs::create_dir_all(parent).map_err(cannot("create", parent))?;
            let mut out = File::create_new(&target).map_err(cannot("write", &target))?;
            let entry = entry(&from.join(&path), &mut out)?;
            out.sync_all().map_err(cannot("write", &target))?;
            list.files.insert(path, entry);
        }
        Ok(list)
    }

    /// Reads the list of a backup.
    pub(super) fn read(backup: &Path) -> Result<Self, String> {
        let path = backup.join(NAME);
        let text = disk::read(&path, LARGEST);
        let text = text.map_err(|error| format!("{} is not a backup: {NAME}: {error}", disk::name(backup)))?;
        let text = text.ok_or_else(|| format!("{} is damaged: it is larger than any list", path.display()))?;
        let list: Self =
            serde_json::from_slice(&text).map_err(|error| format!("{} is damaged: {error}", path.display()))?;
        for path in list.files.keys() {
            if !disk::stays_inside(path) {
                return Err(format!("{} names {path:?}, which leads out of the backup", backup.join(NAME).display()));
            }
        }
        Ok(list)
    }

    /// Writes the list into a backup.
    pub(super) fn write(&self, backup: &Path) -> Result<(), String> {
        let path = backup.join(NAME);
        // Cannot fail: the list has only texts and numbers.
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())? + "\n";
        let written =
            File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.map_err(cannot("write", &path))
    }

    /// Lists what differs in a backup: files that are missing, changed or added.
    pub(super) fn problems(&self, backup: &Path) -> Result<Vec<String>, String> {
        let mut problems = Vec::new();
        let found = files(backup)?;
        for path in found.iter().filter(|path| *path != NAME && !self.files.contains_key(*path)) {
            problems.push(format!("{} is not part of the backup", backup.join(path).display()));
        }
        for (path, entry) in &self.files {
            let whole = backup.join(path);
            if !found.contains(path) {
                problems.push(format!("{} is missing", whole.display()));
            } else if self::entry(&whole, &mut io::sink())? != *entry {
                problems.push(format!("{} was changed or cut off", whole.display()));
            }
        }
        Ok(problems)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.values().map(|entry| entry.bytes).sum()
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Returns whether there is a block of samples, which has an index.
    pub(super) fn has_samples(&self) -> bool {
        self.files.keys().any(|path| path.ends_with("/index"))
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

/// Copies a file while its hash is taken.
fn entry(path: &Path, out: &mut impl Write) -> Result<Entry, String> {
    let mut file = File::open(path).map_err(cannot("read", path))?;
    let (mut hash, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let length = file.read(&mut chunk).map_err(cannot("read", path))?;
        if length == 0 {
            break;
        }
        hash.update(&chunk[..length]);
        out.write_all(&chunk[..length]).map_err(|error| format!("cannot copy {}: {error}", path.display()))?;
        bytes += length as u64;
    }
    Ok(Entry { bytes, sha256: hex(&hash.finalize()) })
}

/// Lists the files below a directory by their paths in it. A link is an error, because it may lead out.
fn files(root: &Path) -> Result<Vec<String>, String> {
    let mut files = Vec::new();
    let mut open: Vec<(PathBuf, String, usize)> = vec![(root.to_owned(), String::new(), 0)];
    while let Some((directory, prefix, depth)) = open.pop() {
        let entries = fs::read_dir(&directory).map_err(cannot("read", &directory))?;
        for entry in entries {
            let entry = entry.map_err(cannot("read", &directory))?;
            let kind = entry.file_type().map_err(cannot("read", &entry.path()))?;
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| format!("{} is not UTF-8", entry.path().display()))?;
            let path = format!("{prefix}{name}");
            if kind.is_file() {
                files.push(path);
            } else if kind.is_dir() && depth < DEEPEST {
                open.push((entry.path(), path + "/", depth + 1));
            } else {
                return Err(format!(
                    "{} is neither a file nor a directory of Prometheus: move it away",
                    entry.path().display()
                ));
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}
