//! Countries, by their two letters.

use metrics::SharedString;

use crate::label::{LabelValue, Values};

/// The officially assigned codes of ISO 3166-1 alpha-2, one after the other in their order.
const CODES: &str = "\
    ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCV\
    CWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIM\
    INIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMW\
    MXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSS\
    STSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW\
    ";

/// What everything reads as that is no assigned code.
const OTHER: &str = "other";

/// The label `geo_country_iso_code`: one of the 249 codes of ISO 3166-1 alpha-2, or `other`.
///
/// ```
/// use mme_metrics::security::Country;
///
/// assert_eq!(Country::new("de").as_str(), "DE");
/// for invented in ["XX", "T1", "Germany", "", "203.0.113.7"] {
///     assert_eq!(Country::new(invented), Country::OTHER);
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Country(&'static str);

impl Country {
    /// Every place without a code of its own, and everything that is no code.
    pub const OTHER: Self = Self(OTHER);

    /// Reads a code, in capitals or not.
    pub fn new(code: &str) -> Self {
        let &[first, second] = code.as_bytes() else { return Self::OTHER };
        let wanted = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
        let (codes, _) = CODES.as_bytes().as_chunks::<2>();
        // The list is ASCII, so every two bytes of it are a text.
        codes.binary_search(&wanted).map_or(Self::OTHER, |at| Self(&CODES[2 * at..2 * at + 2]))
    }

    /// Returns the exported text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl LabelValue for Country {
    const KEY: &'static str = "geo_country_iso_code";
    const VALUES: Values = Values::Bounded(CODES.len() / 2 + 1);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_and_the_list_is_in_order() {
        let (codes, rest) = CODES.as_bytes().as_chunks::<2>();
        assert_eq!((codes.len(), rest.len()), (249, 0));
        assert!(codes.is_sorted_by(|left, right| left < right));
        for code in codes {
            let code = str::from_utf8(code).expect("letters");
            assert_eq!(Country::new(code).as_str(), code);
            assert_eq!(Country::new(&code.to_lowercase()).as_str(), code);
        }
    }
}
