//! The audit trail: a file with a line for every request and for each log event of the target `mme::audit`.
//!
//! `RUST_LOG` does not affect it. A real trail is stored where the operators of the service cannot change it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use mme_metrics::security::{AuditEvent, EventOutcome, EventType, SECURITY};

use crate::state::App;

/// The log target of the library's audit events.
pub(crate) const TARGET: &str = "mme::audit";

/// Size in bytes at which the trail is rotated. One older file is kept.
const MOST: u64 = 64 << 20;

/// The file of the trail. It writes whole lines.
#[derive(Debug)]
pub(crate) struct Trail {
    path: PathBuf,
    open: Mutex<(File, u64)>,
}

impl Trail {
    /// Opens the file to append to it, or creates it.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let open = Mutex::new(Self::append_to(&path)?);
        Ok(Self { path, open })
    }

    fn append_to(path: &Path) -> io::Result<(File, u64)> {
        let file = File::options().append(true).create(true).open(path)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    }

    fn add(&self, line: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.1 >= MOST {
            fs::rename(&self.path, self.path.with_extension("old"))?;
            *open = Self::append_to(&self.path)?;
        }
        open.0.write_all(line)?;
        open.1 += line.len() as u64;
        Ok(())
    }
}

impl Write for &Trail {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // The callers ignore errors, so a lost line is counted here.
        self.add(line).inspect_err(|_| SECURITY.audit_write_failures.increment(()))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes each request to the trail, with its source and its outcome.
pub(crate) async fn request(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let client = app.sources.client(peer.ip(), request.headers());
    let mut entry = Entry { event: AuditEvent::new(EventType::REQUEST, EventOutcome::Unknown).by(&client) };
    let response = next.run(request).await;
    let outcome = if response.status().is_success() { EventOutcome::Success } else { EventOutcome::Failure };
    entry.event = AuditEvent::new(EventType::REQUEST, outcome).by(&client);
    response
}

/// The entry of a request, written when this is dropped. So a request whose client left has an entry too, with an
/// unknown outcome.
struct Entry {
    event: AuditEvent,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.event.record();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_goes_on_where_it_ended() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = folder.path().join("audit.log");
        for line in ["one\n", "two\n"] {
            let trail = Trail::open(path.clone()).expect("it can be written");
            (&trail).write_all(line.as_bytes()).expect("it can be written");
        }
        assert_eq!(fs::read_to_string(path).expect("it is there"), "one\ntwo\n");
    }

    #[test]
    fn a_trail_that_is_long_is_set_aside() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let trail = Trail::open(folder.path().join("audit.log")).expect("it can be written");
        trail.open.lock().expect("nobody panicked").1 = MOST;
        (&trail).write_all(b"new\n").expect("it can be written");
        assert_eq!(fs::read_to_string(&trail.path).expect("it is there"), "new\n");
        assert!(folder.path().join("audit.old").exists());
    }
}
