//! Streams the changes of a tenant's documents as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Document;
use crate::login::Session;
use crate::state::App;

/// Number of events that a slow reader may lag behind before it misses some.
const BACKLOG: usize = 64;

/// The channel of events. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Events(broadcast::Sender<DocumentChange>);

#[derive(Clone, Debug)]
struct DocumentChange {
    tenant: String,
    document: Document,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }

    /// Publishes that a document is new or has changed.
    pub(super) fn tell(&self, tenant: &str, document: &Document) {
        // Without a reader, the document need not be cloned.
        if self.0.receiver_count() > 0 {
            // An error is ignored, because it means that the last reader has just left.
            let _ = self.0.send(DocumentChange { tenant: tenant.to_owned(), document: document.clone() });
        }
    }

    /// Subscribes to the documents of one tenant.
    pub(crate) fn of(&self, tenant: String) -> impl Stream<Item = Document> + use<> {
        let told = stream::unfold(self.0.subscribe(), async |mut receiver| {
            loop {
                match receiver.recv().await {
                    Ok(told) => return Some((told, receiver)),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            }
        });
        told.filter_map(move |told| std::future::ready((told.tenant == tenant).then_some(told.document)))
    }
}

pub(super) async fn follow(
    State(app): State<App>,
    session: Session,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let documents = app.events.of(session.tenant);
    let events = documents
        .map(|document| {
            Ok(Event::default().event("document").data(serde_json::to_string(&document).unwrap_or_default()))
        })
        .take_until(app.stop.stopped());
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
