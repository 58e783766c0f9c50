//! From a measurement to its trace: exemplars, and the ids in events.

mod allocation;
mod concurrency;
mod event;
mod format;
mod hostile;
mod layer;
mod prometheus;
mod span;
