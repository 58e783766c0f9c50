//! The builder of a sampler.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::journal::Journal;
use super::listener::Spikes;
use super::retention::Retention;
use super::store::Store;
use super::writer;
use crate::event::Listener as _;

/// Upper bound of the events of one kind that are kept of a window: each takes up to 2 KiB of memory.
const MAX_KEPT: usize = 10_000;

/// Sets which events become traces and where they are written; [`start`](Self::start) begins.
///
/// ```
/// use std::time::Duration;
/// use mme_metrics::spike::Sampler;
///
/// # let directory = std::env::temp_dir().join("mme-metrics-doc-sampler");
/// let spikes = Sampler::new()
///     .slowest(20)
///     .window(Duration::from_secs(60))
///     .at_least(Duration::from_millis(50))
///     .directory(&directory)
///     .keep_days(30)
///     .start()?;
/// # spikes.flush(Duration::from_secs(5));
/// # std::fs::remove_dir_all(directory)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a sampler keeps nothing until it is started"]
pub struct Sampler {
    slowest: usize,
    errors: usize,
    cancels: usize,
    at_least: Duration,
    window: Duration,
    directory: Option<PathBuf>,
    retention: Retention,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            slowest: 10,
            errors: 50,
            cancels: 10,
            at_least: Duration::ZERO,
            window: Duration::from_mins(1),
            directory: None,
            retention: Retention::default(),
        }
    }
}

impl Sampler {
    /// Creates a sampler that keeps, in memory only, the 10 slowest events of each minute, up to 50 that fail and up to 10 that
    /// are cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many of the slowest events of a window are kept: 10 by default, at most 10 000.
    pub fn slowest(mut self, most: usize) -> Self {
        self.slowest = most.min(MAX_KEPT);
        self
    }

    /// Sets how many failed events of a window are kept: 50 by default, at most 10 000. The first ones are kept, and the others
    /// are counted.
    pub fn errors(mut self, most: usize) -> Self {
        self.errors = most.min(MAX_KEPT);
        self
    }

    /// Sets how many cancelled events of a window are kept: 10 by default, at most 10 000. The first ones are kept, and the
    /// others are counted.
    pub fn cancels(mut self, most: usize) -> Self {
        self.cancels = most.min(MAX_KEPT);
        self
    }

    /// Excludes events that took less than `duration` from the slowest.
    pub const fn at_least(mut self, duration: Duration) -> Self {
        self.at_least = duration;
        self
    }

    /// Sets the length of a window: a minute by default, at least a millisecond.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window.max(Duration::from_millis(1));
        self
    }

    /// Writes traces to this directory as JSON lines: `2026-08-01.jsonl`.
    ///
    /// A missing directory is created with mode 0700. In an existing one, only the service should be able to create files.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets after how many days files are deleted: 14 by default.
    pub const fn keep_days(mut self, days: u64) -> Self {
        self.retention.days = days;
        self
    }

    /// Sets the largest size of one file and of all files together: 16 MiB and 256 MiB by default.
    ///
    /// A full file is followed by `2026-08-01.2.jsonl`. Past the total, the oldest files are deleted.
    pub const fn max_bytes(mut self, file: u64, total: u64) -> Self {
        self.retention.file_bytes = file;
        self.retention.total_bytes = total;
        self
    }

    /// Starts the sampler, and a thread that ends windows and writes.
    ///
    /// # Errors
    ///
    /// When the directory cannot be created or the thread cannot be started. A later failure of the disk is only counted.
    pub fn start(self) -> Result<Spikes, SpikeStartError> {
        let journal =
            self.directory.map(|directory| Journal::new(directory, self.retention, SystemTime::now())).transpose();
        let journal = journal.map_err(SpikeStartError::Directory)?;
        let is_written = journal.is_some();
        let store = Arc::new(Store::new(self.slowest, self.at_least, self.errors, self.cancels));
        let sender = writer::start(journal, Arc::clone(&store), self.window).map_err(SpikeStartError::Thread)?;
        let spikes = Spikes::new(store, sender, is_written, self.window);
        spikes.touch();
        Ok(spikes)
    }
}

/// A sampler could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpikeStartError {
    /// The directory of its files could not be created.
    Directory(io::Error),
    /// Its thread could not be started.
    Thread(io::Error),
}

impl fmt::Display for SpikeStartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory(_) => "cannot create the directory for spike traces: choose one that the service can write",
            Self::Thread(_) => "cannot start the thread that writes spike traces: raise the limit of threads",
        })
    }
}

impl Error for SpikeStartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Directory(source) | Self::Thread(source) => Some(source),
        }
    }
}
