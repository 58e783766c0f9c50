//! What every request can reach.

use std::sync::Arc;

use mme_metrics::security::SourceTracker;
use tokio::sync::watch;

use crate::database::Database;
use crate::documents::{Access, Events, Recent};
use crate::fault::Faults;
use crate::login::{OpenSessions, TokenKey};

/// The service's state; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) database: Database,
    pub(crate) key: TokenKey,
    pub(crate) sessions: OpenSessions,
    pub(crate) sources: SourceTracker,
    pub(crate) access: Access,
    pub(crate) recent: Recent,
    pub(crate) events: Events,
    pub(crate) faults: Arc<Faults>,
    pub(crate) stop: Stop,
}

/// Tells everything that runs for long that the service is stopping.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

impl Stop {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Says it.
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it was said.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut told = self.0.subscribe();
        async move {
            // An error means that nobody is left who could say it, which is as good.
            let _ = told.wait_for(|stopping| *stopping).await;
        }
    }
}
