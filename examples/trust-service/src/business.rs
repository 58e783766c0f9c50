//! What the service earns and pays, how content its customers are, and what waits.

use std::sync::{Mutex, PoisonError};

use mme_metrics::business::{
    self, BusinessClient, BusinessOperation, BusinessQueue, BusinessScore, BusinessValue, Currency, Money, ValueKind,
    tier,
};
use mme_metrics::label::{CountryCode, RegisterError};

use crate::documents::Kind;
use crate::tenant::ACCOUNTS;

/// Documents that are processed, by their kind.
pub(crate) static PROCESSING: BusinessOperation<Kind> = BusinessOperation::new("document_processing");

/// Documents whose processing somebody waits for.
pub(crate) static BACKLOG: BusinessQueue = BusinessQueue::new("documents");

static SATISFACTION: BusinessScore = BusinessScore::new("satisfaction");

/// The currency that prices are in.
const EUR: Currency = Currency::EUR;

/// What the recognition of a scan costs the service, whatever becomes of it.
const RECOGNITION: Money = Money::from_minor(8, EUR);

/// What a signature costs its customer.
const SIGNATURE: Money = Money::from_minor(5, EUR);

/// How much a new opinion counts among all.
const WEIGHT: f64 = 0.05;

/// Makes customers known to the metrics, and lets every series begin at zero.
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

/// What processing a document costs its customer.
const fn price(kind: Kind) -> Money {
    let cents = match kind {
        Kind::Contract => 120,
        Kind::Invoice => 25,
        Kind::Report => 60,
        Kind::Scan => 40,
    };
    Money::from_minor(cents, EUR)
}

/// Charges for a document in advance; a scan costs the service something, too.
pub(crate) fn charge(tenant: &str, kind: Kind) -> Deposit<'_> {
    customer(ValueKind::Revenue, tenant).add(price(kind));
    if let Kind::Scan = kind {
        business::record(ValueKind::Cost, RECOGNITION);
    }
    Deposit { tenant, kind, earned: false }
}

/// What a customer has paid for a document. It is given back when this is dropped before it was earned, whatever went wrong:
/// revenue stays, and the refund is counted by itself.
#[derive(Debug)]
#[must_use = "dropping this refunds the customer"]
pub(crate) struct Deposit<'a> {
    tenant: &'a str,
    kind: Kind,
    earned: bool,
}

impl Deposit<'_> {
    /// Keeps the money.
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

/// Charges for a signature.
pub(crate) fn charge_signature(tenant: &str) {
    customer(ValueKind::Fee, tenant).add(SIGNATURE);
}

/// Returns what a customer's money is counted in. A tenant that nobody registered has no name there.
fn customer(kind: ValueKind, tenant: &str) -> BusinessValue {
    let country = match tenant {
        "acme" => CountryCode::find("FR"),
        "globex" => CountryCode::find("DE"),
        _ => CountryCode::UNKNOWN,
    };
    BusinessValue::new(kind, EUR).client(BusinessClient::find(tenant)).country(country)
}

/// Takes an opinion between 0 and 1 into the mean of the latest ones. It stands in for asking customers.
pub(crate) fn rate(opinion: f64) {
    static MEAN: Mutex<f64> = Mutex::new(1.0);
    let mut mean = MEAN.lock().unwrap_or_else(PoisonError::into_inner);
    *mean += WEIGHT * (opinion - *mean);
    SATISFACTION.set(*mean);
}
