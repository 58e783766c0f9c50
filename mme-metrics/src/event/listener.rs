//! The trait of a listener, and the event that it receives.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::notes::Notes;
use crate::operation::Outcome;

/// A listener: it receives each event once, when the event has ended.
///
/// Layers take any number of listeners; a function gets one by [`notify`](super::notify). A listener that is attached to a layer
/// several times, such as for all routes and for one of them, still receives each event once. A listener must not block, because it
/// runs as part of the request. If it panics, it loses this event; the request, and the other listeners, go on.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a listener",
    label = "does not implement `Listener`",
    note = "pass an objective (`slo::Objective`) or a sampler (`spike::Spikes`), or implement `mme_metrics::event::Listener`"
)]
pub trait Listener: Send + Sync {
    /// Is called once for each event.
    fn ended(&self, event: &Event<'_>);

    /// Makes its series exist at zero. Layers call it when they are put around a service.
    fn touch(&self) {}

    /// Returns an address that all references to this listener and all its clones share, by which a layer recognizes that it has
    /// been attached before. `None`, the default, is a listener of its own for each time that it is attached; references and
    /// [`Arc`]s to one value are recognized without it.
    fn identity(&self) -> Option<*const ()> {
        None
    }
}

/// Returns the identity of a listener behind a pointer: its own, else its address. Values without a size share addresses.
fn identity_of<L: Listener + ?Sized>(listener: &L) -> Option<*const ()> {
    let address = || (size_of_val(listener) > 0).then(|| std::ptr::from_ref(listener).cast());
    listener.identity().or_else(address)
}

/// Gives one listener an event. A panic of the listener stays here: an event also ends in a drop, where it would end the process.
pub(crate) fn deliver<L: Listener + ?Sized>(listener: &L, event: &Event<'_>) {
    // Unwind-safe: only the listener sees its own state after a panic.
    let _ = catch_unwind(AssertUnwindSafe(|| listener.ended(event)));
}

/// An event that has ended. No text in it comes from a client, except what the service itself wrote into the [`Notes`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'a> {
    /// What kind of event it was.
    pub source: Source,
    /// The template of the route, the gRPC method or the name of the function: a text of the program.
    pub name: &'a str,
    /// The HTTP method; empty for anything else.
    pub method: &'a str,
    /// The status code of HTTP or gRPC; `None` if there was no response.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub seconds: f64,
    /// Notes of the service about it.
    pub notes: &'a Notes,
}

/// What kind of event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// An HTTP request to this service.
    Http,
    /// A gRPC call to this service.
    Grpc,
    /// A function, or a part of one.
    Function,
}

impl Source {
    /// Returns the word for it in traces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Function => "function",
        }
    }
}

impl<'a> Event<'a> {
    /// Makes an event with what every event has.
    pub const fn new(source: Source, name: &'a str, outcome: Outcome, seconds: f64) -> Self {
        Self { source, name, method: "", status: None, outcome, seconds, notes: Notes::NONE }
    }

    /// Adds the HTTP method.
    pub const fn method(mut self, method: &'a str) -> Self {
        self.method = method;
        self
    }

    /// Adds the status code.
    pub const fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds the notes of the service.
    pub const fn notes(mut self, notes: &'a Notes) -> Self {
        self.notes = notes;
        self
    }
}

impl<L: Listener + ?Sized> Listener for &L {
    fn ended(&self, event: &Event<'_>) {
        L::ended(self, event);
    }

    fn touch(&self) {
        L::touch(self);
    }

    fn identity(&self) -> Option<*const ()> {
        identity_of::<L>(self)
    }
}

impl<L: Listener + ?Sized> Listener for Arc<L> {
    fn ended(&self, event: &Event<'_>) {
        L::ended(self, event);
    }

    fn touch(&self) {
        L::touch(self);
    }

    fn identity(&self) -> Option<*const ()> {
        identity_of::<L>(self)
    }
}
