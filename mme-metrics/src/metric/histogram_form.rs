//! Which buckets a histogram has: fixed ones, native ones, or both.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The finest schema of native histograms: each bucket is 0.27 % wider than the one before.
const FINEST: i8 = 8;

/// How much wider a bucket of each schema is than the one before, from the coarsest schema, which is -4, to the finest.
const FACTORS: [f64; 13] = [
    65_536.0,
    256.0,
    16.0,
    4.0,
    2.0,
    std::f64::consts::SQRT_2,
    1.189_207_115_002_721,
    1.090_507_732_665_257_7,
    1.044_273_782_427_413_8,
    1.021_897_148_654_116_6,
    1.010_889_286_051_700_5,
    1.005_429_901_112_802_7,
    1.002_711_275_050_202_5,
];

/// The buckets that a histogram has. Classic buckets have the declared bounds. Native buckets need none: they are found
/// from the value, and answer any quantile within their resolution.
///
/// Prometheus reads native buckets from [`Format::Protobuf`](crate::Format::Protobuf). The text formats show the classic
/// ones, or none but `+Inf`.
///
/// ```
/// use mme_metrics::metric::HistogramForm;
///
/// assert_eq!("both".parse(), Ok(HistogramForm::BOTH));
/// assert!("some".parse::<HistogramForm>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HistogramForm {
    /// Classic buckets only.
    #[default]
    Classic,
    /// Classic buckets, and native buckets beside them.
    Both(Resolution),
    /// Native buckets only.
    Native(Resolution),
}

impl HistogramForm {
    /// Both, with the default resolution.
    pub const BOTH: Self = Self::Both(Resolution::DEFAULT);

    /// Native only, with the default resolution.
    pub const NATIVE: Self = Self::Native(Resolution::DEFAULT);

    /// Returns the resolution of the native buckets, if there are any.
    pub const fn resolution(self) -> Option<Resolution> {
        match self {
            Self::Classic => None,
            Self::Both(resolution) | Self::Native(resolution) => Some(resolution),
        }
    }

    /// Says whether there are classic buckets.
    pub const fn has_classic(self) -> bool {
        !matches!(self, Self::Native(_))
    }
}

/// Reads `classic`, `both` or `native`, as an operator writes it. A growth factor may follow, as in `both:1.05`.
impl FromStr for HistogramForm {
    type Err = HistogramFormError;

    fn from_str(text: &str) -> Result<Self, HistogramFormError> {
        let wrong = || HistogramFormError(text.to_owned());
        let (word, factor) = match text.split_once(':') {
            Some((word, factor)) => (word, Some(factor.parse::<f64>().ok().filter(|it| *it > 1.0).ok_or_else(wrong)?)),
            None => (text, None),
        };
        let resolution = factor.map_or(Resolution::DEFAULT, Resolution::of_factor);
        match word {
            "classic" if factor.is_none() => Ok(Self::Classic),
            "both" => Ok(Self::Both(resolution)),
            "native" => Ok(Self::Native(resolution)),
            _ => Err(wrong()),
        }
    }
}

/// A text that names no form of a histogram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramFormError(String);

impl fmt::Display for HistogramFormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a form of a histogram: use `classic`, `both` or `native`, the last two also with a factor above 1, \
             as in `both:1.05`",
            self.0
        )
    }
}

impl Error for HistogramFormError {}

/// How fine native buckets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resolution(i8);

impl Resolution {
    /// Each bucket is at most 10 % wider than the one before: schema 3, so 9.05 %. A quantile is off by at most that.
    pub const DEFAULT: Self = Self::of_factor(1.1);

    /// Returns the coarsest resolution with which each bucket is wider than the one before by at most this factor. The
    /// finest, for a factor below 1.0028, is schema 8. The coarsest, from 65536 on, is schema -4.
    pub const fn of_factor(factor: f64) -> Self {
        let mut at = 0;
        while at + 1 < FACTORS.len() {
            // Never, for a factor that is no number.
            if FACTORS[at] <= factor {
                break;
            }
            at += 1;
        }
        // At most 12.
        #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
        Self(FINEST - (FACTORS.len() - 1 - at) as i8)
    }

    /// Returns the schema of Prometheus: bounds are powers of `2^(2^-schema)`.
    pub const fn schema(self) -> i8 {
        self.0
    }
}

impl Default for Resolution {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_has_the_coarsest_schema_that_holds_it() {
        for (factor, schema) in [
            (1.1, 3),
            (1.090_507_732_665_257_7, 3),
            (1.09, 4),
            (2.0, 0),
            (1.999, 1),
            (1.5, 1),
            (1.003, 8),
            (1.0, 8),
            (-1.0, 8),
            (f64::NAN, 8),
            (255.0, -2),
            (256.0, -3),
            (1e9, -4),
            (f64::INFINITY, -4),
        ] {
            assert_eq!(Resolution::of_factor(factor).schema(), schema, "{factor}");
        }
    }

    #[test]
    fn an_operator_writes_words() {
        let fine = Resolution::of_factor(1.01);
        for (text, form) in [
            ("classic", HistogramForm::Classic),
            ("both", HistogramForm::BOTH),
            ("native", HistogramForm::NATIVE),
            ("both:1.01", HistogramForm::Both(fine)),
            ("native:1.01", HistogramForm::Native(fine)),
        ] {
            assert_eq!(text.parse(), Ok(form));
        }
        for text in ["", "off", "Both", "both:", "both:1", "both:NaN", "classic:1.1", "native:x", "native: 1.1"] {
            let error = text.parse::<HistogramForm>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` is not a form")), "{error}");
        }
    }
}
