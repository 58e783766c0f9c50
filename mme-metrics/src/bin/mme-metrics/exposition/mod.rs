//! Reads an exposition, in the text format 0.0.4 or in OpenMetrics, and says what is wrong with it.

mod histogram;
mod lint;
mod sample;

use std::collections::BTreeMap;
use std::path::Path;

pub(crate) use self::lint::lint;
pub(crate) use self::sample::Sample;
use crate::address::{is_url, without_secrets};
use crate::disk;
use crate::fetch::Access;

/// A problem in an exposition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The line, counted from 1.
    pub(crate) line: usize,
    /// What is wrong, and what to do.
    pub(crate) message: String,
}

/// A line of an exposition.
#[derive(Debug)]
pub(crate) enum Line<'t> {
    Type { name: &'t str, kind: &'t str },
    Help,
    Sample(Sample<'t>),
    End,
    Other,
}

/// The series of a family: what one `# TYPE` line declares.
#[derive(Debug, Default)]
pub(crate) struct Family<'t> {
    /// The type, or an empty text if it is not declared.
    pub(crate) kind: &'t str,
    pub(crate) samples: Vec<(usize, Sample<'t>)>,
}

/// An exposition by families, with the problems of single lines.
#[derive(Debug, Default)]
pub(crate) struct Exposition<'t> {
    pub(crate) families: BTreeMap<&'t str, Family<'t>>,
    pub(crate) problems: Vec<Problem>,
}

/// Reads a saved exposition, or that of a running service.
pub(crate) fn read(source: &str, access: &Access) -> Result<String, String> {
    if is_url(source) { access.client()?.text(source, &[]) } else { disk::text(Path::new(source)) }
}

/// Names in messages what was read.
pub(crate) fn name(source: &str) -> String {
    if is_url(source) { without_secrets(source) } else { source.to_owned() }
}

/// Reads one line.
pub(crate) fn line(text: &str) -> Result<Line<'_>, String> {
    let Some(comment) = text.strip_prefix('#') else {
        return if text.trim().is_empty() { Ok(Line::Other) } else { sample::parse(text).map(Line::Sample) };
    };
    let mut words = comment.trim_start().splitn(3, [' ', '\t']);
    let (word, name, rest) = (words.next(), words.next(), words.next());
    match (word, name) {
        (Some("EOF"), None) => Ok(Line::End),
        (Some("TYPE"), Some(name)) => Ok(Line::Type { name, kind: rest.unwrap_or_default().trim() }),
        (Some("HELP"), Some(_)) => Ok(Line::Help),
        (Some(word @ ("TYPE" | "HELP")), None) => Err(format!("`# {word}` names no metric: write its name after it")),
        _ => Ok(Line::Other),
    }
}

impl<'t> Exposition<'t> {
    /// Reads a whole exposition.
    pub(crate) fn parse(text: &'t str) -> Self {
        let mut exposition = Self::default();
        for (number, text) in (1..).zip(text.lines()) {
            match line(text) {
                Ok(Line::Type { name, kind }) => exposition.families.entry(name).or_default().kind = kind,
                Ok(Line::Sample(sample)) => {
                    let family = exposition.family_of(sample.name);
                    exposition.families.entry(family).or_default().samples.push((number, sample));
                }
                Ok(Line::Help | Line::End | Line::Other) => {}
                Err(message) => exposition.problems.push(Problem { line: number, message }),
            }
        }
        exposition
    }

    /// Returns the family that a series belongs to: its own name, or the name without the suffix of its type.
    pub(crate) fn family_of(&self, name: &'t str) -> &'t str {
        for suffix in ["_bucket", "_sum", "_count", "_created", "_total", "_info"] {
            let Some(stem) = name.strip_suffix(suffix) else { continue };
            let suffixes: &[&str] = match self.families.get(stem).map(|family| family.kind) {
                Some("histogram" | "gaugehistogram") => &["_bucket", "_sum", "_count", "_created"],
                Some("summary") => &["_sum", "_count", "_created"],
                Some("counter") => &["_total", "_created"],
                Some("info") => &["_info"],
                _ => &[],
            };
            if suffixes.contains(&suffix) {
                return stem;
            }
        }
        name
    }
}
