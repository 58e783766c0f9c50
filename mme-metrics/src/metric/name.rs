//! The naming rules of a metric, as `const fn`: a name that breaks one is a compile error at the line of the metric.
//!
//! They come from Prometheus' naming conventions and from `promtool check metrics`.

use super::{Kind, Unit};

/// Longest name of a metric, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// Panics, at compile time, unless `name` is allowed for a metric of this kind and unit.
pub(super) const fn name(name: &str, kind: Kind, unit: Unit) {
    let bytes = name.as_bytes();
    assert!(!bytes.is_empty() && bytes.len() <= MAX_NAME_BYTES, "a metric name has 1 to 128 bytes");
    assert!(bytes[0].is_ascii_lowercase(), "a metric name starts with a lower-case letter");
    let mut index = 0;
    while index < bytes.len() {
        assert!(
            matches!(bytes[index], b'a'..=b'z' | b'0'..=b'9' | b'_'),
            "a metric name is snake_case: a-z, 0-9 and _"
        );
        index += 1;
    }
    assert!(!contains(bytes, b"__") && bytes[bytes.len() - 1] != b'_', "a metric name has no empty words");

    let total = ends_with(bytes, b"_total");
    match kind {
        Kind::Counter => assert!(total, "the name of a counter ends in `_total`"),
        Kind::Gauge | Kind::Histogram => assert!(!total, "only the name of a counter ends in `_total`"),
    }
    assert!(
        !(ends_with(bytes, b"_count")
            || ends_with(bytes, b"_sum")
            || ends_with(bytes, b"_bucket")
            || ends_with(bytes, b"_created")),
        "`_count`, `_sum`, `_bucket` and `_created` are what an exposition appends itself"
    );
    let stem = if total { bytes.len() - b"_total".len() } else { bytes.len() };
    assert!(
        ends_in_unit(bytes, stem, unit.as_str().as_bytes()),
        "the name ends in its unit: `_seconds`, `_bytes` or `_ratio`, before `_total`"
    );
}

/// Says whether `text[..length]` has a word before `_` and `unit`; otherwise an OpenMetrics scrape fails.
const fn ends_in_unit(text: &[u8], length: usize, unit: &[u8]) -> bool {
    unit.is_empty()
        || (ends_with_at(text, length, unit) && length > unit.len() + 1 && text[length - unit.len() - 1] == b'_')
}

const fn ends_with(text: &[u8], end: &[u8]) -> bool {
    ends_with_at(text, text.len(), end)
}

/// Says whether `text[..length]` ends in `end`.
const fn ends_with_at(text: &[u8], length: usize, end: &[u8]) -> bool {
    if end.len() > length {
        return false;
    }
    let mut index = 0;
    while index < end.len() {
        if text[length - end.len() + index] != end[index] {
            return false;
        }
        index += 1;
    }
    true
}

const fn contains(text: &[u8], part: &[u8]) -> bool {
    let mut length = part.len();
    while length <= text.len() {
        if ends_with_at(text, length, part) {
            return true;
        }
        length += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    fn passes(text: &'static str, kind: Kind, unit: Unit) -> bool {
        catch_unwind(|| name(text, kind, unit)).is_ok()
    }

    #[test]
    fn good_names_pass() {
        assert!(passes("a_total", Kind::Counter, Unit::None));
        assert!(passes("a_seconds_total", Kind::Counter, Unit::Seconds));
        assert!(passes("a_timestamp_seconds", Kind::Gauge, Unit::Seconds));
        assert!(passes("a_size_bytes", Kind::Histogram, Unit::Bytes));
        assert!(passes("build_info", Kind::Gauge, Unit::None));
    }

    #[test]
    fn each_rule_refuses_its_breach() {
        for (text, kind, unit) in [
            ("", Kind::Gauge, Unit::None),
            ("9a", Kind::Gauge, Unit::None),
            ("aB", Kind::Gauge, Unit::None),
            ("a:b", Kind::Gauge, Unit::None),
            ("a__b", Kind::Gauge, Unit::None),
            ("a_", Kind::Gauge, Unit::None),
            ("a", Kind::Counter, Unit::None),
            ("a_total", Kind::Gauge, Unit::None),
            ("a_count", Kind::Gauge, Unit::None),
            ("a_sum", Kind::Histogram, Unit::None),
            ("a_milliseconds_total", Kind::Counter, Unit::Bytes),
            ("a_total", Kind::Counter, Unit::Seconds),
            ("a_ms", Kind::Histogram, Unit::Seconds),
            ("a_milliseconds", Kind::Histogram, Unit::Seconds),
            ("seconds", Kind::Gauge, Unit::Seconds),
            ("a_kilobytes", Kind::Gauge, Unit::Bytes),
        ] {
            assert!(!passes(text, kind, unit), "{text}");
        }
    }
}
