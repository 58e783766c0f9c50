//! The labels of connections.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, labels};

labels! {
    /// The address that a listener is known by, as the service names it.
    pub registered ListenerAddress: "server_address", budget = 64, fallback = "_other";
}

/// The label `error_type` of a TLS handshake: how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HandshakeErrorType {
    /// It succeeded; the label is absent.
    None,
    /// It returned an error: the peer spoke no TLS, trusted no certificate, or went away.
    Other,
    /// It was dropped before its end, usually by a time limit.
    Cancelled,
    /// It panicked.
    Panic,
}

impl HandshakeErrorType {
    /// Every value.
    pub const ALL: [Self; 4] = [Self::None, Self::Other, Self::Cancelled, Self::Panic];
}

impl LabelValue for HandshakeErrorType {
    const KEY: &'static str = "error_type";
    const CARDINALITY: Cardinality = Cardinality::Bounded(4);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(match self {
            Self::None => "",
            Self::Other => "other",
            Self::Cancelled => "cancelled",
            Self::Panic => "panic",
        })
    }
}
