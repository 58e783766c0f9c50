//! Who is told of events when they are over: objectives, the sampler of slow ones, code of the service.

#[cfg(any(feature = "grpc", feature = "http"))]
mod audience;
mod notes;

#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) use self::audience::Audience;
pub use self::notes::Notes;

use std::fmt;
use std::sync::Arc;

use super::{Operation, Outcome};

/// Is told of events, each once, when it is over.
///
/// Layers take any number of these, and so does a function by [`tell`]. What it does must neither block nor panic: it runs in
/// the request's own time, also while a panic unwinds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be told how events end",
    label = "not a listener",
    note = "pass an objective (`slo::Objective`) or a sampler (`spike::Spikes`), or implement `mme_metrics::op::Listen`"
)]
pub trait Listen: Send + Sync {
    /// Is called once for each event.
    fn ended(&self, ending: &Ending<'_>);

    /// Makes what it counts exist at zero; layers call it when they are put around a service.
    fn declare(&self) {}
}

/// An event that is over, as listeners are told of it. Nothing in it is a stranger's text, except what the service itself
/// wrote into the [`Notes`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Ending<'a> {
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

impl<'a> Ending<'a> {
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

impl<L: Listen + ?Sized> Listen for &L {
    fn ended(&self, ending: &Ending<'_>) {
        L::ended(self, ending);
    }

    fn declare(&self) {
        L::declare(self);
    }
}

impl<L: Listen + ?Sized> Listen for Arc<L> {
    fn ended(&self, ending: &Ending<'_>) {
        L::ended(self, ending);
    }

    fn declare(&self) {
        L::declare(self);
    }
}

/// Makes an operation that tells `listener` how a piece of code called `name` ended.
///
/// ```
/// use mme_metrics::op::{Ending, Listen, tell};
/// # #[cfg(feature = "macros")]
/// use mme_metrics::instrument_metrics;
///
/// struct Log;
///
/// impl Listen for Log {
///     fn ended(&self, ending: &Ending<'_>) {
///         println!("{} took {} s", ending.name, ending.seconds);
///     }
/// }
///
/// # #[cfg(feature = "macros")] {
/// #[instrument_metrics(objective = tell("import", Log))]
/// fn import() {}
/// # import();
/// # }
/// ```
pub const fn tell<L: Listen>(name: &'static str, listener: L) -> Told<L> {
    Told { name, listener }
}

/// An operation of which a listener is told; made by [`tell`].
#[derive(Clone, Copy)]
#[must_use = "an operation is recorded by `guard::measure`, `guard::measure_async` or a `Guard`"]
pub struct Told<L> {
    name: &'static str,
    listener: L,
}

impl<L: Listen> Operation for Told<L> {
    fn end(self, outcome: Outcome, seconds: f64) {
        self.listener.ended(&Ending::new(Source::Function, self.name, outcome, seconds));
    }
}

impl<L> fmt::Debug for Told<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").field("name", &self.name).finish_non_exhaustive()
    }
}
