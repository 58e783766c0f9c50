use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::Recorder;

/// A recorder whose exposition takes several chunks, and a count of its expositions.
fn recorder() -> (Recorder, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let collect = move || {
        counted.fetch_add(1, Ordering::SeqCst);
    };
    let recorder = Recorder::builder().process_metrics(false).collect(collect).build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        for index in 0..2_000 {
            metrics::counter!("render_tests_total", "index" => format!("{index:0>100}")).increment(1);
        }
    });
    (recorder, count)
}

fn rest(reader: &mut Reader) -> Vec<u8> {
    let mut text = Vec::new();
    while let Some(chunk) = reader.next() {
        text.extend_from_slice(&chunk.unwrap());
    }
    text
}

fn kept(reader: &Reader) -> usize {
    reader.render.state().chunks.len()
}

/// Two renders under way, each with a reader past its first chunk.
fn two_under_way(renders: &Renders, recorder: &Recorder, now: Instant) -> [Reader; 2] {
    std::array::from_fn(|_| {
        let mut reader = renders.read_at(recorder, Format::Text, now);
        reader.next().unwrap().unwrap();
        reader
    })
}

#[test]
fn a_lone_reader_keeps_nothing_it_has_read() {
    let (recorder, _) = recorder();
    let mut reader = Renders::default().read(&recorder, Format::Text);
    let mut chunks = 0;
    while let Some(chunk) = reader.next() {
        chunk.unwrap();
        assert_eq!(kept(&reader), 0);
        chunks += 1;
    }
    assert!(chunks > 5, "{chunks}");
}

#[test]
fn two_are_written_and_all_others_share_the_second() {
    let (recorder, count) = recorder();
    let renders = Renders::default();
    let mut scrapes: Vec<_> = (0..50).map(|_| renders.read(&recorder, Format::Text)).collect();
    let texts: Vec<_> = scrapes.iter_mut().map(rest).collect();
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert!(texts[2..].iter().all(|text| *text == texts[1]));
    assert!(texts[0].ends_with(b"\n") && texts[0].len() > 200_000);
}

#[test]
fn who_comes_late_reads_from_the_beginning() {
    let (recorder, count) = recorder();
    let renders = Renders::default();
    let [_first, mut second] = two_under_way(&renders, &recorder, Instant::now());
    let mut third = renders.read(&recorder, Format::Text);
    let (second, third) = (rest(&mut second), rest(&mut third));
    assert!(third.starts_with(b"# HELP ") && third.ends_with(&second) && third.len() > second.len());
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn nothing_is_shared_once_nobody_reads_it() {
    let (recorder, count) = recorder();
    let renders = Renders::default();
    for _ in 0..3 {
        rest(&mut renders.read(&recorder, Format::Text));
    }
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[test]
fn formats_are_written_apart() {
    let (recorder, _) = recorder();
    let renders = Renders::default();
    let _text = two_under_way(&renders, &recorder, Instant::now());
    let mut open_metrics = renders.read(&recorder, Format::OpenMetrics);
    assert!(rest(&mut open_metrics).ends_with(b"# EOF\n"));
}

#[test]
fn what_is_older_than_a_scrape_waits_is_not_shared_and_gives_way() {
    let (recorder, _) = recorder();
    let (renders, begun) = (Renders::default(), Instant::now());
    let [mut first, mut second] = two_under_way(&renders, &recorder, begun);
    let fresh = renders.read_at(&recorder, Format::Text, begun + FRESH);
    assert!(Arc::ptr_eq(&fresh.render, &second.render));
    let late = renders.read_at(&recorder, Format::Text, begun + FRESH + Duration::from_millis(1));
    assert!(!Arc::ptr_eq(&late.render, &second.render));
    assert!(first.next().unwrap().unwrap_err().to_string().contains("scrape less often"));
    assert!(rest(&mut second).ends_with(b"\n"));
}

#[test]
fn a_slow_reader_holds_up_nobody() {
    let (recorder, _) = recorder();
    let renders = Renders::default();
    let [_slow, _slow_too] = two_under_way(&renders, &recorder, Instant::now());
    let mut good = renders.read(&recorder, Format::Text);
    assert!(rest(&mut good).ends_with(b"\n"));
}

#[test]
fn what_no_reader_needs_is_freed_once_nobody_may_join() {
    let (recorder, _) = recorder();
    let renders = Renders::default();
    let [first, mut second] = two_under_way(&renders, &recorder, Instant::now());
    let mut third = renders.read(&recorder, Format::Text);
    rest(&mut third);
    assert!(kept(&second) > 5);
    drop(first);
    let _closes_the_second = renders.read(&recorder, Format::Text);
    let before = kept(&second);
    second.next();
    assert_eq!(kept(&second), before - 1);
    drop(second);
    assert_eq!(kept(&third), 0);
}
