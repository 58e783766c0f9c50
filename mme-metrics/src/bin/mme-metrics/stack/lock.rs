//! The lock that lets one command at a time change a stack.

use std::fs::{File, OpenOptions, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use super::place::{LOCK, Place};
use super::progress;
use crate::disk::cannot;

/// Longest time that another command may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// How often the lock is tried.
const GLANCE: Duration = Duration::from_millis(50);

/// A lock that is held. It belongs to the open file and not to the process: whoever inherits the file holds the lock too.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Returns the lock as the standard input of a process, which then holds it until it closes that.
    #[cfg(target_os = "linux")]
    pub(super) fn share(&self) -> std::io::Result<std::process::Stdio> {
        self.0.try_clone().map(std::process::Stdio::from)
    }
}

/// Waits for the lock.
pub(super) fn take(place: &Place) -> Result<Lock, String> {
    let path = place.path(LOCK);
    let failed = cannot("lock", &path);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    let began = Instant::now();
    let mut is_said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => {
                return Err(format!("another `mme-metrics stack` works on {} for too long", place.root().display()));
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        if !is_said && began.elapsed() > Duration::from_secs(1) {
            progress::say("waiting for another `mme-metrics stack`");
            is_said = true;
        }
        thread::sleep(GLANCE);
    }
}
