//! The declaration of every business metric.

use super::currency::Currency;
use super::label::{
    BusinessClient, BusinessOperationName, BusinessOperationType, QueueName, ScoreKind, TierName, ValueKind,
};
use crate::buckets;
use crate::label::CountryCode;
use crate::metric::{Counter, Gauge, Histogram, Unit, family};
use crate::operation::ResultLabel;

family! {
    /// The business: what the service is for.
    pub static BUSINESS: BusinessMetrics {
        /// Business operations that ended, by outcome.
        operations: Counter<(BusinessOperationName, BusinessOperationType, ResultLabel)> =
            Counter::new("business_operations_total", Unit::None);
        /// Time from the start of a business operation to its end, whatever the end.
        operation_duration: Histogram<(BusinessOperationName, BusinessOperationType)> =
            Histogram::new("business_operation_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Money in whole minor units of its currency, such as cents.
        value: Counter<(ValueKind, Currency, CountryCode, BusinessClient)> =
            Counter::new("business_value_minor_units_total", Unit::None);
        /// Minor units that make one unit of a currency: 100 for USD, 1 for JPY, 1000 for KWD.
        currency_minor_units: Gauge<(Currency,)> = Gauge::new("business_currency_minor_units", Unit::None);
        /// A score between 0 and 1, such as the satisfaction of customers.
        score: Gauge<(ScoreKind,)> = Gauge::new("business_score", Unit::None);
        /// Items that wait in a queue of the business.
        queue_items: Gauge<(QueueName,)> = Gauge::new("business_queue_items", Unit::None);
        /// Requests that a tier answered, or was the last to be asked.
        tier_requests: Counter<(TierName, ResultLabel)> = Counter::new("tier_requests_total", Unit::None);
        /// Time from the start of a request to its end, by the tier that answered it or was asked last.
        tier_request_duration: Histogram<(TierName,)> =
            Histogram::new("tier_request_duration_seconds", Unit::Seconds, buckets::REQUEST);
    }
}
