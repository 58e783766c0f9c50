//! Service level objectives: every event is counted once, and bad for one reason.

mod counting;
mod http;
