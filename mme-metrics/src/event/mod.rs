//! Who is told of events when they are over: objectives, the sampler of slow ones, code of the service.

#[cfg(any(feature = "grpc", feature = "http"))]
mod listeners;
mod notes;
mod notify;

#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) use self::listeners::Listeners;
pub use self::notes::Notes;
pub use self::notify::{Notify, notify};

use std::sync::Arc;

use crate::operation::Outcome;

/// Is told of events, each once, when it is over.
///
/// Layers take any number of these, and so does a function by [`notify`]. What it does must neither block nor panic: it runs in
/// the request's own time, also while a panic unwinds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be told how events end",
    label = "not a listener",
    note = "pass an objective (`slo::Objective`) or a sampler (`spike::Spikes`), or implement `mme_metrics::event::Listener`"
)]
pub trait Listener: Send + Sync {
    /// Is called once for each event.
    fn ended(&self, event: &Event<'_>);

    /// Makes what it counts exist at zero; layers call it when they are put around a service.
    fn touch(&self) {}
}

/// An event that is over, as listeners are told of it. Nothing in it is a stranger's text, except what the service itself
/// wrote into the [`Notes`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'a> {
    /// What kind of event it was.
    pub source: Source,
    /// The template of the route, the gRPC method or the name of the function: a text of the program.
    pub name: &'a str,
    /// The HTTP method; empty for anything else.
    pub method: &'a str,
    /// The status code of the protocol: HTTP's or gRPC's; nothing if there was no answer.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub seconds: f64,
    /// What the service said of it.
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
    /// Returns the word that traces have for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Function => "function",
        }
    }
}

impl<'a> Event<'a> {
    /// Tells the least there is to tell.
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

    /// Adds what the service said.
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
}

impl<L: Listener + ?Sized> Listener for Arc<L> {
    fn ended(&self, event: &Event<'_>) {
        L::ended(self, event);
    }

    fn touch(&self) {
        L::touch(self);
    }
}
