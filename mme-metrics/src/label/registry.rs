//! The registry of a label: the values that the service registered.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use super::{MAX_VALUE_BYTES, Refusal, is_plain};

/// A value that was registered at set-up, or the fallback of its label. Copying it costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegisteredValue(&'static str);

impl RegisteredValue {
    /// Makes a value that is not registered: a fallback, or the absent value.
    #[doc(hidden)]
    pub const fn literal(value: &'static str) -> Self {
        Self(value)
    }

    /// Returns the exported text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// The values registered for one label, for the life of the process.
///
/// [`labels!`](crate::labels) declares one for each registered or admitted label.
#[derive(Debug)]
pub struct Registry {
    key: &'static str,
    budget: usize,
    fallback: RegisteredValue,
    values: RwLock<Option<HashMap<&'static str, RegisteredValue>>>,
}

impl Registry {
    /// Declares an empty registry.
    ///
    /// # Panics
    ///
    /// At compile time, when the fallback is empty or too long to be exported as it is.
    pub const fn new(key: &'static str, budget: usize, fallback: &'static str) -> Self {
        assert!(!fallback.is_empty() && fallback.len() <= MAX_VALUE_BYTES, "a fallback has 1 to 128 bytes");
        Self { key, budget, fallback: RegisteredValue::literal(fallback), values: RwLock::new(None) }
    }

    /// Registers `value`; registering it again returns the same value.
    ///
    /// # Errors
    ///
    /// When the budget is spent, or the value is empty, longer than 128 bytes, has control or invisible characters, or is the
    /// fallback or `_overflow`.
    pub fn register(&self, value: &str) -> Result<RegisteredValue, RegisterError> {
        let refuse =
            |reason| Err(RegisterError { key: self.key, budget: self.budget, value: value.to_owned(), reason });
        if !is_plain(value) {
            return refuse(Refusal::Malformed);
        }
        if value == self.fallback.0 || value == super::OVERFLOW {
            return refuse(Refusal::Conflict);
        }
        let mut values = self.values.write().unwrap_or_else(PoisonError::into_inner);
        let values = values.get_or_insert_with(HashMap::new);
        if let Some(known) = values.get(value) {
            return Ok(*known);
        }
        if values.len() >= self.budget {
            return refuse(Refusal::Budget);
        }
        // Leaked on purpose: a registered value lives as long as the process, and the budget bounds their number.
        let text: &'static str = Box::leak(value.into());
        values.insert(text, RegisteredValue(text));
        Ok(RegisteredValue(text))
    }

    /// Returns `value` and registers it if it is new; returns the fallback if it cannot be registered.
    pub fn admit(&self, value: &str) -> RegisteredValue {
        let known = self.find(value);
        if known == self.fallback { self.register(value).unwrap_or(self.fallback) } else { known }
    }

    /// Returns `value` if it was registered, else the fallback.
    pub fn find(&self, value: &str) -> RegisteredValue {
        let values = self.values.read().unwrap_or_else(PoisonError::into_inner);
        values.as_ref().and_then(|values| values.get(value)).copied().unwrap_or(self.fallback)
    }
}

/// Why a value cannot be registered for a label.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisterError {
    key: &'static str,
    budget: usize,
    value: String,
    reason: Refusal,
}

impl RegisterError {
    /// Returns the reason: [`Malformed`](Refusal::Malformed), [`Conflict`](Refusal::Conflict) with the fallback, or
    /// [`Budget`](Refusal::Budget).
    pub const fn reason(&self) -> Refusal {
        self.reason
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, budget, value, reason } = self;
        match reason {
            Refusal::Conflict => {
                write!(f, "`{value}` already replaces unknown values of label `{key}`: register another value")
            }
            Refusal::Budget => {
                write!(
                    f,
                    "label `{key}` has {budget} values already: raise `budget` in its declaration to register `{value}`"
                )
            }
            _ => write!(
                f,
                "a value of label `{key}` is empty, over {MAX_VALUE_BYTES} bytes or has invisible characters: register a short, plain name"
            ),
        }
    }
}

impl Error for RegisterError {}

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
