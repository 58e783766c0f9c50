//! The listener that decides which events become traces.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, SystemTime};

use super::label::{LossReason, SpikeCause};
use super::metrics::SPIKE;
use super::slowest::{SlowEvent, SlowState};
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
        let kept = failure.filter(|cause| store.budget(*cause).take());
        let mut state = match failure {
            Some(_) if kept.is_none() => SlowState::LostUnlessSlow(LossReason::Budget),
            _ => SlowState::Slow,
        };
        let trace = kept.or(is_slow.then_some(SpikeCause::Slow)).map(|cause| {
            let trace = Arc::new(Trace::new(event, cause, SystemTime::now()));
            if kept.is_some() {
                SPIKE.traces.increment((cause,));
                store.remember(&trace);
                let is_sent = !self.0.is_written || self.0.sender.try_send(Message::Write(Arc::clone(&trace))).is_ok();
                state = if is_sent { SlowState::Written } else { SlowState::LostUnlessSlow(LossReason::Queue) };
            }
            trace
        });
        // A failure among the slowest is not lost as long as it stays there. Slower events may push it out, or already have.
        let dropped = match trace {
            Some(trace) if is_slow => {
                store.slowest.keep(SlowEvent::new(event.seconds, trace, state)).map(|dropped| dropped.state)
            }
            _ => Some(state),
        };
        if let Some(SlowState::LostUnlessSlow(reason)) = dropped {
            store.lose(reason);
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

    fn identity(&self) -> Option<*const ()> {
        Some(Arc::as_ptr(&self.0).cast())
    }
}

impl fmt::Debug for Spikes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spikes").field("window", &self.0.window).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Source;
    use crate::spike::Sampler;

    /// Failures past the budget whose latency rises, falls or is mixed: each of them is in the view or counted as lost.
    #[test]
    fn every_failure_is_kept_or_counted_whatever_pushes_it_out() {
        let latencies: [fn(u32) -> u32; 5] =
            [|at| at, |at| 500 - at, |_| 7, |at| at * 7_919 % 500, |at| if at % 2 == 0 { at } else { 500 - at }];
        for (slowest, errors) in [(0, 0), (3, 0), (3, 5), (10, 2), (1, 400), (600, 0)] {
            for (number, latency) in latencies.iter().enumerate() {
                let sampler = Sampler::new().slowest(slowest).errors(errors).window(Duration::from_hours(1));
                let spikes = sampler.start().unwrap();
                for at in 0..500 {
                    let seconds = f64::from(latency(at));
                    spikes.ended(&Event::new(Source::Http, "/", Outcome::OTHER, seconds));
                    if at % 25 > 0 {
                        continue;
                    }
                    let view = spikes.view();
                    let slow = view.slowest.iter().filter(|trace| trace.cause == SpikeCause::Slow).count();
                    let seen = (view.failed.len() + slow) as u64 + view.lost.budget;
                    assert_eq!(seen, u64::from(at) + 1, "{slowest} slowest, {errors} errors, latencies {number}");
                }
            }
        }
    }
}
