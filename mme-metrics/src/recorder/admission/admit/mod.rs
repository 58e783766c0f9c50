//! Sanitizes names, keys and values once, when a series is registered.
//!
//! | input | exported as |
//! |---|---|
//! | a character that is not allowed in a name or key | `_` |
//! | a counter without `_total`, or with nothing before it | with `_total` appended |
//! | the keys `le` and `quantile`, or a key that starts with `__` | with the prefix `exported_` |
//! | two keys of one series that become the same key | the second as `…_2` |
//! | an empty value | no label, which means the same to Prometheus |
//! | control, zero-width and direction-changing characters in a value | U+FFFD |
//! | a value over 128 bytes | its beginning, `~` and a hash of the whole value |
//!
//! Each rule also holds for what another one made: a name with a suffix is no longer than any other, and a numbered key is
//! neither longer nor reserved. A text that was exported is exported as it is, so one name has one spelling that all others
//! lead to. The label text of a series depends on its exported labels alone, so two series never have the same labels.

use std::fmt::Write as _;

use metrics::Label;

use crate::label::{MAX_VALUE_BYTES, is_deceiving};

/// Longest name that a metric of another crate may have, in bytes, both as it comes and as it is exported.
pub(in crate::recorder) const MAX_NAME_BYTES: usize = 128;

/// Longest exported key, in bytes.
const MAX_KEY_BYTES: usize = 64;

/// Longest help text that is kept, in bytes.
const MAX_HELP_BYTES: usize = 1024;

/// Largest number of labels of one series; `LabelSet32` has a bit for each.
pub(in crate::recorder) const MAX_LABELS: usize = 32;

/// Converts any name to one that Prometheus accepts. Returns `None` if it is empty or too long, or becomes too long.
pub(in crate::recorder) fn name(raw: &str, is_counter: bool) -> Option<String> {
    if raw.is_empty() || raw.len() > MAX_NAME_BYTES {
        return None;
    }
    let mut name = String::with_capacity(raw.len() + "_total".len());
    word(&mut name, raw, MAX_NAME_BYTES);
    // In OpenMetrics the family of a counter is named by what stands before `_total`.
    if is_counter && name.strip_suffix("_total").is_none_or(str::is_empty) {
        name.push_str("_total");
    }
    (name.len() <= MAX_NAME_BYTES).then_some(name)
}

/// Appends `raw`, converted to match `[a-zA-Z_][a-zA-Z0-9_]*`.
fn word(out: &mut String, raw: &str, limit: usize) {
    if raw.is_empty() || raw.starts_with(|first: char| first.is_ascii_digit()) {
        out.push('_');
    }
    let fits = |character: char| character.is_ascii_alphanumeric() || character == '_';
    out.extend(raw.chars().take(limit).map(|character| if fits(character) { character } else { '_' }));
}

/// Appends a sanitized key, without a check for another key with the same text.
fn key(out: &mut String, raw: &str) {
    let start = out.len();
    word(out, raw, MAX_KEY_BYTES);
    unreserve(out, start);
    // The prefix may have made it too long.
    if raw.len() > MAX_KEY_BYTES || out.len() - start > MAX_KEY_BYTES {
        out.truncate(start + MAX_KEY_BYTES - HASH_BYTES);
        push_hash(out, '_', raw);
    }
}

/// Gives a key a prefix if Prometheus reserves it. The key is what `out` has from `start` on.
fn unreserve(out: &mut String, start: usize) {
    let clean = &out[start..];
    if matches!(clean, "le" | "quantile") || clean.starts_with("__") {
        out.insert_str(start, "exported_");
    }
}

/// Returns the key with a number that stands for another one of the same text. It is one that [`key`] leaves as it is.
fn numbered(key: &str, number: usize) -> String {
    let end = format!("_{number}");
    // A key is ASCII, so it can be cut anywhere.
    let mut text = key[..key.len().min(MAX_KEY_BYTES - end.len())].to_owned() + &end;
    // The key `_` becomes one that is reserved.
    unreserve(&mut text, 0);
    text
}

/// Length of the mark and the hash at the end of a truncated text, in bytes.
const HASH_BYTES: usize = 17;

fn push_hash(out: &mut String, mark: char, whole: &str) {
    // FNV-1a, because its result is the same under every compiler, so series keep their labels after an update. A
    // collision merges two series.
    let hash = whole
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    // Writing to a string cannot fail.
    let _ = write!(out, "{mark}{hash:016x}");
}

/// Appends a value in quotes, escaped for both exposition formats.
pub(in crate::recorder) fn value(out: &mut String, raw: &str) {
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

/// Formats label sets as text: sanitized, sorted by exported key, as `a="x",b="y"` without braces. The keys of global
/// labels come last, in the order of these.
#[derive(Debug, Default)]
pub(in crate::recorder) struct LabelText {
    text: String,
    key: String,
    order: Vec<usize>,
    /// The positions of the keys in the text, to detect duplicate keys.
    keys: Vec<(usize, usize)>,
}

impl LabelText {
    /// Formats the labels in `own`, then those labels in `global` whose exported key is not in `own`. `replace` gets
    /// the position of a label in `own` and may return another value for it.
    ///
    /// The same exported labels have the same text, whichever spellings they came in and whether they are own or global.
    pub(in crate::recorder) fn format<'a>(
        &'a mut self,
        own: &[Label],
        global: &[Label],
        replace: impl Fn(usize) -> Option<&'static str>,
    ) -> &'a str {
        self.text.clear();
        self.keys.clear();
        self.order.clear();
        self.order.extend(0..own.len());
        // The sort is stable, so of two labels with the same key the first keeps it. `replace` does not change the
        // order.
        self.order.sort_by(|left, right| own[*left].key().cmp(own[*right].key()));
        let mut is_sorted = true;
        for index in 0..self.order.len() {
            let place = self.order[index];
            let text = replace(place).unwrap_or(own[place].value());
            if !text.is_empty() {
                is_sorted &= self.push(own[place].key(), text);
            }
        }
        for label in global {
            if self.has(label.key()) {
                is_sorted = false;
            } else {
                self.push(label.key(), label.value());
            }
        }
        if !is_sorted {
            self.sort(global);
        }
        &self.text
    }

    /// Sorts the labels of the text: first those that no global label has the key of, by key, then the others in the order
    /// of the global labels.
    #[cold]
    fn sort(&mut self, global: &[Label]) {
        // A comma stands before every label but the first.
        let ends = self.keys.iter().skip(1).map(|(start, _)| start - 1).chain([self.text.len()]);
        let labels = self.keys.iter().zip(ends).map(|((start, key_end), end)| {
            let key = &self.text[*start..*key_end];
            let rank = global.iter().position(|label| label.key() == key).map_or(0, |at| at + 1);
            (rank, key, &self.text[*start..end])
        });
        let mut labels: Vec<_> = labels.collect();
        labels.sort_unstable();
        let labels: Vec<_> = labels.into_iter().map(|(.., label)| label).collect();
        self.text = labels.join(",");
        // They are positions in the text as it was.
        self.keys.clear();
    }

    /// Returns the text of the last call of `format`.
    pub(in crate::recorder) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether the text contains an exported key already.
    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|(start, end)| &self.text[*start..*end] == key)
    }

    /// Appends a label. Returns whether its key comes after that of the label before.
    fn push(&mut self, raw_key: &str, raw_value: &str) -> bool {
        self.key.clear();
        key(&mut self.key, raw_key);
        if self.has(&self.key) {
            // There are fewer keys than numbers, so one is free.
            let numbers = 2..self.keys.len() + 3;
            let free = numbers.map(|number| numbered(&self.key, number)).find(|key| !self.has(key));
            self.key = free.unwrap_or_default();
        }
        let is_after = self.keys.last().is_none_or(|(start, end)| self.text[*start..*end] < *self.key);
        if !self.text.is_empty() {
            self.text.push(',');
        }
        let start = self.text.len();
        self.text.push_str(&self.key);
        self.keys.push((start, self.text.len()));
        self.text.push('=');
        value(&mut self.text, raw_value);
        is_after
    }
}

/// Sanitizes the description of another crate's metric. Returns `None` if it has no visible text.
pub(in crate::recorder) fn description(raw: &str) -> Option<Box<str>> {
    let raw = raw.trim();
    let end = raw.floor_char_boundary(MAX_HELP_BYTES);
    let shown = |character| if character != '\n' && is_deceiving(character) { ' ' } else { character };
    let text: String = raw[..end].chars().map(shown).collect();
    // Again, because an invisible character at an end has become a space.
    let text = text.trim();
    (!text.is_empty()).then(|| text.into())
}

/// Appends an escaped `HELP` text. With `quotes`, it also escapes quotes, as OpenMetrics requires.
pub(in crate::recorder) fn help(out: &mut Vec<u8>, raw: &str, quotes: bool) {
    for byte in raw.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' if quotes => out.extend_from_slice(b"\\\""),
            other => out.push(other),
        }
    }
}

/// Formats a bucket bound as Go does, with `.0` after a whole number. OpenMetrics calls this spelling canonical, and
/// Prometheus 3 converts every bound to it. So a query finds the same `le` in every format and version.
pub(in crate::recorder) fn bound(bound: f64) -> String {
    // Adding zero turns -0.0 into 0.0.
    let (digits, exponent) = (format!("{:e}", bound + 0.0), exponent(bound));
    // Go writes an exponent of at least two digits for numbers below 0.0001 and from a million on.
    if (-4..6).contains(&exponent) {
        format!("{:?}", bound + 0.0)
    } else {
        let mantissa = digits.split('e').next().unwrap_or(&digits);
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
    }
}

/// Returns the decimal exponent: the power of ten of the first digit.
fn exponent(number: f64) -> i32 {
    format!("{number:e}").rsplit('e').next().and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
