//! Open sessions.

use super::metrics::SECURITY;
use crate::metric::InFlight;

/// One open session. Dropping the guard closes the session.
///
/// Use it for sessions that live in the process, such as a connection. If sessions live in a database, count them there
/// and call `SECURITY.active_sessions.set((), …)` instead.
///
/// ```
/// use mme_metrics::security::{SECURITY, SessionGuard};
///
/// let emission = mme_metrics::testing::Emission::new();
/// let session = emission.record(SessionGuard::open);
/// emission.expect().gauge(&SECURITY.active_sessions, (), 1.0).only();
/// drop(session);
/// emission.expect().gauge(&SECURITY.active_sessions, (), 0.0).only();
/// ```
#[derive(Debug)]
#[must_use = "dropping this closes the session"]
pub struct SessionGuard {
    _open: InFlight,
}

impl SessionGuard {
    /// Opens a session.
    pub fn open() -> Self {
        Self { _open: SECURITY.active_sessions.track(()) }
    }
}
