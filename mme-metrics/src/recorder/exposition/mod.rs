//! The exposition: one walk over the families and their series, written chunk by chunk in any [`Format`].
//!
//! | file | what it holds |
//! |---|---|
//! | `format` | the formats by name, and which encoder writes each |
//! | `encode` | the seam: the trait of an encoder, and the walk that calls it |
//! | `text`, `open_metrics` | one encoder each |
//! | `line` | the parts of a line that both text formats share |
//!
//! A new format is one file with an [`Encode`](encode::Encode), and its name in `format`.

mod encode;
mod format;
mod line;
mod open_metrics;
mod text;

pub use self::format::Format;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use self::encode::CHUNK_BYTES;
use self::format::FormatWalk;
use super::state::State;

/// Room for the series that passes that size.
const CHUNK_ROOM: usize = 8 * 1024;

/// An exposition being written: an iterator of chunks, each made when it is asked for.
///
/// It holds no lock that a writer waits for. Each series is read when it is written, so memory stays at one chunk, however
/// large the exposition is. Series that are registered while it runs may be missing from it.
#[must_use = "an exposition is written as its chunks are asked for"]
pub struct Exposition {
    recorder: Arc<State>,
    format: Format,
    walk: FormatWalk,
    /// Time spent writing so far; waiting for the reader is not part of it.
    spent: Duration,
    ended: bool,
}

impl Exposition {
    /// Begins an exposition whose collectors began to run when it `started`.
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
