//! Tenants: every row belongs to one tenant, and a session sees only the rows of its own tenant.

use mme_metrics::label::RegisterError;
use mme_metrics::labels;

labels! {
    /// The tenant a figure belongs to. Its values come from outside the program, so it has a budget.
    pub(crate) registered Tenant: "tenant", budget = 100, fallback = "_unknown";
}

/// The accounts of the example: a tenant, and the name of its only user.
pub(crate) const ACCOUNTS: [(&str, &str); 2] = [("acme", "alice"), ("globex", "bob")];

/// The account for which the demo sets up a second factor.
pub(crate) const CAREFUL: (&str, &str) = ("globex", "carol");

/// Registers the tenants as values of the label `tenant`.
pub(crate) fn register() -> Result<(), RegisterError> {
    for (tenant, _) in ACCOUNTS {
        Tenant::register(tenant)?;
    }
    Ok(())
}
