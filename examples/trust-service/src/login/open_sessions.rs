//! The open sessions of this instance. Each holds a guard, which counts it in the metrics.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mme_metrics::security::SessionGuard;

/// The sessions by the digest of their token, with their expiry. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenSessions(Arc<Mutex<HashMap<Vec<u8>, OpenSession>>>);

#[derive(Debug)]
struct OpenSession {
    expires_at: i64,
    _counted: SessionGuard,
}

impl OpenSessions {
    /// Adds a session, which counts until it is closed or expires. It also removes expired sessions.
    pub(super) fn open(&self, digest: Vec<u8>, now: i64, expires_at: i64) {
        let mut sessions = self.all();
        sessions.retain(|_, open| open.expires_at > now);
        sessions.insert(digest, OpenSession { expires_at, _counted: SessionGuard::open() });
    }

    /// Removes a session.
    pub(super) fn close(&self, digest: &[u8]) {
        self.all().remove(digest);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Vec<u8>, OpenSession>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use mme_metrics::security::SECURITY;
    use mme_metrics::testing::Emission;

    use super::*;

    #[test]
    fn a_session_is_counted_until_it_is_closed_or_over() {
        let (emission, sessions) = (Emission::new(), OpenSessions::default());
        let count = |expected| emission.expect().gauge(&SECURITY.active_sessions, (), expected).only();
        emission.record(|| sessions.open(vec![1], 0, 10));
        emission.record(|| sessions.open(vec![2], 5, 100));
        count(2.0);
        emission.record(|| sessions.close(&[2]));
        count(1.0);
        emission.record(|| sessions.open(vec![3], 10, 20));
        count(1.0);
    }
}
