//! The declarations of all metrics of dependencies, backups and data consistency.

use super::label::{BackupName, CheckName, CheckResult, DependencyKind, DependencyName};
use crate::buckets;
use crate::metric::{Counter, Gauge, Histogram, Unit, family};
use crate::operation::ResultLabel;

family! {
    /// Dependencies, backups and the consistency of data.
    pub static HEALTH: HealthMetrics {
        /// Whether a dependency did what it is there for when it was last asked.
        up: Gauge<(DependencyName, DependencyKind)> = Gauge::new("dependency_up", Unit::None);
        /// Time that asking a dependency took, whatever the answer.
        check_duration: Histogram<(DependencyName,)> =
            Histogram::new("dependency_check_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Unix time at which a dependency last did what it is there for.
        last_success: Gauge<(DependencyName,)> =
            Gauge::new("dependency_last_success_timestamp_seconds", Unit::Seconds);
        /// Unix time at which the last good backup was made.
        backup_last_success: Gauge<(BackupName,)> =
            Gauge::new("backup_last_success_timestamp_seconds", Unit::Seconds);
        /// Time that the last good backup took.
        backup_last_duration: Gauge<(BackupName,)> = Gauge::new("backup_last_duration_seconds", Unit::Seconds);
        /// Size of the last good backup.
        backup_size: Gauge<(BackupName,)> = Gauge::new("backup_size_bytes", Unit::Bytes);
        /// Backups that ended, by outcome.
        backup_runs: Counter<(BackupName, ResultLabel)> = Counter::new("backup_runs_total", Unit::None);
        /// Checks that data agree with each other, by what they found.
        consistency_checks: Counter<(CheckName, CheckResult)> =
            Counter::new("data_consistency_checks_total", Unit::None);
    }
}
