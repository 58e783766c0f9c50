//! Backups that another program makes, found by their files.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

/// Upper bound of the scanned entries of a folder.
const MAX_ENTRIES: usize = 10_000;

/// Tolerated clock skew of the machine that wrote a file.
const SKEW: Duration = Duration::from_mins(5);

/// Backup files in a folder. The newest file with a given suffix counts.
#[derive(Clone, Debug)]
pub struct BackupFiles {
    folder: PathBuf,
    suffix: String,
    min_bytes: u64,
    settled: Duration,
}

impl BackupFiles {
    /// Looks in `folder`, not below it, for files whose name ends in `suffix`, such as `.dump`.
    ///
    /// The program that writes them should use another name until they are complete.
    pub fn new(folder: impl Into<PathBuf>, suffix: impl Into<String>) -> Self {
        Self { folder: folder.into(), suffix: suffix.into(), min_bytes: 1, settled: Duration::ZERO }
    }

    /// Ignores smaller files. Empty files are always ignored.
    pub fn at_least(mut self, bytes: u64) -> Self {
        self.min_bytes = bytes.max(1);
        self
    }

    /// Ignores files that were modified within this time, because they may be incomplete.
    pub const fn settled(mut self, time: Duration) -> Self {
        self.settled = time;
        self
    }

    /// Returns the modification time and size of the newest file.
    ///
    /// Links are not followed. A file with a time in the future is ignored, because it would look new forever.
    pub(super) fn newest(&self, now: SystemTime) -> io::Result<Option<(SystemTime, u64)>> {
        let mut newest = None;
        for entry in fs::read_dir(&self.folder)?.take(MAX_ENTRIES) {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().ends_with(&self.suffix) {
                continue;
            }
            // The file may have been removed since the folder was read.
            let Some((written, bytes)) = self.good(&entry.path(), now) else { continue };
            newest = newest.max(Some((written, bytes)));
        }
        Ok(newest)
    }

    fn good(&self, path: &Path, now: SystemTime) -> Option<(SystemTime, u64)> {
        let metadata = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
        let written = metadata.modified().ok().filter(|written| *written <= now + SKEW)?;
        let age = now.duration_since(written).unwrap_or_default();
        (metadata.len() >= self.min_bytes && age >= self.settled).then_some((written, metadata.len()))
    }
}
