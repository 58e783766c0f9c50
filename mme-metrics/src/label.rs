//! Labels as types: the key belongs to the type of the value, and the type says how many values there can be.
//!
//! A label is one of four kinds, and nothing else can become a label:
//!
//! | kind | declared by | number of values |
//! |---|---|---|
//! | closed | `#[derive(LabelValue)]` on an enum | its variants |
//! | bounded | an implementation in this crate, such as the HTTP status code | fixed by a standard |
//! | registered | [`open_label!`](crate::open_label) `registered` | what the service registers at set-up, up to the budget |
//! | capped | [`open_label!`](crate::open_label) `capped` | the first ones seen, up to the budget; later ones read `_overflow` |
//!
//! ```
//! use mme_metrics::{LabelValue, Values, open_label};
//!
//! open_label! {
//!     /// The tenant a request belongs to.
//!     pub registered Tenant: "tenant", budget = 100, fallback = "_unknown";
//!     /// The kind of client, as it calls itself.
//!     pub capped Client: "client", budget = 20;
//! }
//!
//! Tenant::register("acme")?;
//! assert_eq!(Tenant::find("acme").as_str(), "acme");
//! assert_eq!(Tenant::find("evil").as_str(), "_unknown");
//! assert_eq!(Tenant::VALUES, Values::Registered { budget: 100, fallback: "_unknown" });
//! # Ok::<(), mme_metrics::label::RegisterError>(())
//! ```

mod closed;
mod country;
mod open;
mod server;
mod set;

pub use self::country::CountryCode;
pub use self::open::{RegisterError, Registered, Registry};
pub use self::server::ServerAddress;
pub use self::set::LabelSet;

pub(crate) use self::closed::closed_label;
pub(crate) use self::server::SERVERS;
#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) use self::server::split_port;

use metrics::SharedString;

/// The value that stands in for the open labels of every series past a budget.
pub const OVERFLOW: &str = "_overflow";

/// Longest label value that is exported, in bytes; longer ones are cut and keep a hash of the whole.
pub const MAX_VALUE_BYTES: usize = 128;

/// Says whether a character is not shown, or changes how its neighbours are: two values could then look the same.
///
/// Control characters, line and paragraph separators, and Unicode's `Default_Ignorable_Code_Point`, which holds the
/// zero-width, direction-changing, filling and variation-selecting ones.
pub(crate) fn is_deceiving(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// How many values a label can have, and what happens to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Values {
    /// Exactly these.
    Closed(&'static [&'static str]),
    /// At most this many, because a standard or the type leaves no room for more.
    Bounded(usize),
    /// Those the service registered at set-up. They are always admitted; everything else reads as the fallback.
    Registered {
        /// How many values can be registered.
        budget: usize,
        /// What a value that was never registered reads as.
        fallback: &'static str,
    },
    /// The first `budget` values seen; later ones read as [`OVERFLOW`].
    Capped {
        /// How many distinct values one metric may hold. Of two types with one key that stand beside the labels of a metric,
        /// the larger budget holds.
        budget: usize,
    },
}

impl Values {
    /// Says whether values come from outside the program, so that a budget has to bound them.
    pub const fn is_capped(&self) -> bool {
        matches!(self, Self::Capped { .. })
    }

    /// Returns the largest number of values, the fallback or overflow value included.
    pub const fn limit(&self) -> usize {
        match self {
            Self::Closed(values) => values.len(),
            Self::Bounded(limit) => *limit,
            Self::Registered { budget, .. } | Self::Capped { budget } => *budget + 1,
        }
    }
}

/// A label as a metric declares it: its key and how many values it can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LabelSpec {
    /// The exported key.
    pub key: &'static str,
    /// The values it can take.
    pub values: Values,
}

impl LabelSpec {
    /// Describes the label that `V` declares.
    ///
    /// # Panics
    ///
    /// At compile time, when the key is no label name or is one that Prometheus reserves.
    pub const fn of<V: LabelValue>() -> Self {
        assert!(
            is_label_name(V::KEY),
            "a label key is `[a-z_][a-z0-9_]*`, at most 64 bytes, not `le`, `quantile`, `job` or `instance`, and does not start with `__`"
        );
        Self { key: V::KEY, values: V::VALUES }
    }
}

/// A value that may stand in a label.
///
/// Enums derive it; open values are declared with [`open_label!`](crate::open_label).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a metric label, because nothing says how many values it can have",
    label = "not a label value",
    note = "derive `LabelValue` for an enum, or declare an open value with a budget through `open_label!`"
)]
pub trait LabelValue {
    /// The exported key.
    const KEY: &'static str;
    /// How many values there can be.
    const VALUES: Values;

    /// Returns the exported value; empty means that the label is absent.
    fn label_value(&self) -> SharedString;

    /// Returns the position of the value among [`Values::Closed`], if the label is closed.
    fn ordinal(&self) -> Option<usize> {
        None
    }
}

impl<V: LabelValue + ?Sized> LabelValue for &V {
    const KEY: &'static str = V::KEY;
    const VALUES: Values = V::VALUES;

    fn label_value(&self) -> SharedString {
        V::label_value(self)
    }

    fn ordinal(&self) -> Option<usize> {
        V::ordinal(self)
    }
}

/// Says whether `key` can be a label of a typed metric.
///
/// `job` and `instance` are left out although the format allows them: Prometheus sets both itself.
const fn is_label_name(key: &str) -> bool {
    let bytes = key.as_bytes();
    if bytes.is_empty() || bytes.len() > 64 || bytes[0].is_ascii_digit() {
        return false;
    }
    if bytes.len() > 1 && bytes[0] == b'_' && bytes[1] == b'_' {
        return false;
    }
    let mut index = 0;
    while index < bytes.len() {
        if !matches!(bytes[index], b'a'..=b'z' | b'0'..=b'9' | b'_') {
            return false;
        }
        index += 1;
    }
    !matches!(bytes, b"le" | b"quantile" | b"job" | b"instance")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_and_malformed_keys_are_refused() {
        for key in ["", "le", "quantile", "job", "instance", "__name__", "9a", "a-b", "Ab", "ä"] {
            assert!(!is_label_name(key), "{key}");
        }
        assert!(!is_label_name(&"a".repeat(65)));
        for key in ["a", "_a", "http_route", "a9"] {
            assert!(is_label_name(key), "{key}");
        }
    }

    #[test]
    fn an_open_label_has_one_value_more_than_its_budget() {
        assert_eq!(Values::Capped { budget: 3 }.limit(), 4);
        assert_eq!(Values::Registered { budget: 3, fallback: "_other" }.limit(), 4);
        assert_eq!(Values::Closed(&["a", "b"]).limit(), 2);
    }
}
