//! What a check found, as a label.

use crate::label::labels;

labels! {
    /// The label `result`: what a check of the separation of tenants found.
    #[non_exhaustive]
    pub closed Verdict: "result" {
        /// The owner can read it, another tenant cannot.
        Pass = "pass",
        /// Another tenant can read it.
        Breach = "breach",
        /// It could not be told; this is never taken for a pass.
        Unknown = "unknown",
    }
}
