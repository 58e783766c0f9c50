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

impl Subscription {
    /// Returns whether this is the same listener, and receives every event that the other one does.
    fn covers(&self, other: &Self) -> bool {
        is_one(&self.listener, &other.listener) && (self.method.is_none() || self.method == other.method)
    }
}

/// Returns whether two of them are one listener, attached twice.
fn is_one(one: &Arc<dyn Listener>, other: &Arc<dyn Listener>) -> bool {
    one.identity().is_some_and(|identity| other.identity() == Some(identity))
}

impl Listeners {
    /// Adds a listener to every event. It replaces what was added of it before.
    pub(crate) fn add(&mut self, listener: Arc<dyn Listener>) {
        self.all.retain(|known| !is_one(known, &listener));
        for (_, subscriptions) in &mut self.of {
            subscriptions.retain(|known| !is_one(&known.listener, &listener));
        }
        self.all.push(listener);
    }

    /// Adds a listener to the events of one name, and of one method if it is given. Lookup is fastest if both are the very texts of
    /// the labels. A listener that receives these events already is not added again.
    pub(crate) fn add_to(
        &mut self,
        name: Cow<'static, str>,
        method: Option<Cow<'static, str>>,
        listener: Arc<dyn Listener>,
    ) {
        if self.all.iter().any(|known| is_one(known, &listener)) {
            return;
        }
        let subscription = Subscription { method, listener };
        if let Some((_, subscriptions)) = self.of.iter_mut().find(|(known, _)| *known == name) {
            if !subscriptions.iter().any(|known| known.covers(&subscription)) {
                subscriptions.retain(|known| !subscription.covers(known));
                subscriptions.push(subscription);
            }
            return;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::event::Source;
    use crate::operation::Outcome;

    /// Counts its events.
    #[derive(Default)]
    struct Count(AtomicU64);

    impl Listener for Count {
        fn ended(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The ways to attach a listener: to everything, or to a name and a method.
    const WAYS: [Option<(&str, Option<&str>)>; 6] = [
        None,
        Some(("/a", None)),
        Some(("/a", Some("GET"))),
        Some(("/a", Some("POST"))),
        Some(("/b", None)),
        Some(("/b", Some("GET"))),
    ];

    fn attach(
        listeners: &mut Listeners,
        way: Option<(&'static str, Option<&'static str>)>,
        listener: Arc<dyn Listener>,
    ) {
        match way {
            None => listeners.add(listener),
            Some((name, method)) => listeners.add_to(name.into(), method.map(Cow::Borrowed), listener),
        }
    }

    fn receives(way: Option<(&str, Option<&str>)>, event: &Event<'_>) -> bool {
        way.is_none_or(|(name, method)| name == event.name && method.is_none_or(|method| method == event.method))
    }

    /// Whatever the order of up to three ways in which one listener is attached, it receives an event once if one of them does.
    #[test]
    fn a_listener_that_is_attached_several_times_receives_an_event_once() {
        for number in 0..WAYS.len().pow(3) {
            let ways = [0, 1, 2].map(|digit| WAYS[number / WAYS.len().pow(digit) % WAYS.len()]);
            let (by_arc, by_reference): (Arc<Count>, &'static Count) = (Arc::default(), Box::leak(Box::default()));
            let mut listeners = Listeners::default();
            for way in ways {
                attach(&mut listeners, way, Arc::new(Arc::clone(&by_arc)));
                attach(&mut listeners, way, Arc::new(by_reference));
            }
            let mut expected = 0;
            for (name, method) in [("/a", "GET"), ("/a", "POST"), ("/b", "GET"), ("/c", "GET")] {
                let event = Event::new(Source::Http, name, Outcome::Ok, 0.0).method(method);
                listeners.notify(&event);
                expected += u64::from(ways.iter().any(|way| receives(*way, &event)));
                let counted = [&by_arc.0, &by_reference.0].map(|count| count.load(Ordering::Relaxed));
                assert_eq!(counted, [expected; 2], "{ways:?} {name} {method}");
            }
        }
    }

    #[test]
    fn two_listeners_of_one_type_both_receive_an_event() {
        let counts: [Arc<Count>; 2] = Default::default();
        let mut listeners = Listeners::default();
        counts.iter().for_each(|count| listeners.add(Arc::new(Arc::clone(count))));
        counts.iter().for_each(|count| listeners.add_to("/".into(), None, Arc::new(Arc::clone(count))));
        listeners.notify(&Event::new(Source::Http, "/", Outcome::Ok, 0.0));
        assert_eq!(counts.map(|count| count.0.load(Ordering::Relaxed)), [1, 1]);
    }
}
