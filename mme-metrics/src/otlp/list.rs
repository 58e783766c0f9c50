//! Lists of `key=value` in environment variables: separated by commas, with percent-encoded keys and values.

/// Reads `key=value,key=value`. Returns `None` if an entry has no key, no `=`, or an escape that is none.
pub(super) fn read(text: &str) -> Option<Vec<(String, String)>> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let read = |entry: &str| {
        let (key, value) = entry.split_once('=')?;
        let (key, value) = (decoded(key.trim())?, decoded(value.trim())?);
        (!key.is_empty()).then_some((key, value))
    };
    entries.map(read).collect()
}

/// Decodes `%20` and its kin. Returns `None` if an escape is none, or the result is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let code = digit(rest.next())? * 16 + digit(rest.next())?;
            bytes.push(u8::try_from(code).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_decoded() {
        let pairs = |pairs: &[(&str, &str)]| {
            Some(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
        };
        assert_eq!(read(""), pairs(&[]));
        assert_eq!(read("a=1, b = x%20y%2Cz ,"), pairs(&[("a", "1"), ("b", "x y,z")]));
        assert_eq!(read("a%3d=b=c==,d="), pairs(&[("a=", "b=c=="), ("d", "")]));
        assert_eq!(read("k=%C3%a9+é"), pairs(&[("k", "é+é")]));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["a", "=b", "a=%", "a=%2", "a=%zz", "a=%é1", "a=%ff", "a=1,b"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
