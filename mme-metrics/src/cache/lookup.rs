//! A cache and its lookups.

use std::fmt;

use metrics::Key;

use super::label::{CacheName, CacheResult};
use super::metrics::CACHE;
use crate::metric::{KeptSeries, SeriesKeys};

/// A cache whose lookups are counted. Declare it as a `static`, so that it keeps its series.
pub struct Cache {
    name: &'static str,
    series: KeptSeries<2>,
}

impl Cache {
    /// Creates a cache with the name that the service gives it.
    pub const fn new(name: &'static str) -> Self {
        Self { name, series: KeptSeries::new() }
    }

    /// Counts a hit.
    pub fn hit(&self) {
        self.count(CacheResult::Hit);
    }

    /// Counts a miss.
    pub fn miss(&self) {
        self.count(CacheResult::Miss);
    }

    /// Counts a hit for `Some` and a miss for `None`, and returns the value.
    pub fn observe<T>(&self, found: Option<T>) -> Option<T> {
        if found.is_some() {
            self.hit();
        } else {
            self.miss();
        }
        found
    }

    /// Starts a lookup. It is a miss unless [`hit`](LookupGuard::hit) is called.
    pub fn start_lookup(&self) -> LookupGuard<'_> {
        LookupGuard { cache: self, result: CacheResult::Miss }
    }

    /// Returns the value of the label `cache`.
    pub fn name(&self) -> CacheName {
        CacheName::admit(self.name)
    }

    /// Makes both series exist at zero. Call it at set-up; otherwise the first lookup does it.
    pub fn touch(&self) {
        self.series.touch(self);
    }

    #[inline]
    fn count(&self, result: CacheResult) {
        self.series.record(self, &[result as usize], None);
    }
}

impl SeriesKeys<2> for Cache {
    fn counters(&self) -> [Key; 2] {
        CacheResult::ALL.map(|result| CACHE.requests.key_with(&(self.name(), result), &[]))
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A lookup in progress, from [`Cache::start_lookup`].
#[derive(Debug)]
#[must_use = "dropping this ends the lookup as a miss"]
pub struct LookupGuard<'c> {
    cache: &'c Cache,
    result: CacheResult,
}

impl LookupGuard<'_> {
    /// Ends the lookup as a hit.
    pub fn hit(mut self) {
        self.result = CacheResult::Hit;
    }
}

impl Drop for LookupGuard<'_> {
    fn drop(&mut self) {
        self.cache.count(self.result);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;
    use crate::testing::record;

    static TEST: Cache = Cache::new("cache-test");

    #[test]
    fn each_lookup_counts_once_whatever_its_end() {
        let emission = record(|| {
            TEST.start_lookup().hit();
            drop(TEST.start_lookup());
            let _ = catch_unwind(|| {
                let _lookup = TEST.start_lookup();
                panic!("the cache is on fire");
            });
            assert_eq!(TEST.observe(Some(1)), Some(1));
            assert_eq!(TEST.observe(None::<u8>), None);
        });
        let labels = |result| (TEST.name(), result);
        let expected = emission.expect().counter(&CACHE.requests, labels(CacheResult::Hit), 2);
        expected.counter(&CACHE.requests, labels(CacheResult::Miss), 3).only();
    }

    #[test]
    fn a_cache_past_the_budget_is_another() {
        let caches: Vec<_> = (0..=100).map(|number| Cache::new(format!("cache-{number}").leak())).collect();
        assert!(caches.iter().any(|cache| cache.name() == CacheName::FALLBACK));
    }
}
