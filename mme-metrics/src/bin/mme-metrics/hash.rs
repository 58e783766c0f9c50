//! SHA-256 as text.

use std::fmt::Write as _;

/// Writes the bytes of a hash in hexadecimal.
pub(crate) fn hex(hash: &[u8]) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
