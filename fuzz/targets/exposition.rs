//! Names and labels that other crates emit. Law: each line of an exposition is a comment or a sample with quoted labels and a
//! number, so no text of a label gets out of its quotes. In protobuf each message is as long as it says.
//!
//! The input is lines: the name of a metric, then keys and values of labels in turn.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mme_metrics::metrics::{self, Key, Label, Level, Metadata, Recorder as _};
use mme_metrics::{Format, Recorder};

const METADATA: Metadata<'static> = Metadata::new("fuzz", Level::INFO, None);

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | ':'))
}

/// Reads the labels of a sample off its beginning, and returns what follows their closing brace.
fn after_labels(mut text: &str) -> Option<&str> {
    loop {
        let (key, rest) = text.split_once("=\"")?;
        let mut characters = rest.char_indices();
        let end = loop {
            match characters.next()? {
                (at, '"') => break at,
                (_, '\\') if !matches!(characters.next()?.1, '\\' | '"' | 'n') => return None,
                _ => {}
            }
        };
        let rest = &rest[end + 1..];
        if !is_name(key) {
            return None;
        }
        match rest.strip_prefix(',') {
            Some(next) => text = next,
            None => return rest.strip_prefix('}'),
        }
    }
}

fn is_line(line: &str) -> bool {
    let sample = || {
        let end = line.find(['{', ' '])?;
        let rest = match &line[end..] {
            labels if labels.starts_with('{') => after_labels(&labels[1..])?,
            value => value,
        };
        let value = rest.strip_prefix(' ')?;
        (is_name(&line[..end]) && value.parse::<f64>().is_ok()).then_some(())
    };
    line.starts_with("# ") || sample().is_some()
}

/// Says whether the bytes are whole messages, each after its length.
fn are_messages(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let Some((byte, rest)) = bytes.split_first() else { return false };
            bytes = rest;
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        match bytes.get(length..) {
            Some(rest) => bytes = rest,
            None => return false,
        }
    }
    true
}

fuzz_target!(|text: &str| {
    let recorder = Recorder::builder().process_metrics(false).build().expect("the families fit together");
    for series in text.split("\n\n") {
        let mut lines = series.split('\n').map(str::to_owned);
        let name = lines.next().unwrap_or_default();
        let mut labels = Vec::new();
        while let (Some(key), Some(value)) = (lines.next(), lines.next()) {
            // A line cannot hold its own end, so another character stands for it.
            labels.push(Label::new(key, value.replace('\u{1}', "\n")));
        }
        let key = Key::from_parts(name, labels);
        recorder.register_counter(&key, &METADATA).increment(1);
        recorder.register_gauge(&key, &METADATA).set(0.5);
        recorder.register_histogram(&key, &METADATA).record(0.5);
        recorder.describe_counter(key.name().to_owned().into(), None, metrics::SharedString::from(series.to_owned()));
    }
    for format in [Format::Text, Format::OpenMetrics] {
        let text = recorder.render(format);
        for line in text.lines() {
            assert!(is_line(line), "{line:?} in {text}");
        }
    }
    assert!(are_messages(&recorder.render_bytes(Format::Protobuf)));
});
