//! Processes on record. A record names a process beyond its number, so that a recycled number is never signalled.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

use procfs::process::Process;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use crate::disk::{self, cannot};
use crate::stack::place::Place;
use crate::stack::server::ServerKind;

/// Largest record that is read.
const LARGEST: u64 = 4096;

/// A process that was started for a server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pid: i32,
    /// When it started, in ticks since boot. Another process with the same number has another one.
    start: u64,
    /// The boot that the ticks count from.
    boot: String,
}

/// A process that runs, held so that its number cannot pass to another one unnoticed.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) pid: i32,
    handle: OwnedFd,
}

impl Record {
    /// Returns the record of this process. It stays true when the process becomes another program.
    fn of_this_process() -> Result<Self, String> {
        let failed = |error| format!("cannot read /proc/self: {error}");
        let stat = Process::myself().and_then(|process| process.stat()).map_err(failed)?;
        Ok(Self { pid: stat.pid, start: stat.starttime, boot: boot()? })
    }

    /// Writes the record of this process as that of a server.
    pub(super) fn write(place: &Place, kind: ServerKind) -> Result<(), String> {
        let text = serde_json::to_string(&Self::of_this_process()?).map_err(|error| error.to_string())?;
        disk::replace(&place.directory("run")?.join(file(kind)), (text + "\n").as_bytes())
    }

    /// Reads the record of a server.
    pub(super) fn read(place: &Place, kind: ServerKind) -> Result<Option<Self>, String> {
        let path = place.path("run").join(file(kind));
        let text = match disk::read(&path, LARGEST) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(cannot("read", &path))?.unwrap_or_default(),
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            format!(
                "{} is not the record of a process ({error}): stop it yourself, and remove the file",
                path.display()
            )
        })
    }

    pub(super) fn remove(place: &Place, kind: ServerKind) -> Result<(), String> {
        let path = place.path("run").join(file(kind));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot("remove", &path)(error)),
            _ => Ok(()),
        }
    }

    /// Returns the process if it still runs.
    pub(super) fn running(&self) -> Result<Option<Running>, String> {
        // A number below zero would be one of a group.
        let Some(pid) = Pid::from_raw(self.pid.max(0)) else { return Ok(None) };
        if self.boot != boot()? {
            return Ok(None);
        }
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            // There is none, or the number is that of a thread.
            Err(Errno::SRCH | Errno::INVAL) => return Ok(None),
            Err(error) => return Err(format!("cannot look at process {}: {error}; Linux 5.3 is needed", self.pid)),
        };
        // Read after the handle was opened: if the start is the one on record, the handle is that of the same process.
        let stat = Process::new(self.pid).and_then(|process| process.stat());
        let is_same = stat.is_ok_and(|stat| stat.starttime == self.start && !matches!(stat.state, 'Z' | 'X'));
        Ok(is_same.then_some(Running { pid: self.pid, handle }))
    }
}

/// Returns the process of a server if it runs.
pub(super) fn running(place: &Place, kind: ServerKind) -> Result<Option<Running>, String> {
    Record::read(place, kind)?.map_or(Ok(None), |record| record.running())
}

impl Running {
    /// Asks the process to end.
    pub(super) fn terminate(&self) -> Result<(), String> {
        self.send(Signal::TERM)
    }

    /// Asks the process to read its configuration again.
    pub(super) fn reload(&self) -> Result<(), String> {
        self.send(Signal::HUP)
    }

    /// Ends the process.
    pub(super) fn kill(&self) -> Result<(), String> {
        self.send(Signal::KILL)
    }

    fn send(&self, signal: Signal) -> Result<(), String> {
        match pidfd_send_signal(&self.handle, signal) {
            // It has ended by itself.
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => Err(format!("cannot signal process {}: {error}", self.pid)),
        }
    }

    /// Waits for its end, and returns whether it came before `deadline`.
    pub(super) fn ends_by(&self, deadline: Instant) -> bool {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // A handle becomes readable when its process ends.
            let mut handles = [PollFd::new(&self.handle, PollFlags::IN)];
            // Cannot fail: waits are minutes at most.
            let Ok(left) = Timespec::try_from(left) else { return false };
            match poll(&mut handles, Some(&left)) {
                Err(Errno::INTR) => {}
                Ok(ended) if ended > 0 => return true,
                _ => return false,
            }
        }
    }
}

fn file(kind: ServerKind) -> String {
    format!("{}.json", kind.name())
}

fn boot() -> Result<String, String> {
    procfs::sys::kernel::random::boot_id().map_err(|error| format!("cannot read which boot this is: {error}"))
}
