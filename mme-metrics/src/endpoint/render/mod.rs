//! The expositions that are being written, and how concurrent scrapes share them.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch;

use crate::recorder::{Exposition, Format, Recorder};

/// How many expositions of one format may be written at one time.
const AT_ONCE: usize = 2;

/// Age up to which an exposition is shared, and from which it may be cut off: the default time-out of a scrape.
const FRESH: Duration = Duration::from_secs(10);

/// The expositions of an endpoint that have a reader.
#[derive(Debug, Default)]
pub(super) struct Renders {
    text: Mutex<Vec<Weak<Render>>>,
    open_metrics: Mutex<Vec<Weak<Render>>>,
    protobuf: Mutex<Vec<Weak<Render>>>,
    /// When the youngest exposition that a reader has read to its end was started.
    read: watch::Sender<Option<Instant>>,
}

impl Renders {
    /// Starts an exposition of `recorder`, or joins the younger one of two that are being written.
    pub(super) fn read(&self, recorder: &Recorder, format: Format) -> Reader {
        self.read_at(recorder, format, Instant::now())
    }

    /// Waits until a reader has read an exposition to its end that was started at `moment` or later.
    #[cfg(feature = "drain")]
    pub(super) async fn read_since(&self, moment: Instant) {
        let mut read = self.read.subscribe();
        // The sender is held meanwhile, so there is no error.
        let _ = read.wait_for(|started| started.is_some_and(|started| started >= moment)).await;
    }

    fn read_at(&self, recorder: &Recorder, format: Format, now: Instant) -> Reader {
        let list = match format {
            Format::Text => &self.text,
            Format::OpenMetrics => &self.open_metrics,
            Format::Protobuf => &self.protobuf,
        };
        let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|render| render.strong_count() > 0);
        let alive: Vec<_> = list.iter().filter_map(Weak::upgrade).collect();
        if alive.len() >= AT_ONCE {
            let youngest = &alive[alive.len() - 1];
            if now.saturating_duration_since(youngest.started) <= FRESH
                && let Some(reader) = Reader::join(youngest)
            {
                return reader;
            }
            alive[0].state().cut();
            list.remove(0);
        }
        for render in &alive {
            render.state().close();
        }
        // The first of two is not shared, so that a single scrape keeps no chunk that it has sent.
        let render = Arc::new(Render::new(recorder.clone(), format, now, !list.is_empty(), self.read.clone()));
        list.push(Arc::downgrade(&render));
        Reader::first(render)
    }
}

/// One exposition. The reader that needs the next chunk first writes it.
struct Render {
    recorder: Recorder,
    format: Format,
    started: Instant,
    state: Mutex<State>,
    read: watch::Sender<Option<Instant>>,
}

/// The state that the readers of an exposition share. Its lock is held while one chunk is written.
struct State {
    exposition: Option<Exposition>,
    /// Chunks that a reader may still need.
    chunks: VecDeque<Bytes>,
    /// Number of the first of them.
    first: usize,
    /// How many readers need which chunk next.
    readers: BTreeMap<usize, usize>,
    /// Whether further readers may join; all chunks are kept for them.
    open: bool,
    cut: bool,
}

impl Render {
    fn new(
        recorder: Recorder,
        format: Format,
        started: Instant,
        open: bool,
        read: watch::Sender<Option<Instant>>,
    ) -> Self {
        let (chunks, readers) = (VecDeque::new(), BTreeMap::new());
        let state = State { exposition: None, chunks, first: 0, readers, open, cut: false };
        Self { recorder, format, started, state: Mutex::new(state), read }
    }

    /// Notes that a reader has read it to its end.
    fn note_end(&self) {
        self.read.send_if_modified(|youngest| {
            let is_younger = youngest.is_none_or(|youngest| youngest < self.started);
            if is_younger {
                *youngest = Some(self.started);
            }
            is_younger
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Render {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Render").field("format", &self.format).finish_non_exhaustive()
    }
}

impl State {
    /// Moves one reader from one chunk to another, or away.
    fn step(&mut self, from: usize, to: Option<usize>) {
        if let Some(readers) = self.readers.get_mut(&from) {
            *readers -= 1;
            if *readers == 0 {
                self.readers.remove(&from);
            }
        }
        if let Some(to) = to {
            *self.readers.entry(to).or_default() += 1;
        }
        self.trim();
    }

    /// Lets no further reader join.
    fn close(&mut self) {
        self.open = false;
        self.trim();
    }

    /// Frees all chunks; every reader gets an error.
    fn cut(&mut self) {
        self.cut = true;
        self.exposition = None;
        self.chunks = VecDeque::new();
    }

    /// Frees the chunks that every reader has read.
    fn trim(&mut self) {
        let Some((slowest, _)) = self.readers.first_key_value().filter(|_| !self.open) else { return };
        while self.first < *slowest && self.chunks.pop_front().is_some() {
            self.first += 1;
        }
    }
}

/// The position of a scrape in an exposition.
#[derive(Debug)]
pub(super) struct Reader {
    render: Arc<Render>,
    position: usize,
}

impl Reader {
    fn first(render: Arc<Render>) -> Self {
        render.state().readers.insert(0, 1);
        Self { render, position: 0 }
    }

    fn join(render: &Arc<Render>) -> Option<Self> {
        let mut state = render.state();
        if !state.open || state.cut {
            return None;
        }
        *state.readers.entry(0).or_default() += 1;
        Some(Self { render: Arc::clone(render), position: 0 })
    }

    /// Returns the next chunk, and writes it if no other reader did.
    pub(super) fn next(&mut self) -> Option<Result<Bytes, CutOff>> {
        let Render { recorder, format, .. } = &*self.render;
        let mut state = self.render.state();
        if state.cut {
            return Some(Err(CutOff));
        }
        let at = self.position - state.first;
        let chunk = if let Some(chunk) = state.chunks.get(at) {
            chunk.clone()
        } else {
            let Some(chunk) = state.exposition.get_or_insert_with(|| recorder.exposition(*format)).next() else {
                self.render.note_end();
                return None;
            };
            state.chunks.push_back(chunk.clone());
            chunk
        };
        state.step(self.position, Some(self.position + 1));
        self.position += 1;
        Some(Ok(chunk))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.render.state().step(self.position, None);
    }
}

/// The exposition took so long that a younger one replaced it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CutOff;

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the exposition was read for more than {FRESH:?} while others waited: read it faster or scrape less often"
        )
    }
}

impl Error for CutOff {}

#[cfg(test)]
mod tests;
