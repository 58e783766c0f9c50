//! The metrics of a backup, as a file for the textfile collector of `node_exporter`.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use mme_metrics::health::HEALTH;

use crate::disk;

/// Accepts a label value that needs no escape.
pub(super) fn name(text: &str) -> Result<String, String> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if text.is_empty() || text.len() > 64 || !plain {
        return Err("use 1 to 64 letters, digits, `-`, `_` or `.`".to_owned());
    }
    Ok(text.to_owned())
}

/// Replaces the file as a whole, because the collector may read it at any time.
pub(super) fn write(file: &Path, backup: &str, made: SystemTime, took: Duration, bytes: u64) -> Result<(), String> {
    let made = made.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut text = String::new();
    for (spec, value) in [
        (HEALTH.backup_last_success.spec(), made.to_string()),
        (HEALTH.backup_last_duration.spec(), took.as_secs_f64().to_string()),
        (HEALTH.backup_size.spec(), bytes.to_string()),
    ] {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "# HELP {0} {1}\n# TYPE {0} gauge\n{0}{{backup=\"{backup}\"}} {value}",
            spec.name, spec.help
        );
    }
    disk::replace(file, text.as_bytes())
}
