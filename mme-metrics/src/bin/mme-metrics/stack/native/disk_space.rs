//! The room that a stack needs on its disk.

use rustix::fs::statvfs;

use crate::stack::place::Place;

/// Bytes that Prometheus takes before long: its log of samples, and a block of chunks.
const NEEDED: u64 = 256 << 20;

/// Refuses a disk that would be full soon.
pub(super) fn check(place: &Place) -> Result<(), String> {
    let root = place.root();
    let disk = statvfs(root).map_err(|error| format!("cannot look at the disk of {}: {error}", root.display()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < NEEDED {
        return Err(format!(
            "the disk of {} has {} MiB free, and a stack needs {}: make room, or choose another directory by --data",
            root.display(),
            free >> 20,
            NEEDED >> 20
        ));
    }
    Ok(())
}
