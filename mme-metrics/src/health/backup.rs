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
    /// Registers a backup; at most 100.
    ///
    /// The series of its runs exist at zero from then on. Call this after the recorder is installed, so that an alert
    /// notices a backup that never succeeds.
    ///
    /// # Errors
    ///
    /// When the name cannot be exported, or there are too many backups.
    pub fn register(name: &str) -> Result<Self, RegisterError> {
        let backup = Self(BackupName::register(name)?);
        backup.touch();
        Ok(backup)
    }

    /// Returns its name.
    pub fn name(&self) -> &'static str {
        self.0.as_str()
    }

    /// Creates one run of the backup. Measure it with a guard of [`operation`](crate::operation).
    pub const fn run(self) -> BackupRun {
        BackupRun { backup: self, bytes: None }
    }

    /// Sets the time and size of the last successful backup, for a backup that another program makes.
    pub fn found(&self, made: SystemTime, bytes: u64) {
        HEALTH.backup_last_success.set((self.0,), unix_seconds(made));
        HEALTH.backup_size.set((self.0,), bytes as f64);
    }

    /// Makes its series exist at zero.
    pub(super) fn touch(&self) {
        for ended in [ResultLabel::Ok, ResultLabel::Error, ResultLabel::Cancelled] {
            HEALTH.backup_runs.touch((self.0, ended));
        }
    }
}

/// One run of a [`Backup`]. It succeeds only if it returns without an error.
#[derive(Clone, Copy, Debug)]
#[must_use = "a run is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct BackupRun {
    backup: Backup,
    bytes: Option<u64>,
}

impl BackupRun {
    /// Sets the size of the backup. It is exported if the run succeeds.
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
