//! A cache of recently read documents, so that reading one again needs no database query.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mme_metrics::cache::Cache;

use super::Document;

/// Counts the lookups in the cache.
static CACHE: Cache = Cache::new("documents");

/// Capacity of the cache, in documents. When it is full, it is cleared.
const CAPACITY: usize = 512;

/// Longest time that a document stays in the cache, because another instance of the service may change it meanwhile.
const LIFETIME: Duration = Duration::from_secs(10);

/// The cache. Clones share it. A tenant finds only its own documents.
#[derive(Clone, Default)]
pub(crate) struct RecentDocuments(Arc<Mutex<HashMap<Place, CacheEntry>>>);

/// The key of an entry: a tenant and one of its documents.
type Place = (String, i64);

struct CacheEntry {
    since: Instant,
    document: Document,
}

impl RecentDocuments {
    /// Returns a document from the cache.
    pub(super) fn find(&self, tenant: &str, id: i64) -> Option<Document> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(&(tenant.to_owned(), id)).filter(|kept| kept.since.elapsed() < LIFETIME);
        CACHE.observe(kept.map(|kept| kept.document.clone()))
    }

    /// Adds a document to the cache.
    pub(super) fn keep(&self, tenant: &str, document: &Document) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CAPACITY {
            kept.clear();
        }
        kept.insert((tenant.to_owned(), document.id), CacheEntry { since: Instant::now(), document: document.clone() });
    }

    /// Removes a document that has changed.
    pub(super) fn forget(&self, tenant: &str, id: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(tenant.to_owned(), id));
    }
}

impl fmt::Debug for RecentDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentDocuments").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{Kind, Progress};

    fn document(id: i64) -> Document {
        Document {
            id,
            kind: Kind::Report,
            title: "May".to_owned(),
            body: String::new(),
            state: Progress::New,
            created_at: 0,
        }
    }

    #[test]
    fn a_document_is_found_by_its_tenant_until_it_changes() {
        let recent = RecentDocuments::default();
        recent.keep("acme", &document(1));
        assert!(recent.find("acme", 1).is_some());
        assert!(recent.find("globex", 1).is_none() && recent.find("acme", 2).is_none());
        recent.forget("acme", 1);
        assert!(recent.find("acme", 1).is_none());
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let recent = RecentDocuments::default();
        (0..10_000).for_each(|id| recent.keep("acme", &document(id)));
        assert!(recent.0.lock().unwrap().len() <= CAPACITY);
    }
}
