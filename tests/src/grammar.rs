//! Strict readers of the exposition formats, and the law that all formats show the same.
//!
//! They follow the grammars of text 0.0.4, `OpenMetrics` 1.0 and `io.prometheus.client`, and refuse more than other readers do: a
//! spelling that this library never writes, a name or key that is reserved, and anything longer than the library promises. They read
//! no exemplars.
//!
//! This file needs the standard library alone, because the fuzz target `exposition` includes it.

use std::collections::{BTreeMap, BTreeSet};

/// Longest name of a metric, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// Longest key of a label, in bytes.
const MAX_KEY_BYTES: usize = 64;

/// Longest value of a label, in bytes.
const MAX_VALUE_BYTES: usize = 128;

/// Most labels of a series, without `le`.
const MAX_LABELS: usize = 32;

/// The labels of a series, by key.
pub type Labels = BTreeMap<String, String>;

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A total.
    Counter,
    /// A level.
    Gauge,
    /// Counts in buckets, and their sum.
    Histogram,
}

/// A metric as every format has to show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// What it is.
    pub kind: Kind,
    /// Its description.
    pub help: String,
    /// Its values, by the name and the labels of the line. `le` is a number as Rust writes it.
    pub samples: BTreeMap<(String, Labels), f64>,
}

/// The metrics of an exposition, by name. That of a counter ends in `_total`.
pub type Exposition = BTreeMap<String, Family>;

/// Reads all formats and compares them. Metrics of the library about itself change from one exposition to the next, so they are read
/// and not compared.
///
/// # Errors
///
/// Says what a strict reader refuses, or which metric differs.
pub fn agree(text: &str, open_metrics: &str, protobuf: &[u8]) -> Result<Exposition, String> {
    let text = compared(read_text(text).map_err(|error| format!("text: {error}"))?);
    let others = [("OpenMetrics", read_open_metrics(open_metrics)), ("protobuf", read_protobuf(protobuf))];
    for (format, read) in others {
        let read = compared(read.map_err(|error| format!("{format}: {error}"))?);
        for name in text.keys().chain(read.keys()) {
            let (left, right) = (text.get(name), read.get(name));
            if left != right {
                return Err(format!("`{name}` differs between text and {format}:\n{left:#?}\n{right:#?}"));
            }
        }
    }
    Ok(text)
}

/// Leaves out the metrics that are not compared. One whose values were all cleared has no message in protobuf.
fn compared(mut exposition: Exposition) -> Exposition {
    exposition.retain(|name, family| !name.starts_with("mme_") && !family.samples.is_empty());
    exposition
}

/// Reads text 0.0.4.
///
/// # Errors
///
/// Says what a strict reader refuses.
pub fn read_text(text: &str) -> Result<Exposition, String> {
    checked(read_lines(text, false)?)
}

/// Reads `OpenMetrics` 1.0.
///
/// # Errors
///
/// Says what a strict reader refuses.
pub fn read_open_metrics(text: &str) -> Result<Exposition, String> {
    let lines = text.strip_suffix("# EOF\n").ok_or("it does not end in `# EOF`")?;
    checked(read_lines(lines, true)?)
}

/// A metric as it was read, before its values are checked.
struct Unchecked {
    name: String,
    kind: Kind,
    help: String,
    unit: String,
    samples: Vec<Sample>,
}

/// A line, or what stands for it in protobuf.
struct Sample {
    /// What follows the name of the metric.
    end: &'static str,
    labels: Labels,
    /// The bound of a bucket.
    bound: Option<f64>,
    value: f64,
}

impl Kind {
    fn of(word: &str) -> Result<Self, String> {
        match word {
            "counter" => Ok(Self::Counter),
            "gauge" => Ok(Self::Gauge),
            "histogram" => Ok(Self::Histogram),
            other => Err(format!("`{other}` is no type")),
        }
    }

    /// The ends of the names of lines.
    fn ends(self) -> &'static [&'static str] {
        match self {
            Self::Counter | Self::Gauge => &[""],
            Self::Histogram => &["_bucket", "_sum", "_count"],
        }
    }

    /// The ends of all names that belong to a metric in `OpenMetrics`, after the name that it has there.
    fn claims(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["", "_total", "_created"],
            Self::Gauge => &[""],
            Self::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
        }
    }
}

fn ensure(holds: bool, error: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(error()) }
}

fn is_word(text: &str, longest: usize) -> bool {
    text.len() <= longest
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Checks what holds in every format.
fn checked(families: Vec<Unchecked>) -> Result<Exposition, String> {
    let (mut exposition, mut claimed) = (Exposition::new(), BTreeSet::new());
    for Unchecked { name, kind, help, unit, samples } in families {
        ensure(is_word(&name, MAX_NAME_BYTES), || format!("`{name}` is no name"))?;
        let stem = match kind {
            Kind::Counter => name.strip_suffix("_total").ok_or_else(|| format!("`{name}` is a counter"))?,
            Kind::Gauge | Kind::Histogram => &name,
        };
        ensure(is_word(stem, MAX_NAME_BYTES), || format!("`{name}` has no name in OpenMetrics"))?;
        for end in kind.claims() {
            let claim = format!("{stem}{end}");
            ensure(claimed.insert(claim.clone()), || format!("`{claim}` belongs to two metrics"))?;
        }
        ensure(!help.is_empty() && help.trim() == help, || format!("`{name}` has the help text {help:?}"))?;
        let has_unit =
            unit.is_empty() || stem.strip_suffix(&unit).is_some_and(|rest| rest.len() > 1 && rest.ends_with('_'));
        ensure(has_unit, || format!("`{name}` does not end in its unit `{unit}`"))?;
        samples
            .iter()
            .try_for_each(|sample| check_labels(&sample.labels))
            .map_err(|error| format!("`{name}`: {error}"))?;
        match kind {
            Kind::Counter | Kind::Gauge => check_values(kind, &samples),
            Kind::Histogram => check_histograms(&samples),
        }
        .map_err(|error| format!("`{name}`: {error}"))?;
        let mut family = Family { kind, help, samples: BTreeMap::new() };
        for Sample { end, mut labels, bound, value } in samples {
            labels.extend(bound.map(|bound| ("le".to_owned(), bound.to_string())));
            let before = family.samples.insert((format!("{name}{end}"), labels.clone()), value);
            ensure(before.is_none(), || format!("`{name}{end}` comes twice with {labels:?}"))?;
        }
        exposition.insert(name, family);
    }
    Ok(exposition)
}

fn check_labels(labels: &Labels) -> Result<(), String> {
    ensure(labels.len() <= MAX_LABELS, || format!("{} labels", labels.len()))?;
    for (key, value) in labels {
        let is_reserved = key.starts_with("__") || matches!(&**key, "le" | "quantile");
        ensure(is_word(key, MAX_KEY_BYTES) && !is_reserved, || format!("`{key}` cannot be a key"))?;
        let is_plain =
            !value.chars().any(|character| character.is_control() || ('\u{2028}'..='\u{202e}').contains(&character));
        let fits = (1..=MAX_VALUE_BYTES).contains(&value.len());
        ensure(is_plain && fits, || format!("`{key}` has the value {value:?}"))?;
    }
    Ok(())
}

fn check_values(kind: Kind, samples: &[Sample]) -> Result<(), String> {
    for Sample { value, .. } in samples {
        ensure(value.is_finite() && (kind == Kind::Gauge || *value >= 0.0), || format!("the value {value}"))?;
    }
    Ok(())
}

/// Checks that each histogram is one run of lines: ascending buckets up to `+Inf`, the sum and the count.
fn check_histograms(samples: &[Sample]) -> Result<(), String> {
    let mut rest = samples;
    while let Some(first) = rest.first() {
        let (mut bound, mut count) = (-1.0, 0.0);
        while let Some((bucket, next)) = rest.split_first().filter(|(bucket, _)| bucket.end == "_bucket") {
            let own = bucket.bound.ok_or("a bucket without a bound")?;
            let is_next = bucket.labels == first.labels && own > bound && bucket.value >= count;
            ensure(is_next, || format!("the bucket {own} of {:?} comes after {bound}", bucket.labels))?;
            (bound, count, rest) = (own, bucket.value, next);
        }
        ensure(bound == f64::INFINITY, || format!("no bucket holds all of {:?}", first.labels))?;
        let [sum, all, next @ ..] = rest else { return Err("a histogram without a sum and a count".to_owned()) };
        let is_whole = (sum.end, all.end) == ("_sum", "_count")
            && [sum, all].iter().all(|sample| sample.labels == first.labels && sample.bound.is_none());
        ensure(is_whole, || format!("no sum and count follow the buckets of {:?}", first.labels))?;
        let is_possible = all.value == count && sum.value.is_finite() && sum.value >= 0.0;
        ensure(is_possible, || format!("count {} of {count} and sum {} of {:?}", all.value, sum.value, first.labels))?;
        rest = next;
    }
    Ok(())
}

/// Reads the lines of a text format.
fn read_lines(text: &str, is_open: bool) -> Result<Vec<Unchecked>, String> {
    ensure(text.is_empty() || text.ends_with('\n'), || "the last line does not end".to_owned())?;
    let mut families: Vec<Unchecked> = Vec::new();
    let mut lines = text.split_terminator('\n');
    while let Some(line) = lines.next() {
        let refused = |error: String| format!("{error}: {line:?}");
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').ok_or_else(|| refused("no help text".to_owned()))?;
            let help = unescaped(help, is_open).ok_or_else(|| refused("a wrong escape".to_owned()))?;
            let typed =
                lines.next().and_then(|line| line.strip_prefix("# TYPE ")?.strip_prefix(name)?.strip_prefix(' '));
            let kind = Kind::of(typed.ok_or_else(|| refused("no type follows".to_owned()))?)?;
            let end = if is_open && kind == Kind::Counter { "_total" } else { "" };
            let (name, unit) = (format!("{name}{end}"), String::new());
            families.push(Unchecked { name, kind, help, unit, samples: Vec::new() });
            continue;
        }
        let family = families.last_mut().ok_or_else(|| refused("no metric has begun".to_owned()))?;
        if let Some(rest) = line.strip_prefix("# UNIT ") {
            let stem =
                if family.kind == Kind::Counter { family.name.strip_suffix("_total") } else { Some(&*family.name) };
            let unit = stem.and_then(|stem| rest.strip_prefix(stem)?.strip_prefix(' '));
            let is_first = is_open && family.samples.is_empty() && family.unit.is_empty();
            family.unit = unit
                .filter(|unit| is_first && !unit.is_empty())
                .ok_or_else(|| refused("a unit".to_owned()))?
                .to_owned();
        } else {
            let sample = read_sample(family, line).ok_or_else(|| refused(format!("no line of `{}`", family.name)))?;
            family.samples.push(sample);
        }
    }
    Ok(families)
}

fn read_sample(family: &Unchecked, line: &str) -> Option<Sample> {
    let (name, rest) = line.split_at(line.find(['{', ' '])?);
    let end = name.strip_prefix(&*family.name)?;
    let end = family.kind.ends().iter().find(|known| **known == end)?;
    let mut labels = Labels::new();
    let mut bound = None;
    let value = match rest.strip_prefix('{') {
        None => rest.strip_prefix(' ')?,
        Some(mut rest) => loop {
            let (key, quoted) = rest.split_once("=\"")?;
            let length = closing_quote(quoted)?;
            let value = unescaped(&quoted[..length], true)?;
            let after = &quoted[length + 1..];
            if *end == "_bucket" && key == "le" {
                bound = Some(if value == "+Inf" { f64::INFINITY } else { number(&value)? });
                break after.strip_prefix("} ")?;
            }
            if !is_word(key, usize::MAX) || labels.insert(key.to_owned(), value).is_some() {
                return None;
            }
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None => break after.strip_prefix("} ")?,
            }
        },
    };
    Some(Sample { end, labels, bound, value: number(value)? })
}

/// Reads a finite number without a sign of plus.
fn number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e'));
    let begins = text.strip_prefix('-').unwrap_or(text).starts_with(|first: char| first.is_ascii_digit());
    text.parse().ok().filter(|number: &f64| is_plain && begins && number.is_finite())
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })
}

/// Undoes escapes. With `quotes`, quotes are escaped too.
fn unescaped(text: &str, quotes: bool) -> Option<String> {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        out.push(match character {
            '\\' => match characters.next()? {
                'n' => '\n',
                '\\' => '\\',
                '"' if quotes => '"',
                _ => return None,
            },
            '"' if quotes => return None,
            '\r' => return None,
            plain => plain,
        });
    }
    Some(out)
}

/// The value of a field of protobuf.
#[derive(Clone, Copy)]
enum Field<'a> {
    Number(u64),
    Float(f64),
    Bytes(&'a [u8]),
}

/// Reads messages of the type `MetricFamily`, each after its length.
///
/// # Errors
///
/// Says what a strict reader refuses.
pub fn read_protobuf(mut bytes: &[u8]) -> Result<Exposition, String> {
    let mut families: Vec<Unchecked> = Vec::new();
    while !bytes.is_empty() {
        let family = read_family(length_delimited(&mut bytes).ok_or("a message that ends early")?)?;
        match families.last_mut().filter(|last| last.name == family.name) {
            // A large family comes in several messages.
            Some(last) => {
                let is_same = (last.kind, &last.help, &last.unit) == (family.kind, &family.help, &family.unit);
                ensure(is_same, || format!("`{}` changes from one message to the next", family.name))?;
                last.samples.extend(family.samples);
            }
            None => families.push(family),
        }
    }
    checked(families)
}

fn read_family(message: &[u8]) -> Result<Unchecked, String> {
    let fields = fields(message)?;
    ensure(fields.iter().all(|(number, _)| (1..=5).contains(number)), || "an unknown field of a family".to_owned())?;
    let name = text(&fields, 1)?.ok_or("a family without a name")?;
    let refused = |error: String| format!("`{name}`: {error}");
    let kind = match one(&fields, 3)? {
        Some(Field::Number(0)) => Kind::Counter,
        Some(Field::Number(1)) => Kind::Gauge,
        Some(Field::Number(4)) => Kind::Histogram,
        _ => return Err(refused("no type".to_owned())),
    };
    let help = text(&fields, 2)?.ok_or_else(|| refused("no help text".to_owned()))?;
    let unit = text(&fields, 5)?.unwrap_or_default();
    let mut samples = Vec::new();
    for metric in messages(&fields, 4)? {
        read_metric(kind, metric, &mut samples).map_err(refused)?;
    }
    ensure(!samples.is_empty(), || refused("no metric".to_owned()))?;
    Ok(Unchecked { name, kind, help, unit, samples })
}

fn read_metric(kind: Kind, message: &[u8], samples: &mut Vec<Sample>) -> Result<(), String> {
    let metric = fields(message)?;
    let mut labels = Labels::new();
    for label in messages(&metric, 1)? {
        let label = fields(label)?;
        let (Some(key), Some(value)) = (text(&label, 1)?, text(&label, 2)?) else {
            return Err("a label without a key or a value".to_owned());
        };
        ensure(!labels.contains_key(&key), || format!("two labels `{key}`"))?;
        labels.insert(key, value);
    }
    let place = match kind {
        Kind::Gauge => 2,
        Kind::Counter => 3,
        Kind::Histogram => 7,
    };
    ensure(metric.iter().all(|(number, _)| [1, place].contains(number)), || "a value of another type".to_owned())?;
    let Some(Field::Bytes(value)) = one(&metric, place)? else { return Err("no value".to_owned()) };
    let value = fields(value)?;
    if kind != Kind::Histogram {
        let Some(Field::Float(value)) = one(&value, 1)? else { return Err("no number".to_owned()) };
        samples.push(Sample { end: "", labels, bound: None, value });
        return Ok(());
    }
    let (Some(Field::Number(count)), Some(Field::Float(sum))) = (one(&value, 1)?, one(&value, 2)?) else {
        return Err("no count or sum".to_owned());
    };
    for bucket in messages(&value, 3)? {
        let bucket = fields(bucket)?;
        let (Some(Field::Number(below)), Some(Field::Float(bound))) = (one(&bucket, 1)?, one(&bucket, 2)?) else {
            return Err("a bucket without a count or a bound".to_owned());
        };
        // It may be left out, and is added below.
        if bound != f64::INFINITY {
            samples.push(Sample { end: "_bucket", labels: labels.clone(), bound: Some(bound), value: below as f64 });
        }
    }
    let count = count as f64;
    for (end, bound, value) in [("_bucket", Some(f64::INFINITY), count), ("_sum", None, sum), ("_count", None, count)] {
        samples.push(Sample { end, labels: labels.clone(), bound, value });
    }
    Ok(())
}

fn fields(mut message: &[u8]) -> Result<Vec<(u64, Field<'_>)>, String> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        fields.push(field(&mut message).ok_or("a field that cannot be read")?);
    }
    Ok(fields)
}

fn field<'a>(message: &mut &'a [u8]) -> Option<(u64, Field<'a>)> {
    let tag = varint(message)?;
    let field = match tag & 7 {
        0 => Field::Number(varint(message)?),
        1 => {
            let (float, rest) = message.split_first_chunk()?;
            *message = rest;
            Field::Float(f64::from_le_bytes(*float))
        }
        2 => Field::Bytes(length_delimited(message)?),
        _ => return None,
    };
    Some((tag >> 3, field))
}

fn length_delimited<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(bytes)?).ok()?;
    let (field, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(field)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Returns the field with this number, which may come once.
fn one<'a>(fields: &[(u64, Field<'a>)], wanted: u64) -> Result<Option<Field<'a>>, String> {
    let mut found = fields.iter().filter(|(number, _)| *number == wanted).map(|(_, field)| *field);
    let first = found.next();
    ensure(found.next().is_none(), || format!("field {wanted} comes twice"))?;
    Ok(first)
}

fn text(fields: &[(u64, Field<'_>)], wanted: u64) -> Result<Option<String>, String> {
    match one(fields, wanted)? {
        None => Ok(None),
        Some(Field::Bytes(bytes)) => {
            let text = str::from_utf8(bytes).map_err(|error| format!("field {wanted}: {error}"))?;
            Ok(Some(text.to_owned()))
        }
        Some(_) => Err(format!("field {wanted} is no text")),
    }
}

fn messages<'a>(fields: &[(u64, Field<'a>)], wanted: u64) -> Result<Vec<&'a [u8]>, String> {
    let found = fields.iter().filter(|(number, _)| *number == wanted);
    let messages = found.map(|(_, field)| match field {
        Field::Bytes(bytes) => Ok(*bytes),
        _ => Err(format!("field {wanted} is no message")),
    });
    messages.collect()
}
