//! The labels of business metrics.

use crate::label::labels;

labels! {
    /// The label `kind` of amounts of money. Each sum only grows: money that is paid back is a refund, and does not
    /// reduce the revenue.
    pub closed ValueKind: "kind" {
        /// Money that customers pay.
        Revenue = "revenue",
        /// The charge for a transaction, for services that count it separately from the transaction's value.
        Fee = "fee",
        /// Money that customers get back.
        Refund = "refund",
        /// Money that the service itself has to pay.
        Cost = "cost",
    }
}

labels! {
    /// The label `operation`: the name of a [`BusinessOperation`](super::BusinessOperation).
    pub admitted BusinessOperationName: "operation", budget = 200, fallback = "_other";
    /// The label `type`: the type of the event of a [`BusinessOperation`](super::BusinessOperation), such as the
    /// document.
    pub admitted BusinessOperationType: "type", budget = 200, fallback = "_other", none = "";
    /// The label `client`: a customer that the service registered at set-up. Every other customer reads `_other`.
    pub registered BusinessClient: "client", budget = 100, fallback = "_other", none = "";
    /// The label `kind` of scores: the name of a [`BusinessScore`](super::BusinessScore).
    pub admitted ScoreKind: "kind", budget = 100, fallback = "_other";
    /// The label `queue`: the name of a [`BusinessQueue`](super::BusinessQueue).
    pub admitted QueueName: "queue", budget = 200, fallback = "_other";
    /// The label `tier`: the name of a [`Tier`](super::tier::Tier).
    pub admitted TierName: "tier", budget = 50, fallback = "_other";
}
