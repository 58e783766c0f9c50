//! The exposition: a walk over the families that writes numbers between stored texts, chunk by chunk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Inner;
use super::admit;
use super::cell::Reading;
use super::family::{MetricFamily, Stored};
use crate::metric::Kind;

/// The two formats that Prometheus reads as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Prometheus text format 0.0.4.
    Text,
    /// `OpenMetrics` 1.0.
    OpenMetrics,
}

impl Format {
    /// Returns the full `Content-Type` of this format.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Size at which a chunk is handed out. One series may write past it.
const CHUNK_BYTES: usize = 32 * 1024;

/// Room for the series that passes the mark.
const CHUNK_ROOM: usize = 8 * 1024;

/// Says what a metric is when nobody described it; `promtool check metrics` asks for a text.
const NO_HELP: &str = "No description was given.";

/// One exposition being written: an iterator of chunks, each made when it is asked for.
///
/// It holds no lock between or during chunks that a writer waits for. Each series is read at the moment it is written, so
/// memory stays at one chunk however large the exposition is. Series that come while it runs may be missing from it.
#[must_use = "an exposition is written as its chunks are asked for"]
pub struct Exposition {
    recorder: Arc<Inner>,
    format: Format,
    families: std::vec::IntoIter<Arc<MetricFamily>>,
    current: Option<(Arc<MetricFamily>, Lines, usize, usize)>,
    reading: Reading,
    /// Time spent writing so far; waiting for the reader is not part of it.
    spent: Duration,
    ended: bool,
}

/// The texts that the lines of a family begin with.
struct Lines {
    sample: Beginning,
    bucket: String,
    sum: Beginning,
    count: Beginning,
}

/// The name of a sample, as it stands before labels and before a number.
struct Beginning {
    labelled: String,
    plain: String,
}

impl Lines {
    fn of(name: &str) -> Self {
        let beginning = |end: &str| Beginning { labelled: format!("{name}{end}{{"), plain: format!("{name}{end} ") };
        Self {
            sample: beginning(""),
            bucket: format!("{name}_bucket{{"),
            sum: beginning("_sum"),
            count: beginning("_count"),
        }
    }
}

impl Exposition {
    pub(super) fn new(recorder: Arc<Inner>, format: Format) -> Self {
        let started = Instant::now();
        recorder.refresh();
        let families = recorder.registry.families().into_iter();
        Self {
            recorder,
            format,
            families,
            current: None,
            reading: Reading::default(),
            spent: started.elapsed(),
            ended: false,
        }
    }

    /// Fills `out` with whole series until it is full or there are no more; returns whether there are more.
    fn fill(&mut self, out: &mut Vec<u8>) -> bool {
        while out.len() < CHUNK_BYTES {
            let Some((family, lines, next, end)) = &mut self.current else {
                let Some(family) = self.families.next() else { return false };
                let end = family.stored.len();
                if end > 0 {
                    let lines = self.head(&family, out);
                    self.current = Some((family, lines, 0, end));
                }
                continue;
            };
            if next == end {
                self.current = None;
                continue;
            }
            let at = *next;
            *next += 1;
            match &family.stored {
                Stored::Counters(list) => {
                    if let Some(series) = list.get(at) {
                        sample(out, &lines.sample, &series.labels);
                        integer(out, series.cell.read());
                    }
                }
                Stored::Gauges(list) => {
                    // NaN: the value was taken away.
                    if let Some((series, value)) =
                        list.get(at).map(|series| (series, series.cell.read())).filter(|(_, value)| !value.is_nan())
                    {
                        sample(out, &lines.sample, &series.labels);
                        float(out, value);
                    }
                }
                Stored::Histograms(list) => {
                    if let Some(series) = list.get(at) {
                        series.cell.read(&mut self.reading);
                        histogram(out, family, lines, &series.labels, &self.reading);
                    }
                }
            }
        }
        true
    }

    /// Writes the comment lines of a family.
    fn head(&self, family: &MetricFamily, out: &mut Vec<u8>) -> Lines {
        let open_metrics = self.format == Format::OpenMetrics;
        let name = match (open_metrics, family.kind) {
            // OpenMetrics names a counter's family without what its samples end in.
            (true, Kind::Counter) => family.name.strip_suffix("_total").unwrap_or(&family.name),
            _ => &family.name,
        };
        out.extend_from_slice(b"# HELP ");
        out.extend_from_slice(name.as_bytes());
        out.push(b' ');
        admit::help(out, family.help.get().map_or(NO_HELP, |help| help), open_metrics);
        out.extend_from_slice(b"\n# TYPE ");
        out.extend_from_slice(name.as_bytes());
        out.push(b' ');
        out.extend_from_slice(family.kind.as_str().as_bytes());
        out.push(b'\n');
        if open_metrics && let Some(unit) = family.spec.map(|spec| spec.unit.as_str()).filter(|unit| !unit.is_empty()) {
            out.extend_from_slice(b"# UNIT ");
            out.extend_from_slice(name.as_bytes());
            out.push(b' ');
            out.extend_from_slice(unit.as_bytes());
            out.push(b'\n');
        }
        Lines::of(&family.name)
    }
}

impl Iterator for Exposition {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let resumed = Instant::now();
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + CHUNK_ROOM);
        let more = self.fill(&mut chunk);
        self.spent += resumed.elapsed();
        if !more {
            self.ended = true;
            if self.format == Format::OpenMetrics {
                chunk.extend_from_slice(b"# EOF\n");
            }
            self.recorder.rendered(self.spent);
        }
        (!chunk.is_empty()).then(|| chunk.into())
    }
}

impl std::iter::FusedIterator for Exposition {}

impl std::fmt::Debug for Exposition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exposition").field("format", &self.format).finish_non_exhaustive()
    }
}

fn sample(out: &mut Vec<u8>, beginning: &Beginning, labels: &str) {
    if labels.is_empty() {
        out.extend_from_slice(beginning.plain.as_bytes());
    } else {
        out.extend_from_slice(beginning.labelled.as_bytes());
        out.extend_from_slice(labels.as_bytes());
        out.extend_from_slice(b"} ");
    }
}

fn integer(out: &mut Vec<u8>, value: u64) {
    let mut number = itoa::Buffer::new();
    out.extend_from_slice(number.format(value).as_bytes());
    out.push(b'\n');
}

fn float(out: &mut Vec<u8>, value: f64) {
    /// Below this, whole numbers read the same as floats and as integers, and those are quicker to write.
    const WHOLE: f64 = 1e15;
    if (0.0..WHOLE).contains(&value) && value.fract() == 0.0 {
        // Whole, not negative and below the mark.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        return integer(out, value as u64);
    }
    let mut number = zmij::Buffer::new();
    // What enters a cell is finite, and so is every sum of it.
    let text = number.format_finite(value);
    out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
    out.push(b'\n');
}

fn histogram(out: &mut Vec<u8>, family: &MetricFamily, lines: &Lines, labels: &str, reading: &Reading) {
    let start = out.len();
    out.extend_from_slice(lines.bucket.as_bytes());
    if !labels.is_empty() {
        out.extend_from_slice(labels.as_bytes());
        out.push(b',');
    }
    // Every further bucket begins as the first one does: one copy instead of three.
    let beginning = start..out.len();
    let mut below = 0_u64;
    let mut number = itoa::Buffer::new();
    let mut text = number.format(below);
    for (index, (bound, bucket)) in family.bound_texts.iter().zip(&reading.buckets).enumerate() {
        if index > 0 {
            out.extend_from_within(beginning.clone());
        }
        // Most buckets of most series are empty and repeat the number before.
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
