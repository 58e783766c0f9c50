//! The label for the result of a tenant isolation check.

use crate::label::labels;

labels! {
    /// The label `result`: the result of a tenant isolation check.
    #[non_exhaustive]
    pub closed Verdict: "result" {
        /// The owner can read the resource, and the other tenant cannot.
        Pass = "pass",
        /// Another tenant can read the resource.
        Breach = "breach",
        /// The check found no answer. This never counts as a pass.
        Unknown = "unknown",
    }
}
