//! A cache, and one lookup in it.

use std::fmt;
use std::sync::OnceLock;

use super::label::{CacheName, Lookup};
use super::metrics::CACHE;
use crate::metric::CounterHandle;

/// A cache whose lookups are counted. Make it a `static`: it keeps its two series.
pub struct Cache {
    name: &'static str,
    series: OnceLock<Series>,
}

struct Series {
    name: CacheName,
    hits: CounterHandle,
    misses: CounterHandle,
}

impl Cache {
    /// Names a cache, as the service calls it.
    pub const fn new(name: &'static str) -> Self {
        Self { name, series: OnceLock::new() }
    }

    /// Counts a lookup that found what it looked for.
    pub fn hit(&self) {
        self.series().hits.increment();
    }

    /// Counts a lookup that did not.
    pub fn miss(&self) {
        self.series().misses.increment();
    }

    /// Counts a lookup by what it found, and hands that on.
    pub fn observe<T>(&self, found: Option<T>) -> Option<T> {
        if found.is_some() {
            self.hit();
        } else {
            self.miss();
        }
        found
    }

    /// Begins a lookup, which is a miss when it is dropped.
    pub fn lookup(&self) -> LookupGuard<'_> {
        LookupGuard { cache: self, result: Lookup::Miss }
    }

    /// Returns the value of the label `cache`.
    pub fn name(&self) -> CacheName {
        self.series().name
    }

    fn series(&self) -> &Series {
        self.series.get_or_init(|| {
            let name = CacheName::admit(self.name);
            let [hits, misses] = [Lookup::Hit, Lookup::Miss].map(|result| CACHE.requests.with((name, result)));
            // The other one exists then too, and a share can be taken from the first lookup on.
            hits.touch();
            misses.touch();
            Series { name, hits, misses }
        })
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A lookup that goes on; made by [`Cache::lookup`].
#[derive(Debug)]
#[must_use = "dropping this ends the lookup as a miss"]
pub struct LookupGuard<'c> {
    cache: &'c Cache,
    result: Lookup,
}

impl LookupGuard<'_> {
    /// Ends the lookup: it found what it looked for.
    pub fn hit(mut self) {
        self.result = Lookup::Hit;
    }
}

impl Drop for LookupGuard<'_> {
    fn drop(&mut self) {
        match self.result {
            Lookup::Hit => self.cache.hit(),
            Lookup::Miss => self.cache.miss(),
        }
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
            TEST.lookup().hit();
            drop(TEST.lookup());
            let _ = catch_unwind(|| {
                let _lookup = TEST.lookup();
                panic!("the cache is on fire");
            });
            assert_eq!(TEST.observe(Some(1)), Some(1));
            assert_eq!(TEST.observe(None::<u8>), None);
        });
        let labels = |result| (TEST.name(), result);
        let expected = emission.expect().counter(&CACHE.requests, labels(Lookup::Hit), 2);
        expected.counter(&CACHE.requests, labels(Lookup::Miss), 3).only();
    }

    #[test]
    fn a_cache_past_the_budget_is_another() {
        let caches: Vec<_> = (0..=100).map(|number| Cache::new(format!("cache-{number}").leak())).collect();
        assert!(caches.iter().any(|cache| cache.name() == CacheName::FALLBACK));
    }
}
