//! The label text of a series, read back as keys and values.

use std::borrow::Cow;

/// Iterates over the labels of a text such as `method="GET",route="/a\"b"`.
pub(super) fn pairs(mut text: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    std::iter::from_fn(move || {
        let (key, rest) = text.split_once("=\"")?;
        let end = end(rest)?;
        let value = &rest[..end];
        text = rest[end + 1..].strip_prefix(',').unwrap_or("");
        Some((key, unescaped(value)))
    })
}

/// Returns the value of one label.
pub(super) fn value<'a>(text: &'a str, key: &str) -> Option<Cow<'a, str>> {
    pairs(text).find(|(found, _)| *found == key).map(|(_, value)| value)
}

/// Cuts a text to at most so many bytes.
pub(super) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Returns the position of the quote that ends a value.
fn end(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })
}

fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    Cow::Owned(text)
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
