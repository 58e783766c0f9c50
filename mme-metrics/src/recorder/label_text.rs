//! The label text of a series, read back as keys and values.

use std::borrow::Cow;

/// Iterates over the labels of a text such as `method="GET",route="/a\"b"`.
pub(crate) fn pairs(mut text: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    std::iter::from_fn(move || {
        let (key, rest) = text.split_once("=\"")?;
        let end = end(rest)?;
        let value = &rest[..end];
        text = rest[end + 1..].strip_prefix(',').unwrap_or("");
        Some((key, unescaped(value)))
    })
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

    /// Returns keys and values as text.
    fn read(text: &str) -> Vec<(String, String)> {
        pairs(text).map(|(key, value)| (key.to_owned(), value.into_owned())).collect()
    }

    #[test]
    fn labels_lose_their_quotes_and_escapes() {
        let labels = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(read(""), labels(&[]));
        assert_eq!(read(r#"a="x""#), labels(&[("a", "x")]));
        assert_eq!(read(r#"a="=,",bc="é""#), labels(&[("a", "=,"), ("bc", "é")]));
        assert_eq!(read(r#"a="\"\\",b="\\""#), labels(&[("a", "\"\\"), ("b", "\\")]));
    }

    #[test]
    fn text_that_is_no_label_is_no_panic() {
        for text in ["=", "a=", "a=\"", "a=\"\\", "a", "a=\"x\"b=\"y\"", "\\", "\"", ",,"] {
            read(text);
        }
    }
}
