//! The listeners of one layer.

use std::fmt;
use std::sync::Arc;

use hashbrown::HashMap;

use super::{Ending, Listen};

/// Who listens to what. Telling nobody in particular costs one lookup by the name.
#[derive(Clone, Default)]
pub(crate) struct Audience {
    all: Vec<Arc<dyn Listen>>,
    of: Vec<(Box<str>, Vec<Seat>)>,
    /// Where a name stands in `of`, once there are many.
    index: HashMap<Box<str>, usize>,
}

/// Names that are compared one by one sooner than one is hashed.
const FEW: usize = 8;

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
        let seat = Seat { method: method.map(Into::into), listener };
        if let Some((_, seats)) = self.of.iter_mut().find(|(known, _)| **known == *name) {
            return seats.push(seat);
        }
        self.index.insert(name.into(), self.of.len());
        self.of.push((name.into(), vec![seat]));
    }

    #[cfg(feature = "http")]
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.of.is_empty()
    }

    pub(crate) fn declare(&self) {
        let seated = self.of.iter().flat_map(|(_, seats)| seats).map(|seat| &seat.listener);
        for listener in self.all.iter().chain(seated) {
            listener.declare();
        }
    }

    #[inline]
    pub(crate) fn tell(&self, ending: &Ending<'_>) {
        for listener in &self.all {
            listener.ended(ending);
        }
        for seat in self.seats(ending.name) {
            if seat.method.as_deref().is_none_or(|method| method == ending.method) {
                seat.listener.ended(ending);
            }
        }
    }

    #[inline]
    fn seats(&self, name: &str) -> &[Seat] {
        let found = if self.of.len() <= FEW {
            self.of.iter().find(|(known, _)| **known == *name)
        } else {
            self.index.get(name).and_then(|at| self.of.get(*at))
        };
        found.map_or(&[], |(_, seats)| seats)
    }
}

impl fmt::Debug for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.of.iter().map(|(name, _)| name).collect();
        f.debug_struct("Audience").field("all", &self.all.len()).field("of", &names).finish_non_exhaustive()
    }
}
