//! Characters that make two texts look the same.

use super::MAX_VALUE_BYTES;

/// Says whether a text can be the value of a label as it is.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_VALUE_BYTES && !text.chars().any(is_deceiving)
}

/// Says whether a character is invisible or changes how others are displayed, so that two values could look the same.
///
/// These are control characters, line and paragraph separators, and Unicode's `Default_Ignorable_Code_Point`: zero-width,
/// direction-changing and filling characters and variation selectors.
pub(crate) fn is_deceiving(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
