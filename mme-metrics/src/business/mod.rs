//! The business: what the service does for whom, what money moved, how content customers are, what waits, and which tier
//! answered.
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
//! Amounts are whole numbers of minor units: ten million times 0.10 is 1 000 000.00, and neither a float nor a scrape loses a
//! cent of it. How many minor units make one is ISO 4217's, exported beside them, so that queries divide by it. Nothing is
//! subtracted: what is paid back is counted as a refund. Negative amounts, those above 10^14 and what is no number are refused;
//! amounts in a currency that is not in the table are added up under `_unknown`. All of that is counted in
//! `mme_rejected_observations_total`. Prometheus' own numbers are exact up to 2^53 minor units; a counter that reaches 2^64
//! stays there, which is counted likewise.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `business_operations_total` | once per event of a [`BusinessOperation`], at its end: `result` is `ok`, `error` (a panic, too) or `cancelled` |
//! | `business_operation_duration_seconds` | once per event, at its end, whatever the end |
//! | `business_value_minor_units_total` | with each amount, by that amount |
//! | `business_currency_minor_units` | set when a currency is first used |
//! | `business_score` | when it is set |
//! | `business_queue_items` | up and down with the guards of items, or when it is set |
//! | `tier_requests_total`, `tier_request_duration_seconds` | once per request that [`Tier::start_request`](tier::Tier::start_request) begins, at its end, for the tier it ends in |
//!
//! # What it costs
//!
//! Names stand in the source: 200 operations, 200 types, 200 queues, 100 scores, 50 tiers, and those after them read `_other`.
//! An operation has three series that count and a histogram of 18 lines for each of its types, a currency one series for each
//! kind of value. Countries and clients multiply that: 250 countries have names, clients are registered, at most 100, and
//! both count only where a [`BusinessValue`] asks for them. With kept handles, which all the statics are, an event allocates
//! nothing and takes no lock.
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
