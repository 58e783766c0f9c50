//! What the tests share: programs they start, and figures they read.

pub mod http;
pub mod scraped;
pub mod exposition;
pub mod prometheus;
pub mod promtool;
pub mod python;
pub mod scrape_target;
