//! The listeners of one layer.

use std::borrow::Cow;
use std::fmt;
use std::ptr;
use std::sync::Arc;

use hashbrown::HashMap;

use super::{Event, Listener};

/// Who listens to what. Telling nobody in particular costs one lookup by the name.
#[derive(Clone, Default)]
pub(crate) struct Listeners {
    all: Vec<Arc<dyn Listener>>,
    of: Vec<(Cow<'static, str>, Vec<Subscription>)>,
    /// Where a name stands in `of`, once there are many.
    index: HashMap<Cow<'static, str>, usize>,
}

/// Names that are compared one by one sooner than one is hashed.
const FEW: usize = 8;

/// A listener to events of one name.
#[derive(Clone)]
struct Subscription {
    /// The only method that is listened to; any if there is none.
    method: Option<Cow<'static, str>>,
    listener: Arc<dyn Listener>,
}

impl Listeners {
    /// Adds a listener to every event.
    pub(crate) fn add(&mut self, listener: Arc<dyn Listener>) {
        self.all.push(listener);
    }

    /// Adds a listener to the events of one name, and of one method if it is given. Both are found soonest if they are the
    /// texts that the labels have.
    pub(crate) fn add_to(
        &mut self,
        name: Cow<'static, str>,
        method: Option<Cow<'static, str>>,
        listener: Arc<dyn Listener>,
    ) {
        let seat = Subscription { method, listener };
        if let Some((_, seats)) = self.of.iter_mut().find(|(known, _)| *known == name) {
            return seats.push(seat);
        }
        self.index.insert(name.clone(), self.of.len());
        self.of.push((name, vec![seat]));
    }

    #[cfg(feature = "http")]
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.of.is_empty()
    }

    pub(crate) fn touch(&self) {
        let seated = self.of.iter().flat_map(|(_, seats)| seats).map(|seat| &seat.listener);
        for listener in self.all.iter().chain(seated) {
            listener.touch();
        }
    }

    #[inline]
    pub(crate) fn notify(&self, event: &Event<'_>) {
        for listener in &self.all {
            listener.ended(event);
        }
        for seat in self.seats(event.name) {
            if seat.method.as_deref().is_none_or(|method| is_same(method, event.method)) {
                seat.listener.ended(event);
            }
        }
    }

    #[inline]
    fn seats(&self, name: &str) -> &[Subscription] {
        let found = if self.of.len() <= FEW {
            self.of.iter().find(|(known, _)| is_same(known, name))
        } else {
            self.index.get(name).and_then(|at| self.of.get(*at))
        };
        found.map_or(&[], |(_, seats)| seats)
    }
}

/// Compares two texts. Where they stand is compared sooner than what they say.
#[inline]
fn is_same(one: &str, other: &str) -> bool {
    ptr::eq(one, other) || one == other
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.of.iter().map(|(name, _)| name).collect();
        f.debug_struct("Listeners").field("all", &self.all.len()).field("of", &names).finish_non_exhaustive()
    }
}
