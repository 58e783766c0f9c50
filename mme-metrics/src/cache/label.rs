//! The labels of cache metrics.

use crate::label::{closed_label, open_label};

/// Caches that one program has.
const CACHES: usize = 100;

open_label! {
    /// The name of a cache, admitted at its first lookup.
    pub registered CacheName: "cache", budget = CACHES, fallback = "_other";
}

closed_label! {
    /// What a cache had to say.
    #[non_exhaustive]
    Lookup: "result" {
        /// It knew the answer.
        Hit = "hit",
        /// It did not, or nobody waited for it.
        Miss = "miss",
    }
}
