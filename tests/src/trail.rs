//! A `tracing` subscriber that keeps events as text.
//!
//! `tracing` caches for each callsite whether any subscriber is interested, for all threads at once. So a test that uses this
//! runs in a process of its own.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Everything that was told while it was the subscriber. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Trail(Arc<Mutex<Vec<String>>>);

impl Trail {
    /// Runs `code` with this as the subscriber of its thread.
    pub fn follow<T>(&self, code: impl FnOnce() -> T) -> T {
        tracing::subscriber::with_default(self.clone(), code)
    }

    /// Returns the events: target, level and fields, each on a line.
    ///
    /// # Panics
    ///
    /// When a thread panicked while it wrote an event.
    pub fn told(&self) -> Vec<String> {
        self.0.lock().expect("nothing panics while it is held").clone()
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).expect("writing to a string cannot fail");
    }
}

impl Subscriber for Trail {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut fields = Fields(format!("{} {}", metadata.target(), metadata.level()));
        event.record(&mut fields);
        self.0.lock().expect("nothing panics while it is held").push(fields.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
