//! The directory that an export writes to. Nothing outside of it is read or written.

use std::path::{Path, PathBuf};
use std::{fs, io};

use mme_metrics::asset::AssetFile;

use super::change::Change;
use super::manifest::{self, Manifest};
use crate::disk::{self, cannot};

/// Largest file that is compared. A larger one is not ours.
const LARGEST: u64 = 16 << 20;

/// The directory that an export writes to.
#[derive(Debug)]
pub(super) struct Target {
    root: PathBuf,
    manifest: Manifest,
}

impl Target {
    /// Reads the list of what earlier exports wrote. The directory may be missing.
    pub(super) fn open(root: &Path) -> Result<Self, String> {
        let mut target = Self { root: root.to_owned(), manifest: Manifest::default() };
        if fs::metadata(root).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(format!("{} is not a directory: choose one", root.display()));
        }
        if let Some(text) = target.read(manifest::NAME, manifest::LARGEST)? {
            let invalid = |error| {
                let path = root.join(manifest::NAME);
                format!("{} is not the list of an export ({error}): move it away", path.display())
            };
            target.manifest = serde_json::from_slice(&text).map_err(invalid)?;
        }
        Ok(target)
    }

    /// Lists what differs from `files`.
    pub(super) fn plan(&self, files: &[AssetFile]) -> Result<Vec<Change>, String> {
        let mut changes = Vec::new();
        for file in files {
            let old = self.read(file.path(), LARGEST)?;
            if old.as_deref() != Some(file.text().as_bytes()) {
                changes.push(self.change(file.path(), old, Some(file.text().to_owned())));
            }
        }
        for path in self.manifest.paths().filter(|path| !files.iter().any(|file| file.path() == *path)) {
            if let Some(old) = self.read(path, LARGEST)? {
                changes.push(self.change(path, Some(old), None));
            }
        }
        changes.sort_by(|left, right| left.path.cmp(&right.path));
        // A file of an earlier export that was changed since is kept and forgotten, if no new one takes its place.
        changes.retain(|change| change.new.is_some() || change.ours);
        Ok(changes)
    }

    fn change(&self, path: &str, old: Option<Vec<u8>>, new: Option<String>) -> Change {
        let ours = old.as_deref().is_some_and(|text| self.manifest.wrote(path, text));
        let old = old.map(|text| String::from_utf8_lossy(&text).into_owned());
        Change { path: path.to_owned(), old, new, ours }
    }

    /// Makes the changes.
    pub(super) fn apply(mut self, files: &[AssetFile], changes: &[Change]) -> Result<(), String> {
        fs::create_dir_all(&self.root).map_err(cannot("create", &self.root))?;
        let mut written = Manifest::default();
        for file in files {
            self.manifest.add(file.path(), file.text().as_bytes());
            written.add(file.path(), file.text().as_bytes());
        }
        self.write_manifest()?;
        for change in changes {
            match &change.new {
                Some(text) => self.write(&change.path, text.as_bytes())?,
                None => self.remove(&change.path)?,
            }
        }
        self.manifest = written;
        self.write_manifest()
    }

    fn write_manifest(&self) -> Result<(), String> {
        // Cannot fail: the list has only texts.
        let text = serde_json::to_string_pretty(&self.manifest).map_err(|error| error.to_string())? + "\n";
        match self.read(manifest::NAME, manifest::LARGEST)? {
            Some(old) if old == text.as_bytes() => Ok(()),
            _ => self.write(manifest::NAME, text.as_bytes()),
        }
    }

    /// Reads a file, if there is one.
    fn read(&self, path: &str, largest: u64) -> Result<Option<Vec<u8>>, String> {
        let path = self.path(path)?;
        let failed = cannot("read", &path);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
            Ok(metadata) if !metadata.is_file() => {
                return Err(format!("{} is not a file: move it away", path.display()));
            }
            Ok(_) => {}
        }
        let text = disk::read(&path, largest).map_err(failed)?;
        let too_large = || format!("{} is larger than any file of an export: move it away", path.display());
        text.ok_or_else(too_large).map(Some)
    }

    /// Writes a file as a whole or not at all.
    fn write(&self, path: &str, text: &[u8]) -> Result<(), String> {
        let path = self.path(path)?;
        let parent = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent).map_err(cannot("create", parent))?;
        disk::replace(&path, text)
    }

    /// Removes a file, and the directories that are empty then.
    fn remove(&self, path: &str) -> Result<(), String> {
        let path = self.path(path)?;
        fs::remove_file(&path).map_err(cannot("remove", &path))?;
        for parent in path.ancestors().skip(1).take_while(|parent| *parent != self.root) {
            // Fails if there are other files in it.
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Returns a path below the target that leads nowhere else.
    fn path(&self, path: &str) -> Result<PathBuf, String> {
        let relative = Path::new(path);
        if !disk::stays_inside(path) {
            return Err(format!("{path:?} leads out of {}: an export has no such file", self.root.display()));
        }
        let mut whole = self.root.clone();
        for part in relative.components() {
            whole.push(part);
            if fs::symlink_metadata(&whole).is_ok_and(|metadata| metadata.is_symlink()) {
                return Err(format!("{} is a symbolic link, which is not followed: move it away", whole.display()));
            }
        }
        Ok(whole)
    }
}
