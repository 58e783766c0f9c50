//! The label of a country, which several families use.

use std::fmt;

use metrics::SharedString;

use super::{Cardinality, LabelValue};

/// The label `geo_country_iso_code`: a country by the two letters of ISO 3166-1.
///
/// Any two letters are accepted, so a new country code needs no new version of this crate. A metric distinguishes the first 250
/// codes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CountryCode(Country);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Country {
    /// The label is absent.
    None,
    Unknown,
    Letters([u8; 2]),
}

impl CountryCode {
    /// No country: the label is absent.
    pub const NONE: Self = Self(Country::None);

    /// Replaces a text that is not a country code.
    pub const UNKNOWN: Self = Self(Country::Unknown);

    /// Returns the country of a code such as `DE` or `de`; [`UNKNOWN`](Self::UNKNOWN) for anything else.
    pub const fn find(code: &str) -> Self {
        match code.as_bytes() {
            [first, second] if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() => {
                Self(Country::Letters([first.to_ascii_uppercase(), second.to_ascii_uppercase()]))
            }
            _ => Self::UNKNOWN,
        }
    }
}

impl LabelValue for CountryCode {
    const KEY: &'static str = "geo_country_iso_code";
    // A wrong resolver cannot create more series than there are countries.
    const CARDINALITY: Cardinality = Cardinality::Capped { budget: 250 };

    fn label_value(&self) -> SharedString {
        match self.0 {
            Country::None => SharedString::const_str(""),
            Country::Unknown => SharedString::const_str("_unknown"),
            Country::Letters([first, second]) => {
                SharedString::from_owned([char::from(first), char::from(second)].iter().collect())
            }
        }
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CountryCode").field(&self.label_value()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_are_a_country_and_nothing_else_is() {
        let text = |code| CountryCode::find(code).label_value().into_owned();
        assert_eq!([text("DE"), text("de"), text("xK")], ["DE", "DE", "XK"]);
        for stranger in ["", "D", "DEU", "D1", "Ä", "203.0.113.7", "alice@example.com"] {
            assert_eq!(text(stranger), "_unknown", "{stranger}");
        }
        assert_eq!(CountryCode::NONE.label_value().into_owned(), "");
    }
}
