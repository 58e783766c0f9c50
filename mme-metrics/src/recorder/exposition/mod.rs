//! Writes the exposition: one walk over all families and series, chunk by chunk, in any [`Format`].
//!
//! | file | content |
//! |---|---|
//! | `format` | the names of the formats, and the encoder of each |
//! | `encode` | the trait of an encoder, and the walk that calls it |
//! | `text`, `open_metrics`, `protobuf` | one encoder each |
//! | `otlp` | the encoder of OpenTelemetry's protocol, which is sent and not scraped |
//! | `line` | the parts of a line that both text formats share |
//! | `native` | the native buckets of a histogram in protobuf |
//! | `wire` | the fields and messages of protobuf |
//!
//! To add a format, implement [`Encode`](encode::Encode) in a new file and add its name to `format`.

mod encode;
mod format;
mod line;
mod native;
mod open_metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod protobuf;
mod text;
mod wire;

pub use self::format::Format;

#[cfg(feature = "otlp")]
pub(crate) use self::otlp::{OtlpDeltas, OtlpReading, WrittenValues};

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use self::encode::CHUNK_BYTES;
use self::format::FormatWalk;
use super::state::State;

/// Extra capacity of a chunk, for the last series, which may exceed [`CHUNK_BYTES`].
const CHUNK_ROOM: usize = 8 * 1024;

/// All metrics in one format, as an iterator of chunks. Each chunk is written when it is requested.
///
/// It holds no lock that a writer of metrics waits for. Each series is read at the moment it is written, so memory use
/// stays at one chunk, however large the exposition is. Series that are registered meanwhile may be missing from it.
#[must_use = "an exposition is written as its chunks are asked for"]
pub struct Exposition {
    recorder: Arc<State>,
    format: Format,
    walk: FormatWalk,
    /// Time spent writing so far, without the time spent waiting for the reader.
    spent: Duration,
    ended: bool,
}

impl Exposition {
    /// Creates an exposition. `started` is the time at which its collectors began to run.
    pub(super) fn new(recorder: Arc<State>, format: Format, started: Instant) -> Self {
        let walk = FormatWalk::new(format, recorder.registry.families());
        Self { recorder, format, walk, spent: started.elapsed(), ended: false }
    }
}

impl Iterator for Exposition {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let resumed = Instant::now();
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + CHUNK_ROOM);
        let more = self.walk.fill(&mut chunk);
        self.spent += resumed.elapsed();
        if !more {
            self.ended = true;
            self.recorder.rendered(self.spent);
        }
        (!chunk.is_empty()).then(|| chunk.into())
    }
}

impl std::iter::FusedIterator for Exposition {}

impl std::fmt::Debug for Exposition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exposition").field("format", &self.format).finish_non_exhaustive()
    }
}
