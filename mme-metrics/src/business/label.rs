//! What a business tells apart.

use crate::label::labels;

labels! {
    /// The label `kind` of amounts of money. Each only grows: what is paid back is a refund, not less revenue.
    pub closed ValueKind: "kind" {
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

labels! {
    /// The label `operation`: what the business does, as a [`BusinessOperation`](super::BusinessOperation) names it.
    pub admitted BusinessOperationName: "operation", budget = 200, fallback = "_other";
    /// The label `type`: what it is done with, as the type of a [`BusinessOperation`](super::BusinessOperation) says.
    pub admitted BusinessOperationType: "type", budget = 200, fallback = "_other", none = "";
    /// The label `client`: a customer that the service registers at set-up. Everybody else reads `_other`, whatever is sent.
    pub registered BusinessClient: "client", budget = 100, fallback = "_other", none = "";
    /// The label `kind` of scores, as a [`BusinessScore`](super::BusinessScore) names it.
    pub admitted ScoreKind: "kind", budget = 100, fallback = "_other";
    /// The label `queue`, as a [`BusinessQueue`](super::BusinessQueue) names it.
    pub admitted QueueName: "queue", budget = 200, fallback = "_other";
    /// The label `tier`, as a type of tiers names it.
    pub admitted TierName: "tier", budget = 50, fallback = "_other";
}
