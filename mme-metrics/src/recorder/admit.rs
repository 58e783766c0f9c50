//! What may enter the exposition: names, keys and values, made exportable once, when a series is registered.
//!
//! | what comes | what is exported |
//! |---|---|
//! | a character a name or key cannot have | `_` |
//! | a counter without `_total` | with it |
//! | the keys `le` and `quantile`, or one that starts with `__` | with `exported_` before it |
//! | two keys of one series that come out the same | the second as `…_2` |
//! | an empty value | no label, which Prometheus reads the same |
//! | control, zero-width and direction-changing characters in a value | U+FFFD |
//! | a value over 128 bytes | its beginning, `~` and a hash of the whole |

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher};

use metrics::Label;

use crate::label::MAX_VALUE_BYTES;

/// Longest name of a metric that came through the facade, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 128;

/// Longest exported key, in bytes.
const MAX_KEY_BYTES: usize = 64;

/// Most labels one series may have.
pub(super) const MAX_LABELS: usize = 32;

/// Turns any name into one that Prometheus takes; nothing if there is nothing to go by.
pub(super) fn name(raw: &str, is_counter: bool) -> Option<String> {
    if raw.is_empty() || raw.len() > MAX_NAME_BYTES {
        return None;
    }
    let mut name = String::with_capacity(raw.len() + "_total".len());
    word(&mut name, raw, MAX_NAME_BYTES);
    if is_counter && !name.ends_with("_total") {
        name.push_str("_total");
    }
    Some(name)
}

/// Appends `raw` as `[a-zA-Z_][a-zA-Z0-9_]*`.
fn word(out: &mut String, raw: &str, limit: usize) {
    if raw.is_empty() || raw.starts_with(|first: char| first.is_ascii_digit()) {
        out.push('_');
    }
    let fits = |character: char| character.is_ascii_alphanumeric() || character == '_';
    out.extend(raw.chars().take(limit).map(|character| if fits(character) { character } else { '_' }));
}

/// Appends a key, without looking at its neighbours yet.
fn key(out: &mut String, raw: &str) {
    let start = out.len();
    word(out, raw, MAX_KEY_BYTES);
    let clean = &out[start..];
    if matches!(clean, "le" | "quantile") || clean.starts_with("__") {
        out.insert_str(start, "exported_");
    }
    if raw.len() > MAX_KEY_BYTES {
        out.truncate(start + MAX_KEY_BYTES - HASH_BYTES);
        push_hash(out, '_', raw);
    }
}

/// Length of the mark and the hash that close a text which was cut.
const HASH_BYTES: usize = 17;

fn push_hash(out: &mut String, mark: char, whole: &str) {
    // A fixed seed: the same text reads the same in every process, so that series survive a restart.
    let mut hasher = DefaultHasher::new();
    hasher.write(whole.as_bytes());
    // Writing to a string cannot fail.
    let _ = write!(out, "{mark}{:016x}", hasher.finish());
}

/// Says whether a character is shown as something else than itself, or not at all.
fn is_deceiving(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Appends a value between quotes, escaped as both exposition formats want it.
fn value(out: &mut String, raw: &str) {
    out.push('"');
    if raw.len() <= MAX_VALUE_BYTES
        && raw.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
    {
        out.push_str(raw);
    } else {
        let mut budget = MAX_VALUE_BYTES;
        let mut rest = raw.chars().map(|character| if is_deceiving(character) { '\u{fffd}' } else { character });
        let whole: usize = rest.clone().map(char::len_utf8).sum();
        if whole > MAX_VALUE_BYTES {
            budget -= HASH_BYTES;
        }
        for character in rest.by_ref() {
            let Some(left) = budget.checked_sub(character.len_utf8()) else { break };
            budget = left;
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                other => out.push(other),
            }
        }
        if whole > MAX_VALUE_BYTES {
            push_hash(out, '~', raw);
        }
    }
    out.push('"');
}

/// Label sets as text: sorted by key, made exportable, `a="x",b="y"` without braces.
#[derive(Debug, Default)]
pub(super) struct LabelText {
    text: String,
    key: String,
    order: Vec<(usize, bool)>,
    /// Where the keys of the text stand, to tell whether one is taken.
    keys: Vec<(usize, usize)>,
}

impl LabelText {
    /// Formats `own` and those of `global` whose key none of `own` has. `replace` may stand in for an own value.
    pub(super) fn format<'a>(
        &'a mut self,
        own: &[Label],
        global: &[Label],
        replace: impl Fn(&Label) -> Option<&'static str>,
    ) -> &'a str {
        self.text.clear();
        self.keys.clear();
        self.order.clear();
        let kept = |label: &Label| own.iter().all(|own| own.key() != label.key());
        self.order.extend((0..own.len()).map(|index| (index, true)));
        self.order.extend(global.iter().enumerate().filter(|(_, label)| kept(label)).map(|(index, _)| (index, false)));
        let at = |(index, is_own): (usize, bool)| if is_own { &own[index] } else { &global[index] };
        // Stable, so that of two labels with one key the first keeps it. What `replace` says never changes the order.
        self.order.sort_by(|left, right| at(*left).key().cmp(at(*right).key()));
        for index in 0..self.order.len() {
            let place = self.order[index];
            let label = at(place);
            let text = if place.1 { replace(label) } else { None }.unwrap_or(label.value());
            if !text.is_empty() {
                self.push(label.key(), text);
            }
        }
        &self.text
    }

    fn push(&mut self, raw_key: &str, raw_value: &str) {
        self.key.clear();
        key(&mut self.key, raw_key);
        let stem = self.key.len();
        let mut number = 2;
        while self.keys.iter().any(|(start, end)| self.text[*start..*end] == self.key) {
            self.key.truncate(stem);
            // Writing to a string cannot fail.
            let _ = write!(self.key, "_{number}");
            number += 1;
        }
        if !self.text.is_empty() {
            self.text.push(',');
        }
        let start = self.text.len();
        self.text.push_str(&self.key);
        self.keys.push((start, self.text.len()));
        self.text.push('=');
        value(&mut self.text, raw_value);
    }
}

/// Appends a `HELP` text, escaped for the text format.
pub(super) fn help(out: &mut Vec<u8>, raw: &str, quotes: bool) {
    for byte in raw.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' if quotes => out.extend_from_slice(b"\\\""),
            b'\r' | 0 => out.push(b' '),
            other => out.push(other),
        }
    }
}
