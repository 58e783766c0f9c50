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
    /// The module with the declaration of the label.
    module: &'static str,
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
        Self { key, budget, fallback: RegisteredValue::literal(fallback), module: "", values: RwLock::new(None) }
    }

    /// Names the module with the declaration, so that errors tell only the owner of a label to change it.
    #[doc(hidden)]
    pub const fn declared_in(mut self, module: &'static str) -> Self {
        self.module = module;
        self
    }

    /// Returns the fallback if the label belongs to this crate, so that a service cannot change its declaration.
    fn fixed(&self) -> Option<&'static str> {
        let krate = env!("CARGO_CRATE_NAME");
        let is_own = self.module.strip_prefix(krate).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        is_own.then_some(self.fallback.0)
    }

    /// Registers `value`; registering it again returns the same value.
    ///
    /// # Errors
    ///
    /// When the budget is spent, or the value is empty, longer than 128 bytes, has control or invisible characters, or is the
    /// fallback or `_overflow`.
    pub fn register(&self, value: &str) -> Result<RegisteredValue, RegisterError> {
        let refuse = |reason| {
            let (key, budget, value) = (self.key, self.budget, value.to_owned());
            Err(RegisterError { key, budget, value, reason, fixed: self.fixed() })
        };
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
    /// The fallback of a label whose budget the service cannot change.
    fixed: Option<&'static str>,
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
        let Self { key, budget, value, reason, fixed } = self;
        match (reason, fixed) {
            (Refusal::Conflict, _) => {
                write!(f, "`{value}` already replaces unknown values of label `{key}`: register another value")
            }
            (Refusal::Budget, Some(fallback)) => write!(
                f,
                "label `{key}` takes {budget} values and has them already, so `{value}` would read `{fallback}`: register fewer values"
            ),
            (Refusal::Budget, None) => {
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

    /// A service cannot change what this crate declares.
    #[test]
    fn only_the_owner_of_a_label_is_told_to_change_its_declaration() {
        let own = env!("CARGO_CRATE_NAME");
        let (below, other) = (format!("{own}::http"), format!("{own}_service::http"));
        for (module, is_own) in [(own, true), (&*below, true), (&*other, false), ("shop", false), ("", false)] {
            let registry = Registry::new("tenant", 0, "_other").declared_in(module.to_owned().leak());
            let error = registry.register("a").unwrap_err().to_string();
            assert_eq!(error.contains("register fewer values"), is_own, "{module}: {error}");
            assert_eq!(error.contains("raise `budget`"), !is_own, "{module}: {error}");
        }
    }

    /// The macro says where a label is declared.
    #[test]
    // What the macro declares is public, for labels that are.
    #[allow(unreachable_pub)]
    fn a_full_label_of_this_crate_says_what_a_service_can_do() {
        crate::label::labels! {
            /// A label with one value.
            registered Single: "single", budget = 1, fallback = "_other";
        }
        Single::register("a").unwrap();
        let error = Single::register("b").unwrap_err().to_string();
        assert_eq!(
            error,
            "label `single` takes 1 values and has them already, so `b` would read `_other`: register fewer values"
        );
    }

    #[test]
    fn refuses_what_could_not_be_told_apart_later() {
        let registry = Registry::new("tenant", 9, "_other");
        for value in ["", "_other", "_overflow", "a\nb", "a\u{200b}b", &"x".repeat(129)] {
            assert!(registry.register(value).is_err(), "{value:?}");
        }
    }
}
