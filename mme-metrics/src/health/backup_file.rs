//! Backups that something else makes, found by their files.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

/// Entries of a folder that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// How far the clock of whoever wrote a file may be ahead.
const SKEW: Duration = Duration::from_mins(5);

/// Backups in a folder: the newest file with a certain end of its name.
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
    /// Let whoever writes them use another name until they are whole.
    pub fn new(folder: impl Into<PathBuf>, suffix: impl Into<String>) -> Self {
        Self { folder: folder.into(), suffix: suffix.into(), min_bytes: 1, settled: Duration::ZERO }
    }

    /// Leaves out files that are smaller; those without a byte are always left out.
    pub fn at_least(mut self, bytes: u64) -> Self {
        self.min_bytes = bytes.max(1);
        self
    }

    /// Leaves out files that were written to within this time: they may not be whole.
    pub const fn settled(mut self, time: Duration) -> Self {
        self.settled = time;
        self
    }

    /// Finds the newest: when it was last written to, and how large it is.
    ///
    /// Links are not followed, and a file that claims to be of the future is left out: it would look new for ever.
    pub(super) fn newest(&self, now: SystemTime) -> io::Result<Option<(SystemTime, u64)>> {
        let mut newest = None;
        for entry in fs::read_dir(&self.folder)?.take(MAX_ENTRIES) {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().ends_with(&self.suffix) {
                continue;
            }
            // One that was just removed is none.
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
