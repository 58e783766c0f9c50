//! The connections of a listener: how many there are, and one of them from its request to its last byte.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tower_service::Service as _;

use super::Endpoint;

/// What one connection may take, and how many there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connections: usize,
    pub(super) head: Duration,
    pub(super) whole: Duration,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self {
        // Some for each Prometheus, person and probe, and far below the 1024 descriptors that many processes get.
        connections: 128,
        // A request's head is one packet.
        head: Duration::from_secs(5),
        // Three times as long as Prometheus waits unless it is told otherwise.
        whole: Duration::from_secs(30),
    };
}

/// Room for a request's head, and for what is written ahead of the network: less than a chunk, so that one connection holds
/// one chunk that nobody else needs any more.
const BUFFER_BYTES: usize = 16 * 1024;

/// Those that are open, oldest first.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    open: BTreeMap<u64, Connection>,
}

#[derive(Debug)]
struct Connection {
    answering: bool,
    close: Arc<Notify>,
}

impl Connections {
    /// Enters a connection. While there are `limit`, another one is closed for it.
    pub(super) fn enter(self: &Arc<Self>, limit: usize) -> Ticket {
        let mut table = self.table();
        while table.open.len() >= limit && table.close(true) {}
        let id = table.next;
        table.next += 1;
        let close = Arc::new(Notify::new());
        table.open.insert(id, Connection { answering: false, close: Arc::clone(&close) });
        Ticket { id, close, connections: Arc::clone(self) }
    }

    /// Closes the connection that has waited longest for its request.
    pub(super) fn close_one_waiting(&self) {
        self.table().close(false);
    }

    /// Closes all that wait for their request.
    pub(super) fn close_waiting(&self) {
        let mut table = self.table();
        while table.close(false) {}
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Closes the oldest connection that waits, or the oldest of all if none does and `any` may go.
    fn close(&mut self, any: bool) -> bool {
        let waiting = self.open.iter().find(|(_, connection)| !connection.answering).map(|(id, _)| *id);
        let oldest = self.open.keys().next().copied().filter(|_| any);
        let Some(connection) = waiting.or(oldest).and_then(|id| self.open.remove(&id)) else { return false };
        connection.close.notify_one();
        true
    }
}

/// A connection's entry among those that are open.
#[derive(Debug)]
pub(super) struct Ticket {
    id: u64,
    close: Arc<Notify>,
    connections: Arc<Connections>,
}

impl Ticket {
    fn answering(&self) {
        if let Some(connection) = self.connections.table().open.get_mut(&self.id) {
            connection.answering = true;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.connections.table().open.remove(&self.id);
    }
}

/// Serves one request on `stream`, until it is answered, its time is up or its ticket is withdrawn.
pub(super) async fn serve<S>(stream: S, endpoint: Endpoint, limits: Limits, ticket: Ticket)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request| {
        ticket.answering();
        endpoint.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        // One request for each connection: a scrape comes every few seconds, and no idle one has to be guarded.
        .keep_alive(false)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // What went wrong with one client is nobody else's concern.
        _ = tokio::time::timeout(limits.whole, connection) => {}
        () = ticket.close.notified() => {}
    }
}

#[cfg(test)]
mod tests;
