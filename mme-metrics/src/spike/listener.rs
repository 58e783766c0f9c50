//! The listener that decides which events become traces.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, SystemTime};

use super::label::{LossReason, SpikeCause};
use super::metrics::SPIKE;
use super::slowest::SlowEvent;
use super::store::Store;
use super::trace::Trace;
use super::view::SpikeView;
use super::writer::{self, Message};
use crate::event::{Event, Listener};
use crate::operation::Outcome;

/// A running sampler: a listener for layers and functions. Clones share its traces.
///
/// It stops when the last clone is dropped. Its thread then writes what is kept; [`flush`](Self::flush) waits for that.
#[derive(Clone)]
pub struct Spikes(Arc<Handle>);

struct Handle {
    store: Arc<Store>,
    sender: SyncSender<Message>,
    is_written: bool,
    window: Duration,
}

impl Spikes {
    pub(super) fn new(store: Arc<Store>, sender: SyncSender<Message>, is_written: bool, window: Duration) -> Self {
        Self(Arc::new(Handle { store, sender, is_written, window }))
    }

    /// Ends the window now and waits until everything kept so far is written, at most for `patience`. Returns whether it is.
    ///
    /// It blocks. Call it at shutdown, from a thread that may wait.
    pub fn flush(&self, patience: Duration) -> bool {
        writer::flush(&self.0.sender, patience)
    }

    /// Returns a copy of the traces in memory.
    pub fn view(&self) -> SpikeView {
        self.0.store.view(self.0.window)
    }

    /// Keeps an event that failed, was cancelled, or may be among the slowest.
    #[cold]
    fn keep(&self, event: &Event<'_>, failure: Option<SpikeCause>) {
        let store = &self.0.store;
        let is_slow = store.slowest.may_keep(event.seconds);
        // A trace among the slowest is not lost yet.
        let lose = |reason| {
            if !is_slow {
                store.lose(reason);
            }
        };
        let failure = failure.filter(|cause| {
            let taken = store.budget(*cause).take();
            if !taken {
                lose(LossReason::Budget);
            }
            taken
        });
        let Some(cause) = failure.or(is_slow.then_some(SpikeCause::Slow)) else { return };
        let trace = Arc::new(Trace::new(event, cause, SystemTime::now()));
        let mut is_sent = false;
        if failure.is_some() {
            SPIKE.traces.increment((cause,));
            store.remember(&trace);
            is_sent = !self.0.is_written || self.0.sender.try_send(Message::Write(Arc::clone(&trace))).is_ok();
            if !is_sent {
                lose(LossReason::Queue);
            }
        }
        if is_slow {
            store.slowest.keep(SlowEvent::new(event.seconds, trace, is_sent));
        }
    }
}

impl Listener for Spikes {
    #[inline]
    fn ended(&self, event: &Event<'_>) {
        let failure = match event.outcome {
            Outcome::Ok => None,
            Outcome::Error(_) | Outcome::Panic => Some(SpikeCause::Error),
            Outcome::Cancelled => Some(SpikeCause::Cancelled),
        };
        if failure.is_some() || self.0.store.slowest.may_keep(event.seconds) {
            self.keep(event, failure);
        }
    }

    fn touch(&self) {
        SPIKE.traces.touch_all();
        SPIKE.lost.touch_all();
    }
}

impl fmt::Debug for Spikes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spikes").field("window", &self.0.window).finish_non_exhaustive()
    }
}
