//! Labels as the page shows them.

use std::borrow::Cow;

pub(super) use crate::recorder::pairs;

/// Returns the value of one label.
pub(super) fn value<'a>(text: &'a str, key: &str) -> Option<Cow<'a, str>> {
    pairs(text).find(|(found, _)| *found == key).map(|(_, value)| value)
}

/// Cuts a text to at most so many bytes.
pub(super) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_back_whatever_their_values_hold() {
        let text = r#"a="1",b="x\"y\\",c="<b>,=\"",d="line\nend""#;
        let read: Vec<_> = pairs(text).map(|(key, value)| (key, value.into_owned())).collect();
        let wanted = [("a", "1"), ("b", "x\"y\\"), ("c", "<b>,=\""), ("d", "line\nend")];
        assert_eq!(read, wanted.map(|(key, value)| (key, value.to_owned())));
        assert_eq!((value(text, "b").as_deref(), value(text, "e")), (Some("x\"y\\"), None));
        for torn in ["", "a", "a=", "a=\"", "a=\"b", "a=\"b\\\""] {
            assert_eq!(pairs(torn).count(), 0, "{torn}");
        }
    }
}
