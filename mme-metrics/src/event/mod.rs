//! Events that have ended, and their listeners: objectives, the sampler of slow requests, code of the service.

mod listener;
#[cfg(any(feature = "grpc", feature = "http"))]
mod listeners;
mod notes;
mod notify;

pub use self::listener::{Event, Listener, Source};
#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) use self::listeners::Listeners;
pub use self::notes::Notes;
pub use self::notify::{Notify, notify};
