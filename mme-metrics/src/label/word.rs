//! Words of the program's text, which hold no secret and no personal data.

/// What a text reads as that is no word.
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
/// No address, token, card or phone number and no sentence is one, so none can get into a label by mistake.
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
            // What keeps digits apart does not make a number of fewer digits.
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
