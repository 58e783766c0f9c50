//! What the tests share: programs they start, and figures they read.

pub mod exposition;
pub mod http;
pub mod prometheus;
pub mod promtool;
pub mod python;
pub mod scrape_target;
pub mod scraped;
