//! What a business tells apart.

use crate::label::{Registered, closed_label, open_label};

closed_label! {
    /// The label `kind` of amounts of money. Each only grows: what is paid back is a refund, not less revenue.
    ValueKind: "kind" {
        /// What customers pay.
        Revenue = "revenue",
        /// What is charged for a transaction, where it is told apart from its value.
        Fee = "fee",
        /// What customers get back.
        Refund = "refund",
        /// What the service itself has to pay.
        Cost = "cost",
    }
}

open_label! {
    /// The label `operation`: what the business does, as a [`BusinessOperation`](super::BusinessOperation) names it.
    pub registered OperationName: "operation", budget = 200, fallback = "_other";
    /// The label `type`: what it is done with, as the type of a [`BusinessOperation`](super::BusinessOperation) says.
    pub registered OperationType: "type", budget = 200, fallback = "_other";
    /// The label `client`: a customer that the service registers at set-up. Everybody else reads `_other`, whatever is sent.
    pub registered Client: "client", budget = 100, fallback = "_other";
    /// The label `kind` of scores, as a [`BusinessScore`](super::BusinessScore) names it.
    pub registered ScoreKind: "kind", budget = 100, fallback = "_other";
    /// The label `queue`, as a [`BusinessQueue`](super::BusinessQueue) names it.
    pub registered QueueName: "queue", budget = 200, fallback = "_other";
    /// The label `tier`, as a type of tiers names it.
    pub registered TierName: "tier", budget = 50, fallback = "_other";
}

/// Admits a name that stands in the source, or that a type bounds.
macro_rules! admitted {
    ($($name:ident)+) => {
        $(impl $name {
            pub(super) fn admit(name: &str) -> Self {
                let known = Self::find(name);
                if known == Self::FALLBACK { Self::register(name).unwrap_or(Self::FALLBACK) } else { known }
            }
        })+
    };
}

admitted! { OperationName OperationType ScoreKind QueueName TierName }

impl OperationType {
    /// No type: the label is absent.
    pub const NONE: Self = Self(Registered::fallback(""));
}

impl Client {
    /// No client: the label is absent.
    pub const NONE: Self = Self(Registered::fallback(""));
}
