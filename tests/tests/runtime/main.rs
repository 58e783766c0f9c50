//! Runtimes of tokio: a blocked one is seen, and a measured one costs next to nothing.

mod cost;
mod starved;
