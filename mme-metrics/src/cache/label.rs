//! The labels of cache metrics.

use crate::label::labels;

/// Caches that one program has.
const CACHES: usize = 100;

labels! {
    /// The name of a cache, admitted at its first lookup.
    pub admitted CacheName: "cache", budget = CACHES, fallback = "_other";
}

labels! {
    /// What a cache had to say.
    #[non_exhaustive]
    pub closed CacheResult: "result" {
        /// It knew the answer.
        Hit = "hit",
        /// It did not, or nobody waited for it.
        Miss = "miss",
    }
}
