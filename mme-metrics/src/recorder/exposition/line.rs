//! The parts of a line that the text formats share.

use super::super::admission::admit;
use super::super::cell::Reading;
use super::super::family::MetricFamily;

/// The help text of a metric without a description; `promtool check metrics` demands one.
const NO_HELP: &str = "No description was given.";

/// The texts that the lines of a family begin with.
pub(super) struct Lines {
    pub(super) sample: SampleName,
    bucket: String,
    sum: SampleName,
    count: SampleName,
}

/// The name of a sample, with what follows it before labels and before a number.
pub(super) struct SampleName {
    labelled: String,
    plain: String,
}

impl Lines {
    pub(super) fn of(name: &str) -> Self {
        let sample = |end: &str| SampleName { labelled: format!("{name}{end}{{"), plain: format!("{name}{end} ") };
        Self { sample: sample(""), bucket: format!("{name}_bucket{{"), sum: sample("_sum"), count: sample("_count") }
    }
}

/// Writes the `HELP` line of a family that the format calls `name`.
pub(super) fn help(out: &mut Vec<u8>, name: &str, family: &MetricFamily, escape_quotes: bool) {
    out.extend_from_slice(b"# HELP ");
    out.extend_from_slice(name.as_bytes());
    out.push(b' ');
    admit::help(out, family.help.get().map_or(NO_HELP, |help| help), escape_quotes);
    out.push(b'\n');
}

/// Writes a comment line that needs no escapes.
pub(super) fn comment(out: &mut Vec<u8>, keyword: &[u8], name: &str, word: &str) {
    out.extend_from_slice(keyword);
    out.extend_from_slice(name.as_bytes());
    out.push(b' ');
    out.extend_from_slice(word.as_bytes());
    out.push(b'\n');
}

pub(super) fn sample(out: &mut Vec<u8>, name: &SampleName, labels: &str) {
    if labels.is_empty() {
        out.extend_from_slice(name.plain.as_bytes());
    } else {
        out.extend_from_slice(name.labelled.as_bytes());
        out.extend_from_slice(labels.as_bytes());
        out.extend_from_slice(b"} ");
    }
}

pub(super) fn integer(out: &mut Vec<u8>, value: u64) {
    let mut number = itoa::Buffer::new();
    out.extend_from_slice(number.format(value).as_bytes());
    out.push(b'\n');
}

pub(super) fn float(out: &mut Vec<u8>, value: f64) {
    /// Below this, a whole float is written like an integer, which is faster to write.
    const WHOLE: f64 = 1e15;
    if (0.0..WHOLE).contains(&value) && value.fract() == 0.0 {
        // Whole, not negative and below the limit.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        return integer(out, value as u64);
    }
    let mut number = zmij::Buffer::new();
    // Every value of a cell is finite, and so is every sum.
    let text = number.format_finite(value);
    out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
    out.push(b'\n');
}

pub(super) fn histogram(out: &mut Vec<u8>, family: &MetricFamily, lines: &Lines, labels: &str, reading: &Reading) {
    let start = out.len();
    out.extend_from_slice(lines.bucket.as_bytes());
    if !labels.is_empty() {
        out.extend_from_slice(labels.as_bytes());
        out.push(b',');
    }
    // All buckets have the same beginning: one copy instead of three.
    let beginning = start..out.len();
    let mut below = 0_u64;
    let mut number = itoa::Buffer::new();
    let mut text = number.format(below);
    for (index, (bound, bucket)) in family.bound_texts.iter().zip(&reading.buckets).enumerate() {
        if index > 0 {
            out.extend_from_within(beginning.clone());
        }
        // Most buckets of most series are empty, so their cumulative number repeats.
        if *bucket > 0 {
            below = below.saturating_add(*bucket);
            text = number.format(below);
        }
        out.extend_from_slice(bound.as_bytes());
        out.extend_from_slice(text.as_bytes());
        out.push(b'\n');
    }
    sample(out, &lines.sum, labels);
    float(out, reading.sum);
    sample(out, &lines.count, labels);
    integer(out, reading.count);
}
