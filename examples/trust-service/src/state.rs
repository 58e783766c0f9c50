//! The state that every request can access.

use std::sync::Arc;

use mme_metrics::security::SourceTracker;
use tokio::sync::watch;

use crate::database::Database;
use crate::documents::{Access, Events, RecentDocuments};
use crate::fault::Faults;
use crate::login::{OpenSessions, TokenKey};

/// The state of the service. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) database: Database,
    pub(crate) key: TokenKey,
    pub(crate) sessions: OpenSessions,
    pub(crate) sources: SourceTracker,
    pub(crate) access: Access,
    pub(crate) recent: RecentDocuments,
    pub(crate) events: Events,
    pub(crate) faults: Arc<Faults>,
    pub(crate) stop: Stop,
}

/// The signal to long-running tasks that the service is stopping. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

impl Stop {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Sends the signal.
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Waits for the signal.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut told = self.0.subscribe();
        async move {
            // An error means that every sender is gone, which counts as the signal too.
            let _ = told.wait_for(|stopping| *stopping).await;
        }
    }
}
