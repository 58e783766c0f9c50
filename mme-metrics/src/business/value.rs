//! Counters of money: revenue, fees, refunds and costs.

use std::fmt;
use std::sync::OnceLock;

use metrics::Key;

use super::currency::Currency;
use super::label::{BusinessClient, ValueKind};
use super::metrics::BUSINESS;
use super::money::{Money, MoneyError};
use crate::label::{CountryCode, Refusal};
use crate::metric::{KeptSeries, SeriesKeys, refuse};

/// Maximum amount of one event, in minor units: a trillion dollars. A larger number is the number of a card, or a
/// mistake. About a hundred amounts of this size can be added up before the floats of Prometheus lose a cent.
const MAX_MINOR: u64 = 100_000_000_000_000;

/// A counter of money of one kind in one currency. Make it a `static`, or store it: it keeps its series.
///
/// ```
/// use mme_metrics::business::{BusinessValue, Currency, Money, ValueKind};
///
/// static REVENUE: BusinessValue = BusinessValue::new(ValueKind::Revenue, Currency::EUR);
///
/// REVENUE.add(Money::from_minor(19_99, Currency::EUR));
/// ```
///
/// Two optional labels name the country and the client that the money comes from:
///
/// ```
/// use mme_metrics::business::{BusinessValue, BusinessClient, Currency, ValueKind};
/// use mme_metrics::label::CountryCode;
///
/// let acme = BusinessClient::register("acme")?;
/// let value = BusinessValue::new(ValueKind::Revenue, Currency::EUR).client(acme).country(CountryCode::find("FR"));
/// # Ok::<(), mme_metrics::label::RegisterError>(())
/// ```
pub struct BusinessValue {
    kind: ValueKind,
    currency: Currency,
    country: CountryCode,
    client: BusinessClient,
    series: KeptSeries<1>,
}

impl BusinessValue {
    /// Makes a counter for money of this kind and currency.
    pub const fn new(kind: ValueKind, currency: Currency) -> Self {
        Self { kind, currency, country: CountryCode::NONE, client: BusinessClient::NONE, series: KeptSeries::new() }
    }

    /// Sets the country that the money comes from.
    pub fn country(self, country: CountryCode) -> Self {
        Self { country, ..self.in_currency(self.currency) }
    }

    /// Sets the client that the money comes from.
    pub fn client(self, client: BusinessClient) -> Self {
        Self { client, ..self.in_currency(self.currency) }
    }

    /// Counts an amount of money.
    ///
    /// A negative amount is refused, because a counter does not decrease: count it as [`ValueKind::Refund`]. An amount
    /// above 10^14 minor units, a trillion dollars, is refused as a mistake. `mme_rejected_observations_total` counts
    /// both. An amount in another currency is counted under that currency.
    #[inline]
    pub fn add(&self, amount: Money) {
        match u64::try_from(amount.minor()) {
            Ok(minor @ 0..=MAX_MINOR) if amount.currency() == self.currency => self.count(minor),
            Ok(0..=MAX_MINOR) => self.in_currency(amount.currency()).add(amount),
            Ok(_) => refuse(Refusal::Overflow),
            Err(_) => refuse(Refusal::Negative),
        }
    }

    /// Creates the zero series, so that the first amount is an increase.
    pub fn touch(&self) {
        self.series.touch(self);
    }

    #[inline]
    fn count(&self, minor: u64) {
        if self.currency == Currency::UNKNOWN {
            // The amount is added to those of other unknown currencies, so the sum has no meaning.
            refuse(Refusal::Currency);
        }
        self.series.add(self, 0, minor);
    }

    /// Returns a copy in another currency, with series of its own. Setters use it to change a label, because that
    /// changes the series too.
    fn in_currency(&self, currency: Currency) -> Self {
        Self { country: self.country, client: self.client, ..Self::new(self.kind, currency) }
    }
}

impl SeriesKeys<1> for BusinessValue {
    fn counters(&self) -> [Key; 1] {
        [BUSINESS.value.key_with(&(self.kind, self.currency, self.country, self.client), &[])]
    }

    /// The number of minor units in one unit of the currency.
    fn constants(&self) -> Vec<(Key, f64)> {
        let key = || BUSINESS.currency_minor_units.key_with(&(self.currency,), &[]);
        self.currency.minor_units().map(|units| (key(), f64::from(units))).into_iter().collect()
    }
}

impl fmt::Debug for BusinessValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BusinessValue")
            .field("kind", &self.kind)
            .field("currency", &self.currency)
            .finish_non_exhaustive()
    }
}

/// Counts an amount of money without a country and a client. [`BusinessValue::add`] lists the amounts that are refused.
///
/// ```
/// use mme_metrics::business::{self, Currency, Money, ValueKind};
///
/// business::record(ValueKind::Revenue, Money::from_minor(10, Currency::USD));
/// business::record(ValueKind::Refund, Money::from_minor(10, Currency::USD));
/// ```
#[inline]
pub fn record(kind: ValueKind, amount: Money) {
    plain(kind, amount.currency()).add(amount);
}

/// Counts an amount of money that is given as text, for instance by a payment service: `19.99` and `EUR`.
///
/// A text that [`Money::parse`] does not accept is refused and counted, like every amount that [`BusinessValue::add`]
/// refuses.
pub fn record_decimal(kind: ValueKind, amount: &str, currency: &str) {
    match Money::parse(amount, Currency::find(currency)) {
        Ok(amount) => record(kind, amount),
        Err(MoneyError::Currency) => refuse(Refusal::Currency),
        Err(MoneyError::Overflow) if amount.starts_with('-') => refuse(Refusal::Negative),
        Err(MoneyError::Overflow) => refuse(Refusal::Overflow),
        Err(MoneyError::Malformed | MoneyError::Precision) => refuse(Refusal::Malformed),
    }
}

/// Creates the zero series of every kind for a currency, and exports the number of its minor units. Call it at set-up
/// for the currencies that the service uses, so that the first amount of each is an increase that queries see.
pub fn touch_currency(currency: Currency) {
    ValueKind::ALL.into_iter().for_each(|kind| plain(kind, currency).touch());
}

/// Returns the kept series of a kind and currency, without a country and a client.
#[inline]
fn plain(kind: ValueKind, currency: Currency) -> &'static BusinessValue {
    type Place = OnceLock<Box<BusinessValue>>;
    static PLAIN: [[Place; Currency::COUNT]; ValueKind::ALL.len()] =
        [const { [const { OnceLock::new() }; Currency::COUNT] }; ValueKind::ALL.len()];
    PLAIN[kind as usize][currency.index()].get_or_init(|| Box::new(BusinessValue::new(kind, currency)))
}
