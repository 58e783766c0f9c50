//! The labels of cache metrics.

use crate::label::labels;

/// Caches that one program has.
const CACHES: usize = 100;

labels! {
    /// The name of a cache, admitted at its first lookup.
    pub admitted CacheName: "cache", budget = CACHES, fallback = "_other";
}

labels! {
    /// How a lookup in a cache ended.
    #[non_exhaustive]
    pub closed CacheResult: "result" {
        /// The cache had the value.
        Hit = "hit",
        /// The cache did not have the value, or the lookup was dropped before it ended.
        Miss = "miss",
    }
}
