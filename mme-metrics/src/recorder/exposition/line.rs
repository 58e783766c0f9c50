//! Writes the parts of a line that the text formats share.

use super::super::admission::admit;
use super::super::cell::HistogramReading;
use super::super::family::MetricFamily;

/// The help text of a metric without a description, because `promtool check metrics` requires one.
const NO_HELP: &str = "No description was given.";

/// Returns the help text of a family, which is never empty.
pub(super) fn help_text(family: &MetricFamily) -> &str {
    family.help.get().map_or(NO_HELP, |help| help)
}

/// The texts at the beginning of the lines of a family.
pub(super) struct Lines {
    pub(super) sample: SampleName,
    bucket: String,
    sum: SampleName,
    count: SampleName,
}

/// The name of a sample in both forms: followed by `{` for labels, and followed by a space for the number.
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

/// Writes the `HELP` line of a family under `name`, which depends on the format.
pub(super) fn help(out: &mut Vec<u8>, name: &str, family: &MetricFamily, escape_quotes: bool) {
    out.extend_from_slice(b"# HELP ");
    out.extend_from_slice(name.as_bytes());
    out.push(b' ');
    admit::help(out, help_text(family), escape_quotes);
    out.push(b'\n');
}

/// Writes a comment line whose text needs no escaping.
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
    whole_number(out, value);
    out.push(b'\n');
}

pub(super) fn float(out: &mut Vec<u8>, value: f64) {
    number(out, value);
    out.push(b'\n');
}

/// Writes a whole number without a line feed.
pub(super) fn whole_number(out: &mut Vec<u8>, value: u64) {
    let mut number = itoa::Buffer::new();
    out.extend_from_slice(number.format(value).as_bytes());
}

/// Writes a number without a line feed.
pub(super) fn number(out: &mut Vec<u8>, value: f64) {
    /// Below this limit, a float without a fraction is written as an integer, which is faster.
    const WHOLE: f64 = 1e15;
    if (0.0..WHOLE).contains(&value) && value.fract() == 0.0 {
        // Lossless: the value is not negative, has no fraction and is below the limit.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        return whole_number(out, value as u64);
    }
    let mut number = zmij::Buffer::new();
    // Every value and every sum of a cell is finite.
    let text = number.format_finite(value);
    out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
}

/// Writes the lines of a histogram. `end_bucket` runs at the end of the line of each bucket, with its index.
pub(super) fn histogram(
    out: &mut Vec<u8>,
    family: &MetricFamily,
    lines: &Lines,
    labels: &str,
    reading: &HistogramReading,
    end_bucket: impl Fn(usize, &mut Vec<u8>),
) {
    let start = out.len();
    out.extend_from_slice(lines.bucket.as_bytes());
    if !labels.is_empty() {
        out.extend_from_slice(labels.as_bytes());
        out.push(b',');
    }
    // All bucket lines have the same beginning, so it is copied as one piece instead of three.
    let beginning = start..out.len();
    let mut below = 0_u64;
    let mut number = itoa::Buffer::new();
    let mut text = number.format(below);
    for (index, (bound, bucket)) in family.bound_texts.iter().zip(&reading.buckets).enumerate() {
        if index > 0 {
            out.extend_from_within(beginning.clone());
        }
        // Most buckets of most series are empty, so the text of the cumulative number is reused.
        if *bucket > 0 {
            below = below.saturating_add(*bucket);
            text = number.format(below);
        }
        out.extend_from_slice(bound.as_bytes());
        out.extend_from_slice(text.as_bytes());
        end_bucket(index, out);
        out.push(b'\n');
    }
    sample(out, &lines.sum, labels);
    float(out, reading.sum);
    sample(out, &lines.count, labels);
    integer(out, reading.count);
}
