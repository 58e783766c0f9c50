//! The audit trail: a file that each event of the target `mme::audit` is a line of, and that has every request.
//!
//! Where it goes has nothing to do with `RUST_LOG`. A real trail is kept where whoever runs the service cannot change it.

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

/// Where the library tells the events.
pub(crate) const TARGET: &str = "mme::audit";

/// Bytes after which the trail is set aside and begun anew; the one before that is lost.
const MOST: u64 = 64 << 20;

/// The file. It writes what it is given, whole lines at a time.
#[derive(Debug)]
pub(crate) struct Trail {
    path: PathBuf,
    open: Mutex<(File, u64)>,
}

impl Trail {
    /// Goes on with this file, or begins it.
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
        // Who writes here looks at no error, and a line that is lost has to be seen.
        self.add(line).inspect_err(|_| SECURITY.audit_write_failures.increment(()))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts each request into the trail, with where it came from and whether it was done.
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

/// What is written when this is dropped: also of a request whose client left, of which nobody knows what was done.
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
