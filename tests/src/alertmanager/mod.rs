//! A real Alertmanager with the bundled configuration, and local stand-ins for the services that it notifies.
//!
//! The stand-ins keep what arrives, so that a test can check what a person would read.

mod deployment;
mod inbox;
mod mailbox;
mod program;
mod server;
mod starttls;

pub use self::deployment::{BusinessHours, Deployment};
pub use self::inbox::{Delivery, Inbox};
pub use self::mailbox::{Mail, Mailbox};
pub use self::program::{amtool, amtool_refuses, readable_configurations};
pub use self::server::{Alertmanager, free_addresses};
pub use self::starttls::StartTls;
