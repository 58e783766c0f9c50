//! The listeners of one layer.

use std::fmt;
use std::sync::Arc;

use hashbrown::HashMap;

use super::{Ending, Listen};

/// Who listens to what. Telling nobody in particular costs one lookup by the name.
#[derive(Clone, Default)]
pub(crate) struct Audience {
    all: Vec<Arc<dyn Listen>>,
    of: HashMap<Box<str>, Vec<Seat>>,
}

/// A listener to events of one name.
#[derive(Clone)]
struct Seat {
    /// The only method that is listened to; any if there is none.
    method: Option<Box<str>>,
    listener: Arc<dyn Listen>,
}

impl Audience {
    /// Adds a listener to every event.
    pub(crate) fn add(&mut self, listener: Arc<dyn Listen>) {
        self.all.push(listener);
    }

    /// Adds a listener to the events of one name, and of one method if it is given.
    pub(crate) fn add_to(&mut self, name: &str, method: Option<&str>, listener: Arc<dyn Listen>) {
        self.of.entry(name.into()).or_default().push(Seat { method: method.map(Into::into), listener });
    }

    #[cfg(feature = "http")]
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.of.is_empty()
    }

    pub(crate) fn declare(&self) {
        self.all.iter().chain(self.of.values().flatten().map(|seat| &seat.listener)).for_each(|one| one.declare());
    }

    #[inline]
    pub(crate) fn tell(&self, ending: &Ending<'_>) {
        for listener in &self.all {
            listener.ended(ending);
        }
        if self.of.is_empty() {
            return;
        }
        for seat in self.of.get(ending.name).into_iter().flatten() {
            if seat.method.as_deref().is_none_or(|method| method == ending.method) {
                seat.listener.ended(ending);
            }
        }
    }
}

impl fmt::Debug for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.of.keys().collect();
        f.debug_struct("Audience").field("all", &self.all.len()).field("of", &names).finish()
    }
}
