//! Whose data it is: every row belongs to one tenant, and every session sees the rows of its own.

use mme_metrics::label::RegisterError;
use mme_metrics::labels;

labels! {
    /// The tenant a figure belongs to. Its values come from outside the program, so it has a budget.
    pub(crate) registered Tenant: "tenant", budget = 100, fallback = "_unknown";
}

/// The accounts that the example comes with: a tenant, and the name of its one user.
pub(crate) const ACCOUNTS: [(&str, &str); 2] = [("acme", "alice"), ("globex", "bob")];

/// An account that is there to have a second factor: the demo gives it one.
pub(crate) const CAREFUL: (&str, &str) = ("globex", "carol");

/// Makes the tenants known to the metrics, so that each of them is a label value.
pub(crate) fn register() -> Result<(), RegisterError> {
    for (tenant, _) in ACCOUNTS {
        Tenant::register(tenant)?;
    }
    Ok(())
}
