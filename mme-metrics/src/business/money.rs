//! Exact amounts of money.

use std::error::Error;
use std::fmt;

use super::currency::Currency;

/// An exact amount of money: a whole number of its currency's minor units.
///
/// ```
/// use mme_metrics::business::{Currency, Money};
///
/// assert_eq!(Money::parse("0.10", Currency::USD)?, Money::from_minor(10, Currency::USD));
/// assert_eq!(Money::parse("1500", Currency::JPY)?.minor(), 1500);
/// assert_eq!(Money::parse("1.5", Currency::KWD)?.to_string(), "1.500 KWD");
/// # Ok::<(), mme_metrics::business::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// Makes an amount from minor units, such as cents for the dollar, yen for the yen, or fils for the Kuwaiti dinar.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Parses a decimal amount such as `19.99` or `-5`.
    ///
    /// The text consists of an optional minus sign and digits with at most one point between them. Thousands
    /// separators, symbols and exponents are errors.
    ///
    /// # Errors
    ///
    /// If the text is not such a number, has more decimals than the currency or is out of range, or if the currency is
    /// unknown and with it the number of decimals.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let decimals = currency.decimals().ok_or(MoneyError::Currency)?;
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return Err(MoneyError::Malformed);
        }
        let fraction = fraction.trim_end_matches('0');
        let missing = (decimals as usize).checked_sub(fraction.len()).ok_or(MoneyError::Precision)?;
        let digits = whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', missing));
        let minor = digits
            .map(|digit| i64::from(digit - b'0'))
            // The sum is negative until the end, because `i64` has one more negative number than positive ones.
            .try_fold(0_i64, |sum, digit| sum.checked_mul(10)?.checked_sub(digit))
            .and_then(|minor| if negative { Some(minor) } else { minor.checked_neg() })
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, currency })
    }

    /// Returns the amount in minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Returns the currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Adds an amount in the same currency. Returns nothing if the currencies differ or the sum is out of range.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let same = self.currency == other.currency;
        let minor = self.minor.checked_add(other.minor).filter(|_| same)?;
        Some(Self { minor, ..self })
    }

    /// Multiplies the amount. Returns nothing if the product is out of range.
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        Some(Self { minor: self.minor.checked_mul(times)?, ..self })
    }
}

/// Writes the amount with all its decimals, then the currency. If the currency is unknown, it writes the minor units.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = u64::from(self.currency.minor_units().unwrap_or(1));
        let width = self.currency.decimals().unwrap_or(0) as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        write!(f, "{sign}{}", minor / units)?;
        if width > 0 {
            write!(f, ".{:0width$}", minor % units)?;
        }
        write!(f, " {}", self.currency)
    }
}

/// The reason why a text is not an amount of money. The error does not contain the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoneyError {
    /// The text is not a decimal number.
    Malformed,
    /// The amount has more decimals than its currency.
    Precision,
    /// The amount is out of range: larger than any amount of money.
    Overflow,
    /// The currency is unknown.
    Currency,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the amount is not a decimal number: write digits with one point at most",
            Self::Precision => "the amount has more decimals than its currency: round it first",
            Self::Overflow => "the amount is out of range: it has to fit in 63 bits of minor units",
            Self::Currency => "the currency is unknown: use a code of ISO 4217",
        })
    }
}

impl Error for MoneyError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, currency: Currency) -> Result<i64, MoneyError> {
        Money::parse(text, currency).map(Money::minor)
    }

    #[test]
    fn every_minor_unit_is_read_and_written_as_it_is() {
        for (text, minor) in [("0.10", 10), ("0.1", 10), ("00.100", 10), ("-1.23", -123), ("7", 700), ("0", 0)] {
            assert_eq!(parse(text, Currency::USD), Ok(minor), "{text}");
        }
        assert_eq!(Money::from_minor(-5, Currency::USD).to_string(), "-0.05 USD");
        assert_eq!(Money::from_minor(1_234_567, Currency::KWD).to_string(), "1234.567 KWD");
        assert_eq!(Money::from_minor(12, Currency::JPY).to_string(), "12 JPY");
    }

    #[test]
    fn the_ends_of_the_range_are_in_it() {
        assert_eq!(parse("92233720368547758.07", Currency::EUR), Ok(i64::MAX));
        assert_eq!(parse("-92233720368547758.08", Currency::EUR), Ok(i64::MIN));
        assert_eq!(parse("92233720368547758.08", Currency::EUR), Err(MoneyError::Overflow));
        assert_eq!(parse(&"9".repeat(1000), Currency::JPY), Err(MoneyError::Overflow));
        assert_eq!(Money::from_minor(i64::MIN, Currency::EUR).to_string(), "-92233720368547758.08 EUR");
    }

    #[test]
    fn what_is_not_exact_is_an_error() {
        assert_eq!(parse("0.001", Currency::USD), Err(MoneyError::Precision));
        assert_eq!(parse("0.5", Currency::JPY), Err(MoneyError::Precision));
        assert_eq!(parse("1", Currency::UNKNOWN), Err(MoneyError::Currency));
        for text in ["", "-", ".", "1.", ".5", "1,5", "1e3", "NaN", "+1", "--1", "1.2.3", " 1", "٣", "0x1"] {
            assert_eq!(parse(text, Currency::USD), Err(MoneyError::Malformed), "{text}");
        }
    }

    #[test]
    fn sums_stay_in_one_currency_and_in_range() {
        let (cent, yen) = (Money::from_minor(1, Currency::USD), Money::from_minor(1, Currency::JPY));
        assert_eq!(cent.checked_add(cent), cent.checked_mul(2));
        assert_eq!(cent.checked_add(yen), None);
        assert_eq!(cent.checked_mul(i64::MAX).and_then(|most| most.checked_add(cent)), None);
    }
}
