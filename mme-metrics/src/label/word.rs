//! Words: short texts of the program that can hold no secret and no personal data.

/// Replaces a text that is not a word.
const OTHER: &str = "_other";

/// Longest word, in bytes.
const WORD_BYTES: usize = 40;

/// Returns `text` if it is a word, else `_other`.
#[doc(hidden)]
pub const fn word(text: &'static str) -> &'static str {
    if is_word(text) { text } else { OTHER }
}

/// Says whether `text` is a word: small letters, digits and `_`, beginning with a letter, with no run of nine digits.
///
/// No address, token, card number, phone number or sentence is a word, so none can become a label by mistake.
const fn is_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > WORD_BYTES || !bytes[0].is_ascii_lowercase() {
        return false;
    }
    let (mut index, mut digits) = (0, 0);
    while index < bytes.len() {
        match bytes[index] {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'z' => digits = 0,
            // A separator does not end a run of digits: a card number may be written in groups.
            b'_' => {}
            _ => return false,
        }
        if digits >= 9 {
            return false;
        }
        index += 1;
    }
    true
}
