//! Names, labels and values that other crates emit. Law: strict readers of text, OpenMetrics and protobuf take what is exposed, and read
//! the same metrics, series and values from each.
//!
//! The input is blocks with an empty line between them, one for each call. The first line is the name of a metric. After a tab each, it
//! may have the kind (`c`, `g`, `h`; otherwise all three), a number and a count. Keys and values of labels follow in turn.

#![no_main]

#[path = "../../tests/src/grammar.rs"]
mod grammar;

use libfuzzer_sys::fuzz_target;
use mme_metrics::metrics::{Key, Label, Level, Metadata, Recorder as _};
use mme_metrics::{Format, Recorder};

const METADATA: Metadata<'static> = Metadata::new("fuzz", Level::INFO, None);

/// A line cannot hold its own end, and an input is short, so other characters stand for a line end and for a long text.
fn expanded(text: &str) -> String {
    text.replace('\u{1}', "\n").replace('\u{2}', &"m".repeat(120))
}

fn emit(recorder: &Recorder, block: &str) {
    let mut lines = block.split('\n');
    let mut head = lines.next().unwrap_or_default().split('\t');
    let name = expanded(head.next().unwrap_or_default());
    let kind = head.next().unwrap_or_default();
    let number: f64 = head.next().and_then(|number| number.parse().ok()).unwrap_or(0.5);
    let count: u64 = head.next().and_then(|count| count.parse().ok()).unwrap_or(1);
    let mut labels = Vec::new();
    while let (Some(key), Some(value)) = (lines.next(), lines.next()) {
        labels.push(Label::new(expanded(key), expanded(value)));
    }
    let key = Key::from_parts(name.clone(), labels);
    let is_asked = |letter| kind == letter || !matches!(kind, "c" | "g" | "h");
    if is_asked("c") {
        recorder.describe_counter(name.clone().into(), None, expanded(block).into());
        recorder.register_counter(&key, &METADATA).increment(count);
    }
    if is_asked("g") {
        recorder.describe_gauge(name.clone().into(), None, expanded(block).into());
        recorder.register_gauge(&key, &METADATA).set(number);
    }
    if is_asked("h") {
        recorder.describe_histogram(name.into(), None, expanded(block).into());
        recorder.register_histogram(&key, &METADATA).record_many(number, usize::try_from(count).unwrap_or(usize::MAX));
    }
}

fuzz_target!(|input: &str| {
    let builder = Recorder::builder().process_metrics(false).global_label("region", "eu").global_label("a_b", "global");
    // Few, so that labels are soon folded.
    let recorder = builder.family_budget("other", 12).build().expect("the families fit together");
    input.split("\n\n").for_each(|block| emit(&recorder, block));
    let (text, open_metrics) = (recorder.render(Format::Text), recorder.render(Format::OpenMetrics));
    let read = grammar::agree(&text, &open_metrics, &recorder.render_bytes(Format::Protobuf));
    assert!(read.is_ok(), "{}\n{text}", read.unwrap_err());
});
