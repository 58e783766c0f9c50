//! Every alert is tested in the situations that raise false alarms: scenarios of a healthy service that hold all alerts silent
//! at once, and a table of alerts and scenarios without a hole.
//!
//! `cargo test --all-features --test asset -- --nocapture table` prints the table.

mod bundled;
mod optional;
mod scenario;
mod service;
mod table;
