//! The metrics endpoint on a port of its own: what it answers, and what it costs under load.

mod listener;
mod load;
