//! Notes of the service about an event: the tier that answered, and attributes.

use std::fmt;
use std::sync::Arc;

use crate::label::is_deceiving;

/// Most attributes of one event; more are left out.
const MAX_ATTRIBUTES: usize = 8;

/// Longest key of an attribute and longest name of a tier, in bytes; longer ones are cut.
const MAX_KEY_BYTES: usize = 48;

/// Longest value of an attribute, in bytes; longer ones are cut.
const MAX_VALUE_BYTES: usize = 128;

/// Notes for listeners: the tier that answered, and attributes that the service chose.
///
/// An HTTP handler adds it to the extensions of its response:
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::Extension;
/// use mme_metrics::event::Notes;
///
/// async fn promote() -> (Extension<Notes>, String) {
///     let documents = vec![1, 2, 3];
///     let notes = Notes::new().tier("direct").attribute("documents", &documents.len().to_string());
///     (Extension(notes), format!("{documents:?}"))
/// }
/// # drop(promote());
/// # }
/// ```
///
/// It is bounded: 8 attributes, each with a key of 48 bytes and a value of 128 bytes, without control or invisible characters.
/// Do not add secrets: notes are written to disk.
#[derive(Clone, Default)]
#[must_use = "notes are read where the layer finds them: return them as an `Extension`"]
pub struct Notes {
    tier: Option<&'static str>,
    attributes: Option<Arc<Attributes>>,
}

type Attributes = Vec<(&'static str, Box<str>)>;

impl Notes {
    /// Empty notes, for a reference.
    pub(crate) const NONE: &'static Self = &Self::new();

    /// Makes empty notes.
    pub const fn new() -> Self {
        Self { tier: None, attributes: None }
    }

    /// Sets the tier that answered: `direct`, `neighbors`, `recent`, or another word of the service.
    pub const fn tier(mut self, tier: &'static str) -> Self {
        self.tier = Some(tier);
        self
    }

    /// Adds an attribute.
    pub fn attribute(mut self, key: &'static str, value: &str) -> Self {
        self.add(key, clean(value, MAX_VALUE_BYTES).into());
        self
    }

    /// Returns the tier, cut to its bound.
    pub fn tier_name(&self) -> Option<&'static str> {
        self.tier.map(|tier| cut(tier, MAX_KEY_BYTES))
    }

    /// Returns the attributes in the order in which they were added.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = self.attributes.as_deref().map(Vec::as_slice).unwrap_or_default();
        all.iter().map(|(key, value)| (*key, &**value))
    }

    /// Says whether the notes are empty.
    #[cfg(feature = "http")]
    pub(crate) const fn is_empty(&self) -> bool {
        self.tier.is_none() && self.attributes.is_none()
    }

    /// Adds `later`; its tier replaces this one.
    #[cfg(any(feature = "grpc", feature = "http"))]
    pub(crate) fn extend(&mut self, later: &Self) {
        self.tier = later.tier.or(self.tier);
        if self.attributes.is_none() {
            self.attributes.clone_from(&later.attributes);
            return;
        }
        for (key, value) in later.attributes() {
            self.add(key, value.into());
        }
    }

    fn add(&mut self, key: &'static str, value: Box<str>) {
        let all = Arc::make_mut(self.attributes.get_or_insert_default());
        let key = cut(key, MAX_KEY_BYTES);
        if let Some((_, known)) = all.iter_mut().find(|(known, _)| *known == key) {
            *known = value;
        } else if all.len() < MAX_ATTRIBUTES {
            all.push((key, value));
        }
    }
}

// Values must not reach a log: the service chose them for traces only.
impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.attributes().map(|(key, _)| key).collect();
        f.debug_struct("Notes").field("tier", &self.tier).field("attributes", &keys).finish()
    }
}

/// Returns the longest beginning of `text` that has at most `bytes` bytes.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Returns `text` cut, with a `?` for each character that would not be shown.
fn clean(text: &str, bytes: usize) -> String {
    cut(text, bytes).replace(is_deceiving, "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_sends_is_cut_and_cleaned() {
        let notes = Notes::new().attribute("agent", &"ä".repeat(500)).attribute("line", "a\nb\u{202e}c");
        let values: Vec<_> = notes.attributes().map(|(_, value)| value.to_owned()).collect();
        assert_eq!(values, ["ä".repeat(64), "a?b?c".to_owned()]);
    }

    #[test]
    fn attributes_past_the_bound_are_left_out_and_a_key_stands_once() {
        let keys: [&'static str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let notes = keys.iter().fold(Notes::new(), |notes, key| notes.attribute(key, "1")).attribute("a", "2");
        assert_eq!(notes.attributes().count(), 8);
        assert_eq!(notes.attributes().next(), Some(("a", "2")));
    }

    #[test]
    fn values_are_not_shown() {
        let shown = format!("{:?}", Notes::new().tier("direct").attribute("tenant", "hidden"));
        assert!(shown.contains("tenant") && !shown.contains("hidden"), "{shown}");
    }

    #[test]
    #[cfg(any(feature = "grpc", feature = "http"))]
    fn what_is_said_later_is_added() {
        let mut notes = Notes::new().tier("first").attribute("a", "1");
        notes.extend(&Notes::new().attribute("b", "2"));
        notes.extend(&Notes::new().tier("second"));
        assert_eq!(notes.tier_name(), Some("second"));
        assert_eq!(notes.attributes().collect::<Vec<_>>(), [("a", "1"), ("b", "2")]);
    }
}
