//! Runtimes of tokio: a blocked one is seen, and a measured one costs next to nothing. The alerts of the running service.

mod alerts;
mod cost;
mod starved;
