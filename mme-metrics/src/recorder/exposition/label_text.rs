//! Reads the label text of a series back into its labels, for a format that is not text.

/// One label of a label text. Its value still has its escapes.
pub(super) struct RawLabel<'a> {
    pub(super) key: &'a [u8],
    value: &'a [u8],
    /// How many backslashes of the value are no part of it.
    escapes: usize,
}

impl RawLabel<'_> {
    /// Returns the length of the value without its escapes.
    #[inline]
    pub(super) fn value_len(&self) -> usize {
        self.value.len() - self.escapes
    }

    /// Appends the value without its escapes.
    #[inline]
    pub(super) fn push_value(&self, out: &mut Vec<u8>) {
        if self.escapes == 0 {
            return out.extend_from_slice(self.value);
        }
        let mut is_backslash = false;
        for byte in self.value {
            is_backslash = !is_backslash && *byte == b'\\';
            if !is_backslash {
                out.push(*byte);
            }
        }
    }
}

/// Iterates over the labels of a label text. Text that is not a label ends them.
#[inline]
pub(super) fn labels(text: &str) -> impl Iterator<Item = RawLabel<'_>> {
    let mut text = text.as_bytes();
    std::iter::from_fn(move || {
        // A key has no `=`, and its value begins with a quote.
        let equals = text.iter().position(|byte| *byte == b'=')?;
        let (key, value) = (&text[..equals], text.get(equals + 2..).unwrap_or_default());
        let (mut end, mut escapes) = (0, 0);
        while let Some(byte) = value.get(end).filter(|byte| **byte != b'"') {
            if *byte == b'\\' {
                // The next byte is what the escape stands for.
                end += 1;
                escapes += 1;
            }
            end += 1;
        }
        let end = end.min(value.len());
        // A quote, and a comma before the next label.
        text = value.get(end + 2..).unwrap_or_default();
        Some(RawLabel { key, value: &value[..end], escapes })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns keys and values as text.
    fn read(text: &str) -> Vec<(String, String)> {
        let read = |label: RawLabel<'_>| {
            let mut value = Vec::new();
            label.push_value(&mut value);
            assert_eq!(value.len(), label.value_len());
            (String::from_utf8(label.key.to_vec()).unwrap(), String::from_utf8(value).unwrap())
        };
        labels(text).map(read).collect()
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
            labels(text).for_each(|label| label.push_value(&mut Vec::new()));
        }
    }
}
