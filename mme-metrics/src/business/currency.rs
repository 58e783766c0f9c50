//! Currencies and the number of decimals of their amounts: the table of ISO 4217.

use std::fmt;

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue};

/// A currency of ISO 4217; also the label `currency`.
///
/// The table contains the currencies in use, with or without a minor unit. It does not contain metals, funds of the
/// IMF, codes for tests and withdrawn currencies: their amounts are counted as [`UNKNOWN`](Self::UNKNOWN).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(Code);

macro_rules! currencies {
    ($($code:ident $decimals:literal),+) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(clippy::upper_case_acronyms, reason = "that is how currencies are written")]
        enum Code {
            $($code,)+
            Unknown,
        }

        impl Currency {
            $(
                #[doc = concat!("`", stringify!($code), "`, whose amounts have ", $decimals, " decimals.")]
                pub const $code: Self = Self(Code::$code);
            )+
        }

        /// The text and the number of decimals of each code, in the order of the codes, which is alphabetical.
        const TABLE: &[(&str, u32)] = &[$((stringify!($code), $decimals)),+];

        const CODES: &[Code] = &[$(Code::$code),+];
    };
}

// ISO 4217, list one, as of January 2026. A test compares it with another publication of the same table.
currencies! {
    AED 2, AFN 2, ALL 2, AMD 2, AOA 2, ARS 2, AUD 2, AWG 2, AZN 2,
    BAM 2, BBD 2, BDT 2, BGN 2, BHD 3, BIF 0, BMD 2, BND 2, BOB 2, BOV 2, BRL 2, BSD 2, BTN 2, BWP 2, BYN 2,
    BZD 2,
    CAD 2, CDF 2, CHE 2, CHF 2, CHW 2, CLF 4, CLP 0, CNY 2, COP 2, COU 2, CRC 2, CUP 2, CVE 2, CZK 2,
    DJF 0, DKK 2, DOP 2, DZD 2,
    EGP 2, ERN 2, ETB 2, EUR 2,
    FJD 2, FKP 2,
    GBP 2, GEL 2, GHS 2, GIP 2, GMD 2, GNF 0, GTQ 2, GYD 2,
    HKD 2, HNL 2, HTG 2, HUF 2,
    IDR 2, ILS 2, INR 2, IQD 3, IRR 2, ISK 0,
    JMD 2, JOD 3, JPY 0,
    KES 2, KGS 2, KHR 2, KMF 0, KPW 2, KRW 0, KWD 3, KYD 2, KZT 2,
    LAK 2, LBP 2, LKR 2, LRD 2, LSL 2, LYD 3,
    MAD 2, MDL 2, MGA 2, MKD 2, MMK 2, MNT 2, MOP 2, MRU 2, MUR 2, MVR 2, MWK 2, MXN 2, MXV 2, MYR 2, MZN 2,
    NAD 2, NGN 2, NIO 2, NOK 2, NPR 2, NZD 2,
    OMR 3,
    PAB 2, PEN 2, PGK 2, PHP 2, PKR 2, PLN 2, PYG 0,
    QAR 2,
    RON 2, RSD 2, RUB 2, RWF 0,
    SAR 2, SBD 2, SCR 2, SDG 2, SEK 2, SGD 2, SHP 2, SLE 2, SOS 2, SRD 2, SSP 2, STN 2, SVC 2, SYP 2, SZL 2,
    THB 2, TJS 2, TMT 2, TND 3, TOP 2, TRY 2, TTD 2, TWD 2, TZS 2,
    UAH 2, UGX 0, USD 2, USN 2, UYI 0, UYU 2, UYW 4, UZS 2,
    VED 2, VES 2, VND 0, VUV 0,
    WST 2,
    XAD 2, XAF 0, XCD 2, XCG 2, XOF 0, XPF 0,
    YER 2,
    ZAR 2, ZMW 2, ZWG 2
}

impl Currency {
    /// The fallback for every currency that is not in the table.
    pub const UNKNOWN: Self = Self(Code::Unknown);

    /// The number of values of the label.
    pub(super) const COUNT: usize = TABLE.len() + 1;

    /// Returns the currency with a code such as `USD` or `usd`, or [`UNKNOWN`](Self::UNKNOWN) for any other text.
    pub fn find(code: &str) -> Self {
        let Ok(mut letters) = <[u8; 3]>::try_from(code.as_bytes()) else { return Self::UNKNOWN };
        letters.make_ascii_uppercase();
        let at = TABLE.binary_search_by(|(known, _)| known.as_bytes().cmp(&letters));
        at.map_or(Self::UNKNOWN, |at| Self(CODES[at]))
    }

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns every currency of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.iter().map(|code| Self(*code))
    }

    /// Returns the code of three letters, or `_unknown` for [`UNKNOWN`](Self::UNKNOWN).
    pub const fn code(self) -> &'static str {
        if let Code::Unknown = self.0 { "_unknown" } else { TABLE[self.0 as usize].0 }
    }

    /// Returns the number of decimals of an amount, if the currency is known.
    pub const fn decimals(self) -> Option<u32> {
        if let Code::Unknown = self.0 { None } else { Some(TABLE[self.0 as usize].1) }
    }

    /// Returns the number of minor units in one unit: 100 cents in a dollar, 1 yen in a yen, 1000 fils in a Kuwaiti
    /// dinar. Returns nothing if the currency is unknown.
    pub const fn minor_units(self) -> Option<u32> {
        match self.decimals() {
            Some(decimals) => Some(10_u32.pow(decimals)),
            None => None,
        }
    }
}

impl LabelValue for Currency {
    const KEY: &'static str = "currency";
    const CARDINALITY: Cardinality = Cardinality::Bounded(Self::COUNT);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(self.code())
    }

    fn ordinal(&self) -> Option<usize> {
        Some(self.0 as usize)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_alphabet() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn every_currency_is_found_by_its_code_whatever_the_case() {
        for currency in Currency::all() {
            assert_eq!(Currency::find(currency.code()), currency);
            assert_eq!(Currency::find(&currency.code().to_lowercase()), currency);
        }
        for stranger in ["", "US", "USDT", "XXX", "XAU", "€", "4111 1111 1111 1111", "alice@example.com"] {
            assert_eq!(Currency::find(stranger), Currency::UNKNOWN, "{stranger}");
        }
    }

    #[test]
    fn decimals_are_those_of_the_standard() {
        let units = [Currency::USD, Currency::JPY, Currency::KWD, Currency::CLF].map(Currency::minor_units);
        assert_eq!(units, [Some(100), Some(1), Some(1000), Some(10_000)]);
        assert_eq!(Currency::UNKNOWN.minor_units(), None);
    }
}
