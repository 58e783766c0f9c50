//! What the tests share: programs they start, and figures they read.

pub mod future;
pub mod http;
pub mod scraped;
pub mod service;
