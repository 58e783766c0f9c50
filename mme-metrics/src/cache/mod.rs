//! Caches: hits and misses.
//!
//! ```
//! use std::collections::HashMap;
//!
//! use mme_metrics::cache::{CACHE, Cache, CacheResult};
//!
//! static PRICES: Cache = Cache::new("prices");
//!
//! fn price(known: &HashMap<String, u32>, dish: &str) -> u32 {
//!     PRICES.observe(known.get(dish)).copied().unwrap_or_else(|| ask_the_kitchen(dish))
//! }
//! # fn ask_the_kitchen(_: &str) -> u32 { 7 }
//!
//! let emission = mme_metrics::testing::record(|| _ = price(&HashMap::new(), "soup"));
//! emission.expect().counter(&CACHE.requests, (PRICES.name(), CacheResult::Miss), 1).only();
//! ```
//!
//! A lookup that takes more than one call is a guard. It is a miss unless `hit` is called:
//!
//! ```
//! # use mme_metrics::cache::Cache;
//! static SESSIONS: Cache = Cache::new("sessions");
//!
//! # async fn fetch() -> Result<Option<String>, std::io::Error> { Ok(None) }
//! async fn session() -> Result<Option<String>, std::io::Error> {
//!     let lookup = SESSIONS.start_lookup();
//!     let found = fetch().await?;
//!     if found.is_some() {
//!         lookup.hit();
//!     }
//!     Ok(found)
//! }
//! ```
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `cache_requests_total` | once per lookup: `result` is `hit` or `miss`; a lookup that failed, panicked or was dropped is a miss |
//!
//! [`database`](crate::database) measures how long a lookup in a remote cache takes and why it fails. Both can measure the same
//! call.
//!
//! # What it costs
//!
//! Two series for each of at most 100 caches; later caches count as `_other`. Both series exist from the first lookup on. A lookup
//! costs about 15 ns and no allocation.
//!
//! # Assets
//!
//! Rules, alerts and panels for this family come with the others in `assets/`.

mod label;
mod lookup;
mod metrics;

pub use self::label::{CacheName, CacheResult};
pub use self::lookup::{Cache, LookupGuard};
pub use self::metrics::{CACHE, CacheMetrics};
