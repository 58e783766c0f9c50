//! Sessions that are open.

use std::fmt;

use super::SECURITY;

/// One open session; dropping it closes it.
///
/// It is for sessions that live in the process, such as a connection. Where they live in a database, count them there and
/// call `SECURITY.active_sessions.set((), …)` instead.
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
#[must_use = "dropping this closes the session"]
pub struct SessionGuard {
    /// The gauge that went up, so that this one comes down, whatever recorder is current then.
    raised: metrics::Gauge,
}

impl SessionGuard {
    /// Opens a session.
    pub fn open() -> Self {
        let raised = SECURITY.active_sessions.with(()).current();
        raised.increment(1.0);
        Self { raised }
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        self.raised.decrement(1.0);
    }
}

impl fmt::Debug for SessionGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionGuard")
    }
}
