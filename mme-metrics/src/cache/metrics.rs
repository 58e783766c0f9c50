//! The truth: the metric of caches.

use super::label::{CacheName, CacheResult};
use crate::metric::{Counter, Unit, family};

family! {
    /// Caches.
    pub static CACHE: CacheMetrics {
        /// Lookups in a cache, by whether it knew the answer.
        requests: Counter<(CacheName, CacheResult)> = Counter::new("cache_requests_total", Unit::None);
    }
}
