//! Values that come from outside: registered at set-up, or capped as they are seen.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use super::{MAX_VALUE_BYTES, is_deceiving};

/// A value that was registered at set-up, or the fallback of its label. Copying it costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Registered(&'static str);

impl Registered {
    /// Makes the value that stands for everything unregistered.
    #[doc(hidden)]
    pub const fn fallback(value: &'static str) -> Self {
        Self(value)
    }

    /// Returns the exported text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// The values registered for one label, for the life of the process.
///
/// [`open_label!`](crate::open_label) declares one for each registered label.
#[derive(Debug)]
pub struct Registry {
    key: &'static str,
    budget: usize,
    fallback: Registered,
    values: RwLock<Option<HashMap<&'static str, Registered>>>,
}

impl Registry {
    /// Declares an empty registry.
    ///
    /// # Panics
    ///
    /// At compile time, when the fallback is empty or too long to be exported as it is.
    pub const fn new(key: &'static str, budget: usize, fallback: &'static str) -> Self {
        assert!(!fallback.is_empty() && fallback.len() <= MAX_VALUE_BYTES, "a fallback has 1 to 128 bytes");
        Self { key, budget, fallback: Registered::fallback(fallback), values: RwLock::new(None) }
    }

    /// Admits `value`; registering it again returns the same value.
    ///
    /// # Errors
    ///
    /// When the budget is spent, or the value is empty, longer than 128 bytes, has control or invisible characters, or is
    /// the word that stands for unknown or overflowing values.
    pub fn register(&self, value: &str) -> Result<Registered, RegisterError> {
        let refuse = |reason| Err(RegisterError { key: self.key, value: value.to_owned(), reason });
        if value.is_empty() || value.len() > MAX_VALUE_BYTES || value.chars().any(is_deceiving) {
            return refuse(Reason::Malformed);
        }
        if value == self.fallback.0 || value == super::OVERFLOW {
            return refuse(Reason::Reserved);
        }
        let mut values = self.values.write().unwrap_or_else(PoisonError::into_inner);
        let values = values.get_or_insert_with(HashMap::new);
        if let Some(known) = values.get(value) {
            return Ok(*known);
        }
        if values.len() >= self.budget {
            return refuse(Reason::Budget(self.budget));
        }
        // Leaked on purpose: a registered value lives as long as the process, and the budget bounds how many there are.
        let text: &'static str = Box::leak(value.into());
        values.insert(text, Registered(text));
        Ok(Registered(text))
    }

    /// Returns `value` if it was registered, else the fallback.
    pub fn find(&self, value: &str) -> Registered {
        let values = self.values.read().unwrap_or_else(PoisonError::into_inner);
        values.as_ref().and_then(|values| values.get(value)).copied().unwrap_or(self.fallback)
    }
}

/// Why a value could not be registered for a label.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisterError {
    key: &'static str,
    value: String,
    reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Malformed,
    Reserved,
    Budget(usize),
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, reason } = self;
        match reason {
            Reason::Malformed => write!(
                f,
                "a value of label `{key}` is empty, over {MAX_VALUE_BYTES} bytes or has invisible characters: register a short, plain name"
            ),
            Reason::Reserved => {
                write!(f, "`{value}` is what label `{key}` reads for unknown values: register it under another name")
            }
            Reason::Budget(budget) => write!(
                f,
                "label `{key}` has its {budget} values: raise `budget` where the label is declared to register `{value}`"
            ),
        }
    }
}

impl Error for RegisterError {}

/// Declares labels whose values come from outside the program, each with its budget.
///
/// A `registered` label takes only values that the service registers at set-up; a `capped` one takes what it sees until
/// its budget is spent. See the [module](crate::label) for an example.
#[macro_export]
macro_rules! open_label {
    () => {};
    (
        $(#[$meta:meta])*
        $vis:vis registered $name:ident: $key:literal, budget = $budget:expr, fallback = $fallback:literal;
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis struct $name($crate::label::Registered);

        // A label declared for one direction only leaves the other half of this surface unused.
        #[allow(dead_code)]
        impl $name {
            /// The value that everything unregistered reads as.
            pub const FALLBACK: Self = Self($crate::label::Registered::fallback($fallback));

            fn registry() -> &'static $crate::label::Registry {
                static REGISTRY: $crate::label::Registry = $crate::label::Registry::new($key, $budget, $fallback);
                &REGISTRY
            }

            /// Admits `value` for the life of the process; do this at set-up.
            ///
            /// # Errors
            ///
            /// When the budget is spent or the value cannot be exported.
            pub fn register(value: &str) -> ::core::result::Result<Self, $crate::label::RegisterError> {
                ::core::result::Result::map(Self::registry().register(value), Self)
            }

            /// Returns `value` if it was registered, else [`Self::FALLBACK`].
            pub fn find(value: &str) -> Self {
                Self(Self::registry().find(value))
            }

            /// Returns the exported text.
            pub const fn as_str(&self) -> &'static str {
                self.0.as_str()
            }
        }

        impl $crate::label::LabelValue for $name {
            const KEY: &'static str = $key;
            const CARDINALITY: $crate::label::Cardinality =
                $crate::label::Cardinality::Registered { budget: $budget, fallback: $fallback };

            fn label_value(&self) -> $crate::metrics::SharedString {
                $crate::metrics::SharedString::const_str(self.0.as_str())
            }
        }

        $crate::open_label! { $($rest)* }
    };
    (
        $(#[$meta:meta])*
        $vis:vis capped $name:ident: $key:literal, budget = $budget:expr;
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        $vis struct $name($crate::metrics::SharedString);

        impl $name {
            /// Takes a value as it comes; the recorder caps how many become series.
            pub fn new(value: impl ::core::convert::Into<$crate::metrics::SharedString>) -> Self {
                Self(::core::convert::Into::into(value))
            }
        }

        impl $crate::label::LabelValue for $name {
            const KEY: &'static str = $key;
            const CARDINALITY: $crate::label::Cardinality = $crate::label::Cardinality::Capped { budget: $budget };

            fn label_value(&self) -> $crate::metrics::SharedString {
                ::core::clone::Clone::clone(&self.0)
            }
        }

        $crate::open_label! { $($rest)* }
    };
}

#[doc(inline)]
pub use open_label;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_up_to_the_budget_and_says_what_to_do() {
        let registry = Registry::new("tenant", 2, "_other");
        assert_eq!(registry.register("a").unwrap().as_str(), "a");
        assert_eq!(registry.register("b").unwrap().as_str(), "b");
        assert_eq!(registry.register("a").unwrap().as_str(), "a");
        let error = registry.register("c").unwrap_err().to_string();
        assert!(error.contains("raise `budget`"), "{error}");
        assert_eq!(registry.find("b").as_str(), "b");
        assert_eq!(registry.find("c").as_str(), "_other");
    }

    #[test]
    fn refuses_what_could_not_be_told_apart_later() {
        let registry = Registry::new("tenant", 9, "_other");
        for value in ["", "_other", "_overflow", "a\nb", "a\u{200b}b", &"x".repeat(129)] {
            assert!(registry.register(value).is_err(), "{value:?}");
        }
    }
}
