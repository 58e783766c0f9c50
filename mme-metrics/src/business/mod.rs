//! Business metrics: operations, money, scores, queues, and the tier that answered a request.
//!
//! ```
//! use mme_metrics::business::{
//!     self, BusinessOperation, BusinessQueue, BusinessScore, Currency, Money, ValueKind,
//! };
//! use mme_metrics::operation::measure;
//! use mme_metrics::operation::ByResult;
//!
//! static PROCESSING: BusinessOperation = BusinessOperation::new("document_processing");
//! static SATISFACTION: BusinessScore = BusinessScore::new("satisfaction");
//! static BACKLOG: BusinessQueue = BusinessQueue::new("documents");
//!
//! let emission = mme_metrics::testing::record(|| {
//!     let waiting = BACKLOG.enter();
//!     let processed = measure(PROCESSING.event(), ByResult, || Ok::<_, String>("seven words"));
//!     drop(waiting);
//!     if processed.is_ok() {
//!         business::record(ValueKind::Revenue, Money::from_minor(2_50, Currency::EUR));
//!         SATISFACTION.set(0.93);
//!     }
//! });
//! let text = emission.recorder().render(mme_metrics::Format::Text);
//! assert!(text.contains("business_value_minor_units_total{currency=\"EUR\",kind=\"revenue\"} 250\n"));
//! assert!(text.contains("business_operations_total{operation=\"document_processing\",result=\"ok\"} 1\n"));
//! ```
//!
//! Operations are measured like functions: by a [`Guard`](crate::operation::Guard), around a closure or future with
//! [`measure`](crate::operation::measure) and [`measure_async`](crate::operation::measure_async), or by
//! `#[instrument_metrics(record = PROCESSING.event())]`.
//!
//! # Money
//!
//! Amounts are whole numbers of minor units, such as cents, so sums are exact: ten million times 0.10 is 1 000 000.00.
//! The number of minor units in a unit comes from ISO 4217. It is exported too, so that queries can divide by it.
//! Nothing is subtracted: a refund is counted separately. Negative amounts, amounts above 10^14 and amounts that are
//! not numbers are refused. Amounts in a currency that is not in the table are summed up under `_unknown`.
//! `mme_rejected_observations_total` counts both. Numbers in Prometheus are exact up to 2^53 minor units. A counter
//! that reaches 2^64 stays there, and the same metric counts this too.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `business_operations_total` | once per event of a [`BusinessOperation`], at its end: `result` is `ok`, `error` (also for a panic) or `cancelled` |
//! | `business_operation_duration_seconds` | once per event, at its end, whatever the outcome |
//! | `business_value_minor_units_total` | with each amount, by that amount |
//! | `business_currency_minor_units` | set when a currency is first used |
//! | `business_score` | when it is set |
//! | `business_queue_items` | up and down with the guards of items, or when it is set |
//! | `tier_requests_total`, `tier_request_duration_seconds` | once per request that [`Tier::start_request`](tier::Tier::start_request) starts, at its end, for the tier that answered |
//!
//! # What it costs
//!
//! There are at most 200 operations, 200 types, 200 queues, 100 scores and 50 tiers; later names count as `_other`. An
//! operation has three counters and a histogram of 18 lines for each of its types. A currency has one series for each
//! kind of value. A [`BusinessValue`] can add countries (at most 250) and registered clients (at most 100); then there
//! is one series for each combination. The statics keep their handles, so an event takes no allocation and no lock.
//!
//! # Assets
//!
//! `rules/business.yml`, `alerts/business.yml`, the dashboard `business`.

mod currency;
mod label;
mod metrics;
mod money;
mod operation;
mod queue;
mod score;
pub mod tier;
mod value;

pub use self::currency::Currency;
pub use self::label::{
    BusinessClient, BusinessOperationName, BusinessOperationType, QueueName, ScoreKind, TierName, ValueKind,
};
pub use self::metrics::{BUSINESS, BusinessMetrics};
pub use self::money::{Money, MoneyError};
pub use self::operation::{BusinessEvent, BusinessOperation, NoType};
pub use self::queue::BusinessQueue;
pub use self::score::BusinessScore;
pub use self::value::{BusinessValue, record, record_decimal, touch_currency};
