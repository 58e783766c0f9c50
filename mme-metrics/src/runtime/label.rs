//! The labels of runtime metrics.

use crate::label::labels;

/// Runtimes that a program can tell apart.
const RUNTIMES: usize = 16;

labels! {
    /// The name of a runtime, which the service chooses.
    pub registered RuntimeName: "runtime", budget = RUNTIMES, fallback = "_other";
}
