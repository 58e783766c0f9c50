//! The labels of connections.

use crate::label::labels;

labels! {
    /// The address that a listener is known by, as the service names it.
    pub registered ListenerAddress: "server_address", budget = 64, fallback = "_other";

    /// The label `error_type` of a TLS handshake: how it ended.
    #[non_exhaustive]
    pub closed HandshakeErrorType: "error_type" {
        /// It succeeded; the label is absent.
        None = "",
        /// It returned an error: the peer spoke no TLS, trusted no certificate, or went away.
        Other = "other",
        /// It was dropped before its end, usually by a time limit.
        Cancelled = "cancelled",
        /// It panicked.
        Panic = "panic",
    }
}
