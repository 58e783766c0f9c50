//! Amounts of money, counted.

use std::fmt;
use std::sync::OnceLock;

use metrics::Key;

use super::BUSINESS;
use super::currency::Currency;
use super::label::{BusinessClient, ValueKind};
use super::money::{Money, MoneyError};
use crate::label::{CountryCode, Refusal};
use crate::metric::{KeptSeries, SeriesKeys, refuse};

/// Largest amount that one event can have, in minor units: a trillion dollars. What is larger is not an amount but the number
/// of a card, or a mistake; and a hundred that are not larger can be added up before Prometheus' floats lose a cent.
const MAX_MINOR: u64 = 100_000_000_000_000;

/// Money of one kind in one currency. Make it a `static`, or keep it: it keeps its series.
///
/// ```
/// use mme_metrics::business::{BusinessValue, Currency, Money, ValueKind};
///
/// static REVENUE: BusinessValue = BusinessValue::new(ValueKind::Revenue, Currency::EUR);
///
/// REVENUE.add(Money::from_minor(19_99, Currency::EUR));
/// ```
///
/// Where the money came from is told by two more labels, for those who want them:
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
    /// Names what is counted.
    pub const fn new(kind: ValueKind, currency: Currency) -> Self {
        Self { kind, currency, country: CountryCode::NONE, client: BusinessClient::NONE, series: KeptSeries::new() }
    }

    /// Says which country the money comes from.
    pub fn country(self, country: CountryCode) -> Self {
        Self { country, ..self.in_currency(self.currency) }
    }

    /// Says which client the money comes from.
    pub fn client(self, client: BusinessClient) -> Self {
        Self { client, ..self.in_currency(self.currency) }
    }

    /// Counts an amount.
    ///
    /// A negative one is refused, because a counter does not fall: count it as [`ValueKind::Refund`]. So is one above
    /// 10^14 minor units, a trillion dollars, which is no amount but a mistake. Both are counted in
    /// `mme_rejected_observations_total`. One in another currency is counted under that.
    #[inline]
    pub fn add(&self, amount: Money) {
        match u64::try_from(amount.minor()) {
            Ok(minor @ 0..=MAX_MINOR) if amount.currency() == self.currency => self.count(minor),
            Ok(0..=MAX_MINOR) => self.in_currency(amount.currency()).add(amount),
            Ok(_) => refuse(Refusal::Overflow),
            Err(_) => refuse(Refusal::Negative),
        }
    }

    /// Makes the series exist, so that the first amount is an increase and not a beginning.
    pub fn touch(&self) {
        self.series.touch(self);
    }

    #[inline]
    fn count(&self, minor: u64) {
        if self.currency == Currency::UNKNOWN {
            // It is added up with other unknown currencies, which is a sum of nothing.
            refuse(Refusal::Currency);
        }
        self.series.add(self, 0, minor);
    }

    /// Returns the same in another currency, or with other labels, whose series are others.
    fn in_currency(&self, currency: Currency) -> Self {
        Self { country: self.country, client: self.client, ..Self::new(self.kind, currency) }
    }
}

impl SeriesKeys<1> for BusinessValue {
    fn counters(&self) -> [Key; 1] {
        [BUSINESS.value.key_with(&(self.kind, self.currency, self.country, self.client), &[])]
    }

    /// How many minor units make one of the currency.
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

/// Counts an amount of money, without any more labels. See [`BusinessValue::add`] for what is refused.
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

/// Counts an amount of money that comes as text, such as from a payment service: `19.99` and `EUR`.
///
/// What [`Money::parse`] does not take is refused and counted, as is everything that [`BusinessValue::add`] refuses.
pub fn record_decimal(kind: ValueKind, amount: &str, currency: &str) {
    match Money::parse(amount, Currency::find(currency)) {
        Ok(amount) => record(kind, amount),
        Err(MoneyError::Currency) => refuse(Refusal::Currency),
        Err(MoneyError::Overflow) if amount.starts_with('-') => refuse(Refusal::Negative),
        Err(MoneyError::Overflow) => refuse(Refusal::Overflow),
        Err(MoneyError::Malformed | MoneyError::Precision) => refuse(Refusal::Malformed),
    }
}

/// Makes the series of every kind exist for a currency, and says what its minor units are worth. Call it at set-up for the
/// currencies that the service uses: a first amount is then an increase, and not a beginning that no query sees.
pub fn touch_currency(currency: Currency) {
    ValueKind::ALL.into_iter().for_each(|kind| plain(kind, currency).touch());
}

/// Returns the kept series of a kind and currency without more labels.
#[inline]
fn plain(kind: ValueKind, currency: Currency) -> &'static BusinessValue {
    type Place = OnceLock<Box<BusinessValue>>;
    static PLAIN: [[Place; Currency::COUNT]; ValueKind::ALL.len()] =
        [const { [const { OnceLock::new() }; Currency::COUNT] }; ValueKind::ALL.len()];
    PLAIN[kind as usize][currency.index()].get_or_init(|| Box::new(BusinessValue::new(kind, currency)))
}
