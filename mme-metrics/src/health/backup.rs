//! Backups that the service makes itself.

use std::time::SystemTime;

use super::label::BackupName;
use super::metrics::HEALTH;
use crate::clock::unix_seconds;
use crate::label::RegisterError;
use crate::operation::{Operation, Outcome, ResultLabel};

/// A backup, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backup(BackupName);

impl Backup {
    /// Names a backup; at most 100 can be.
    ///
    /// Its runs are exported at zero from then on, so do this once the recorder is installed: a backup that never succeeds can
    /// only be missed if it is known.
    ///
    /// # Errors
    ///
    /// When the name cannot be exported, or there are too many.
    pub fn register(name: &str) -> Result<Self, RegisterError> {
        let backup = Self(BackupName::register(name)?);
        backup.touch();
        Ok(backup)
    }

    /// Returns its name.
    pub fn name(&self) -> &'static str {
        self.0.as_str()
    }

    /// Returns one run, to be measured by [`guard`](crate::operation).
    pub const fn run(self) -> BackupRun {
        BackupRun { backup: self, bytes: None }
    }

    /// Says when the last good backup was made, and how large it is: for what others make.
    pub fn found(&self, made: SystemTime, bytes: u64) {
        HEALTH.backup_last_success.set((self.0,), unix_seconds(made));
        HEALTH.backup_size.set((self.0,), bytes as f64);
    }

    /// Makes its series exist.
    pub(super) fn touch(&self) {
        for ended in [ResultLabel::Ok, ResultLabel::Error, ResultLabel::Cancelled] {
            HEALTH.backup_runs.touch((self.0, ended));
        }
    }
}

/// One run of a [`Backup`]. Only one that returned without an error is a good one.
#[derive(Clone, Copy, Debug)]
#[must_use = "a run is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct BackupRun {
    backup: Backup,
    bytes: Option<u64>,
}

impl BackupRun {
    /// Says how large the backup is, if it is a good one.
    pub const fn bytes(&mut self, bytes: u64) {
        self.bytes = Some(bytes);
    }
}

impl Operation for BackupRun {
    fn start(&mut self, _: &'static [&'static str]) {
        self.backup.touch();
    }

    fn end(self, outcome: Outcome, seconds: f64) {
        let backup = self.backup.0;
        HEALTH.backup_runs.increment((backup, outcome.result_label()));
        if outcome == Outcome::Ok {
            HEALTH.backup_last_duration.set((backup,), seconds);
            HEALTH.backup_last_success.set((backup,), unix_seconds(SystemTime::now()));
            if let Some(bytes) = self.bytes {
                HEALTH.backup_size.set((backup,), bytes as f64);
            }
        }
    }
}
