//! Searches JSON without building its values.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Returns whether a string of the JSON value contains `text`, escaped or not; none if this is not one whole JSON value.
pub(crate) fn json_holds(json: &[u8], text: &str) -> Option<bool> {
    let mut search = Search { text, found: false };
    let mut reader = serde_json::Deserializer::from_slice(json);
    search.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(search.found)
}

struct Search<'a> {
    text: &'a str,
    found: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Search<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.found |= !self.text.is_empty() && text.contains(self.text);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key_seed(&mut *self)?.is_some() {
            map.next_value_seed(&mut *self)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        while sequence.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_text_in_keys_and_values_however_it_is_escaped() {
        for json in
            [r#"{"a":["x canary x"]}"#, r#"{"canary":1}"#, r#""\u0063anary""#, r#"[null,true,1.5,-1,{"a":"canary"}]"#]
        {
            assert_eq!(json_holds(json.as_bytes(), "canary"), Some(true), "{json}");
        }
        assert_eq!(json_holds(br#"{"a":"can","b":"ary"}"#, "canary"), Some(false));
        assert_eq!(json_holds(b"[]", ""), Some(false));
    }

    #[test]
    fn what_is_cut_off_followed_by_more_or_nested_too_deeply_is_no_json() {
        let deep = "[".repeat(100_000);
        for json in ["", "{", r#"{"a":"canary"#, r#"{"a":1} x"#, "<html>", &deep] {
            assert_eq!(json_holds(json.as_bytes(), "canary"), None);
        }
    }
}
