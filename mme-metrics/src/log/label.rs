//! The labels of log metrics.

use crate::label::labels;

/// Targets that a service can tell apart.
const TARGETS: usize = 64;

labels! {
    /// How severe an event is.
    pub closed LogLevel: "level" {
        /// Something failed.
        Error = "error",
        /// Something may fail soon, or was worked around.
        Warn = "warn",
        /// Something worth knowing happened.
        Info = "info",
        /// A detail for debugging.
        Debug = "debug",
        /// A detail of a detail.
        Trace = "trace",
    }

    /// The part of the program that an event comes from: the beginning of its `tracing` target.
    pub registered LogTarget: "target", budget = TARGETS, fallback = "_other";

    /// What kind of thread panicked.
    pub closed PanicThread: "thread" {
        /// A worker of a tokio runtime.
        Worker = "worker",
        /// A thread of a tokio runtime for blocking work, such as `spawn_blocking`.
        Blocking = "blocking",
        /// The main thread.
        Main = "main",
        /// Any other.
        Other = "other",
    }
}
