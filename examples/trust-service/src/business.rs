//! Business metrics: revenue and cost, customer satisfaction, and the length of queues.

use std::sync::{Mutex, PoisonError};

use mme_metrics::business::{
    self, BusinessClient, BusinessOperation, BusinessQueue, BusinessScore, BusinessValue, Currency, Money, ValueKind,
    tier,
};
use mme_metrics::label::{CountryCode, RegisterError};

use crate::documents::Kind;
use crate::tenant::ACCOUNTS;

/// The processing of documents, by their kind.
pub(crate) static PROCESSING: BusinessOperation<Kind> = BusinessOperation::new("document_processing");

/// The documents that wait for processing.
pub(crate) static BACKLOG: BusinessQueue = BusinessQueue::new("documents");

static SATISFACTION: BusinessScore = BusinessScore::new("satisfaction");

/// The currency of all prices.
const EUR: Currency = Currency::EUR;

/// The cost of recognizing a scan, for the service, whether it succeeds or not.
const RECOGNITION: Money = Money::from_minor(8, EUR);

/// The price of a signature.
const SIGNATURE: Money = Money::from_minor(5, EUR);

/// The weight of a new opinion in the mean.
const WEIGHT: f64 = 0.05;

/// Registers the customers as label values, and creates the zero series.
pub(crate) fn set_up() -> Result<(), RegisterError> {
    for (tenant, _) in ACCOUNTS {
        BusinessClient::register(tenant)?;
    }
    business::touch_currency(EUR);
    PROCESSING.touch();
    [&tier::DIRECT, &tier::NEIGHBORS, &tier::RECENT].into_iter().for_each(tier::Tier::touch);
    SATISFACTION.set(1.0);
    Ok(())
}

/// Returns the price of processing a document.
const fn price(kind: Kind) -> Money {
    let cents = match kind {
        Kind::Contract => 120,
        Kind::Invoice => 25,
        Kind::Report => 60,
        Kind::Scan => 40,
    };
    Money::from_minor(cents, EUR)
}

/// Charges the customer for a document in advance. For a scan it also counts the cost of the service.
pub(crate) fn charge(tenant: &str, kind: Kind) -> Deposit<'_> {
    customer(ValueKind::Revenue, tenant).add(price(kind));
    if let Kind::Scan = kind {
        business::record(ValueKind::Cost, RECOGNITION);
    }
    Deposit { tenant, kind, earned: false }
}

/// The advance payment of a customer for a document. If it is dropped before it is earned, the customer gets a refund.
/// The revenue stays, and the refund is counted separately.
#[derive(Debug)]
#[must_use = "dropping this refunds the customer"]
pub(crate) struct Deposit<'a> {
    tenant: &'a str,
    kind: Kind,
    earned: bool,
}

impl Deposit<'_> {
    /// Marks the payment as earned.
    pub(crate) fn earn(mut self) {
        self.earned = true;
    }
}

impl Drop for Deposit<'_> {
    fn drop(&mut self) {
        if !self.earned {
            customer(ValueKind::Refund, self.tenant).add(price(self.kind));
        }
    }
}

/// Charges the customer for a signature.
pub(crate) fn charge_signature(tenant: &str) {
    customer(ValueKind::Fee, tenant).add(SIGNATURE);
}

/// Returns the metric that counts a customer's money. An unregistered tenant has no name in it.
fn customer(kind: ValueKind, tenant: &str) -> BusinessValue {
    let country = match tenant {
        "acme" => CountryCode::find("FR"),
        "globex" => CountryCode::find("DE"),
        _ => CountryCode::UNKNOWN,
    };
    BusinessValue::new(kind, EUR).client(BusinessClient::find(tenant)).country(country)
}

/// Adds an opinion between 0 and 1 to the moving mean. It stands in for a survey of customers.
pub(crate) fn rate(opinion: f64) {
    static MEAN: Mutex<f64> = Mutex::new(1.0);
    let mut mean = MEAN.lock().unwrap_or_else(PoisonError::into_inner);
    *mean += WEIGHT * (opinion - *mean);
    SATISFACTION.set(*mean);
}
