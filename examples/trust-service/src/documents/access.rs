//! Authorization: a document may be accessed only by its own tenant.
//!
//! Every SQL statement names the tenant anyway. The policy also records each decision, and each attempt to access
//! another tenant's document.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mme_metrics::instrument_metrics;
use mme_metrics::security::{AuditEvent, Decision, EventOutcome, EventType, Policy, PolicyName, SECURITY};

use crate::database::Database;
use crate::error::ApiError;

static POLICY: Policy = Policy::new(PolicyName::new("documents"));

/// Capacity of the cache, in decisions. When it is full, it is cleared.
const CAPACITY: usize = 1024;

/// Longest time that a decision stays in the cache.
const LIFETIME: Duration = Duration::from_secs(10);

/// The cache of recent decisions that allowed access. Clones share it. Denials are not cached, because the document may
/// belong to the tenant later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access(Arc<Mutex<HashMap<(String, i64), Instant>>>);

impl Access {
    /// Checks that a tenant may access a document. The error says that there is no such document.
    pub(super) async fn check(&self, database: &Database, tenant: &str, id: i64) -> Result<(), ApiError> {
        if self.was_allowed(tenant, id) {
            POLICY.cache_hit();
            POLICY.decided(Decision::Allow);
            return Ok(());
        }
        POLICY.cache_miss();
        if evaluate(database, tenant, id).await? == Decision::Allow {
            self.keep(tenant, id);
            return Ok(());
        }
        // The answer does not reveal whether the document exists or which tenant owns it.
        Err(ApiError::NotFound("there is no such document"))
    }

    /// Removes the decision on a deleted document.
    pub(super) fn forget(&self, tenant: &str, id: i64) {
        self.allowed().remove(&(tenant.to_owned(), id));
    }

    fn was_allowed(&self, tenant: &str, id: i64) -> bool {
        self.allowed().get(&(tenant.to_owned(), id)).is_some_and(|since| since.elapsed() < LIFETIME)
    }

    fn keep(&self, tenant: &str, id: i64) {
        let mut allowed = self.allowed();
        if allowed.len() >= CAPACITY {
            allowed.clear();
        }
        allowed.insert((tenant.to_owned(), id), Instant::now());
    }

    fn allowed(&self) -> MutexGuard<'_, HashMap<(String, i64), Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[instrument_metrics(record = POLICY.evaluation())]
async fn evaluate(database: &Database, tenant: &str, id: i64) -> Result<Decision, ApiError> {
    let owner: Option<String> =
        sqlx::query_scalar("SELECT tenant FROM documents WHERE id = $1").bind(id).fetch_optional(database).await?;
    match owner {
        Some(owner) if owner == tenant => Ok(Decision::Allow),
        Some(_) => {
            SECURITY.events.increment((EventType::CROSS_TENANT_ACCESS, EventOutcome::Failure));
            AuditEvent::new(EventType::CROSS_TENANT_ACCESS, EventOutcome::Failure).record();
            Ok(Decision::Deny)
        }
        None => Ok(Decision::Deny),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_allowed_is_known_to_its_tenant_until_it_is_gone() {
        let access = Access::default();
        access.keep("acme", 1);
        assert!(access.was_allowed("acme", 1) && !access.was_allowed("globex", 1) && !access.was_allowed("acme", 2));
        access.forget("acme", 1);
        assert!(!access.was_allowed("acme", 1));
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let access = Access::default();
        (0..10_000).for_each(|id| access.keep("acme", id));
        assert!(access.allowed().len() <= CAPACITY);
    }
}
