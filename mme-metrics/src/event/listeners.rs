//! The listeners of one layer.

use std::borrow::Cow;
use std::fmt;
use std::ptr;
use std::sync::Arc;

use hashbrown::HashMap;

use super::listener::{Event, Listener, deliver};

/// Listeners to every event, and listeners to the events of one name. An event that only the former receive costs one lookup by its
/// name.
#[derive(Clone, Default)]
pub(crate) struct Listeners {
    all: Vec<Arc<dyn Listener>>,
    of: Vec<(Cow<'static, str>, Vec<Subscription>)>,
    /// The position of a name in `of`, used once there are many.
    index: HashMap<Cow<'static, str>, usize>,
}

/// Up to this many names, comparing each is faster than hashing one.
const FEW: usize = 8;

/// A listener to events of one name.
#[derive(Clone)]
struct Subscription {
    /// The only method that it receives; `None` for every method.
    method: Option<Cow<'static, str>>,
    listener: Arc<dyn Listener>,
}

impl Listeners {
    /// Adds a listener to every event.
    pub(crate) fn add(&mut self, listener: Arc<dyn Listener>) {
        self.all.push(listener);
    }

    /// Adds a listener to the events of one name, and of one method if it is given. Lookup is fastest if both are the very texts of
    /// the labels.
    pub(crate) fn add_to(
        &mut self,
        name: Cow<'static, str>,
        method: Option<Cow<'static, str>>,
        listener: Arc<dyn Listener>,
    ) {
        let subscription = Subscription { method, listener };
        if let Some((_, subscriptions)) = self.of.iter_mut().find(|(known, _)| *known == name) {
            return subscriptions.push(subscription);
        }
        self.index.insert(name.clone(), self.of.len());
        self.of.push((name, vec![subscription]));
    }

    #[cfg(feature = "http")]
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.of.is_empty()
    }

    pub(crate) fn touch(&self) {
        let named =
            self.of.iter().flat_map(|(_, subscriptions)| subscriptions).map(|subscription| &subscription.listener);
        for listener in self.all.iter().chain(named) {
            listener.touch();
        }
    }

    #[inline]
    pub(crate) fn notify(&self, event: &Event<'_>) {
        for listener in &self.all {
            deliver(&**listener, event);
        }
        for subscription in self.subscriptions(event.name) {
            if subscription.method.as_deref().is_none_or(|method| is_same(method, event.method)) {
                deliver(&*subscription.listener, event);
            }
        }
    }

    #[inline]
    fn subscriptions(&self, name: &str) -> &[Subscription] {
        let found = if self.of.len() <= FEW {
            self.of.iter().find(|(known, _)| is_same(known, name))
        } else {
            self.index.get(name).and_then(|at| self.of.get(*at))
        };
        found.map_or(&[], |(_, subscriptions)| subscriptions)
    }
}

/// Compares two texts, first by their address, which is faster.
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
