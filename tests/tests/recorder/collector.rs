//! Collectors: callbacks of the service that hang, are slow, panic or run at once, and never stall an exposition.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use mme_metrics::recorder::BuildError;
use mme_metrics::trace::{self, TraceContext};
use mme_metrics::{Format, Recorder, RecorderBuilder};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::isolated_process::run_alone;

/// Longer than anything here takes on a busy machine: who waits this long waits for ever.
const FOR_EVER: Duration = Duration::from_mins(1);

/// The longest deadline: a collector that ends is in time.
const IN_TIME: Duration = Duration::from_secs(10);

/// The shortest deadline: an exposition goes on without a collector that waits.
const AT_ONCE: Duration = Duration::from_millis(1);

/// What a collector waits for.
#[derive(Clone)]
struct Gate(Arc<Mutex<Receiver<()>>>);

impl Gate {
    /// Returns a gate, and what opens it for good when it is dropped, or for one run when something is sent.
    fn new() -> (Sender<()>, Self) {
        let (key, gate) = channel();
        (key, Self(Arc::new(Mutex::new(gate))))
    }

    fn wait(&self) {
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).recv();
    }
}

fn build(builder: RecorderBuilder) -> Recorder {
    builder.process_metrics(false).build().expect("a usable set-up")
}

fn samples(recorder: &Recorder) -> Samples {
    Samples::parse(&recorder.render(Format::Text))
}

fn value(recorder: &Recorder, series: &str) -> Option<f64> {
    samples(recorder).0.get(series).copied()
}

/// Asks again until it is so.
#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < FOR_EVER, "it is never so");
        thread::yield_now();
    }
}

#[test]
fn one_that_hangs_delays_one_exposition_and_is_not_started_again() {
    let (key, gate) = Gate::new();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let deadline = Duration::from_secs(2);
    let recorder = build(
        Recorder::builder()
            .collect_named("hangs", move || {
                counted.fetch_add(1, Ordering::SeqCst);
                gate.wait();
                metrics::gauge!("after").set(1.0);
            })
            .collect_named("quick", || metrics::gauge!("quick").set(1.0))
            .collect_deadline(deadline),
    );
    let began = Instant::now();
    let first = samples(&recorder);
    assert!(began.elapsed() >= deadline, "it is waited for");
    assert_eq!((first.0.get("after"), first.value("quick") as u64), (None, 1));
    let began = Instant::now();
    for turn in 2..=20 {
        let next = samples(&recorder);
        assert_eq!(next.value("mme_collect_timeouts_total{collector=\"hangs\"}") as u64, turn);
        assert_eq!(next.0.get("mme_collector_duration_seconds{collector=\"hangs\"}"), None);
    }
    assert!(began.elapsed() < deadline * 10, "19 expositions wait less than 10 times");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    drop(key);
    wait_until(|| value(&recorder, "after") == Some(1.0));
    assert!(value(&recorder, "mme_collector_duration_seconds{collector=\"hangs\"}").is_some());
}

#[test]
fn the_values_of_one_that_hangs_stay_and_their_age_grows() {
    let (key, gate) = Gate::new();
    let runs = AtomicUsize::new(0);
    let recorder = build(
        Recorder::builder()
            .collect_named("hangs", move || {
                gate.wait();
                metrics::gauge!("level").set(runs.fetch_add(1, Ordering::SeqCst) as f64);
            })
            .collect_deadline(AT_ONCE),
    );
    key.send(()).expect("the gate is there");
    wait_until(|| value(&recorder, "level") == Some(0.0));
    let age = || value(&recorder, "mme_collector_age_seconds{collector=\"hangs\"}").expect("an age");
    let mut before = age();
    for _ in 0..3 {
        wait_until(|| age() > before);
        before = age();
        assert_eq!(value(&recorder, "level"), Some(0.0));
    }
}

#[test]
fn one_that_never_ended_has_an_age_since_it_was_first_asked() {
    let (_key, gate) = Gate::new();
    let recorder = build(Recorder::builder().collect(move || gate.wait()).collect_deadline(AT_ONCE));
    let age = || value(&recorder, "mme_collector_age_seconds{collector=\"collector-1\"}").expect("an age");
    let before = age();
    wait_until(|| age() > before);
}

#[test]
fn one_that_is_slow_shows_the_values_of_the_run_before() {
    let (key, gate) = Gate::new();
    let (ended, ends) = channel();
    let runs = AtomicUsize::new(0);
    let recorder = build(
        Recorder::builder()
            .collect(move || {
                gate.wait();
                metrics::gauge!("run").set(runs.fetch_add(1, Ordering::SeqCst) as f64 + 1.0);
                ended.send(()).expect("the test listens");
            })
            .collect_deadline(AT_ONCE),
    );
    assert_eq!(value(&recorder, "run"), None);
    for run in 1..=3 {
        key.send(()).expect("the gate is there");
        // The run before may be about to end, so an exposition may start none.
        wait_until(|| {
            let shown = value(&recorder, "run");
            assert!(shown.is_none() || shown == Some(f64::from(run) - 1.0) || shown == Some(f64::from(run)));
            ends.try_recv().is_ok()
        });
        assert_eq!(value(&recorder, "run"), Some(f64::from(run)));
    }
}

#[test]
fn one_that_panics_is_run_again_and_its_age_grows() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let recorder = build(
        Recorder::builder()
            .collect_named("panics", move || {
                counted.fetch_add(1, Ordering::SeqCst);
                panic!("as the test wants")
            })
            .collect_named("well", || metrics::gauge!("well").set(1.0))
            .collect_deadline(IN_TIME),
    );
    let age = |samples: &Samples| samples.value("mme_collector_age_seconds{collector=\"panics\"}");
    let first = samples(&recorder);
    thread::yield_now();
    let second = samples(&recorder);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert!(age(&second) > age(&first));
    assert_eq!(second.value("well") as u64, 1);
    assert_eq!(second.value("mme_collect_timeouts_total{collector=\"panics\"}") as u64, 0);
    assert!(second.value("mme_collector_duration_seconds{collector=\"panics\"}") > 0.0);
}

#[test]
fn all_run_at_one_time() {
    let meet = Arc::new(Barrier::new(2));
    let builder = ["one", "other"].into_iter().fold(Recorder::builder(), |builder, name| {
        let meet = Arc::clone(&meet);
        builder.collect(move || {
            meet.wait();
            metrics::gauge!(name).set(1.0);
        })
    });
    let all = samples(&build(builder.collect_deadline(IN_TIME)));
    assert_eq!((all.value("one") as u64, all.value("other") as u64), (1, 1));
}

#[test]
fn each_emits_into_its_recorder_only() {
    let of = |name: &'static str| {
        build(Recorder::builder().collect(move || metrics::gauge!(name).set(1.0)).collect_deadline(IN_TIME))
    };
    let (one, other) = (of("one"), of("other"));
    let both = [samples(&one), samples(&other)];
    assert_eq!(both.each_ref().map(|samples| samples.0.contains_key("one")), [true, false]);
    assert_eq!(both.each_ref().map(|samples| samples.0.contains_key("other")), [false, true]);
}

#[test]
fn many_expositions_at_once_start_one_run_and_none_hangs() {
    let (key, gate) = Gate::new();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let recorder = build(
        Recorder::builder()
            .collect(move || {
                counted.fetch_add(1, Ordering::SeqCst);
                gate.wait();
            })
            .collect_deadline(AT_ONCE),
    );
    metrics::with_local_recorder(&recorder, || metrics::counter!("held").increment(1));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..20).for_each(|_| assert_eq!(value(&recorder, "held_total"), Some(1.0))));
        }
    });
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    drop(key);
    wait_until(|| {
        let _ = recorder.render(Format::Text);
        runs.load(Ordering::SeqCst) > 1
    });
}

#[test]
fn of_two_first_expositions_at_once_both_have_what_is_polled() {
    let (entered, enters) = channel();
    let recorder = build(
        Recorder::builder()
            .collect(move || {
                // The test does not listen for a second run.
                let _ = entered.send(());
                thread::sleep(Duration::from_millis(20));
            })
            .collect_deadline(IN_TIME),
    );
    thread::scope(|scope| {
        scope.spawn(|| recorder.render(Format::Text));
        enters.recv_timeout(FOR_EVER).expect("the first exposition runs the collector");
        let text = recorder.render(Format::Text);
        assert!(text.contains("\nmme_series{"), "{text}");
    });
}

#[test]
fn one_that_makes_an_exposition_after_the_deadline_waits_for_nothing() {
    let (key, gate) = Gate::new();
    let (made, makes) = channel();
    let own: Arc<Mutex<Option<Recorder>>> = Arc::default();
    let its = Arc::clone(&own);
    let recorder = build(
        Recorder::builder()
            .collect(move || {
                gate.wait();
                let recorder = its.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(recorder) = recorder {
                    made.send(recorder.render(Format::Text).len()).expect("the test listens");
                }
            })
            .collect_deadline(AT_ONCE),
    );
    *own.lock().expect("nothing has panicked") = Some(recorder.clone());
    let _ = recorder.render(Format::Text);
    drop((recorder, key));
    // The last handle is dropped on the thread of the collector itself.
    assert!(makes.recv_timeout(FOR_EVER).expect("an exposition") > 0);
    wait_until(|| Arc::strong_count(&own) == 1);
}

#[test]
fn the_last_handle_ends_the_threads_and_waits_for_none() {
    let (key, gate) = Gate::new();
    let [hangs, waits]: [Arc<()>; 2] = Default::default();
    let [hung, waited]: [Weak<()>; 2] = [&hangs, &waits].map(Arc::downgrade);
    let builder = Recorder::builder().collect(move || {
        gate.wait();
        drop(Arc::clone(&hangs));
    });
    let recorder = build(builder.collect(move || _ = &waits).collect_deadline(AT_ONCE));
    let clone = recorder.clone();
    let exposition = recorder.exposition(Format::Text);
    drop(recorder);
    assert!(waited.upgrade().is_some(), "a clone keeps them");
    drop(clone);
    // The other one ends although this one hangs and an exposition is being written.
    wait_until(|| waited.upgrade().is_none());
    assert!(hung.upgrade().is_some());
    assert!(exposition.count() > 0);
    drop(key);
    wait_until(|| hung.upgrade().is_none());
}

#[cfg(target_os = "linux")]
fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("a process has threads");
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.expect("a thread").path().join("comm")).ok());
    let mut names: Vec<_> =
        names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("mme-collect")).collect();
    names.sort();
    names
}

#[cfg(target_os = "linux")]
#[test]
fn threads_exist_from_the_first_exposition_with_collectors_to_the_last_handle() {
    run_alone(|| {
        let without = Recorder::builder().build().expect("a usable set-up");
        let _ = without.render(Format::Text);
        assert!(threads().is_empty());
        let two = Recorder::builder().collect(|| ()).collect_named("named", || ()).collect_deadline(IN_TIME);
        let two = two.build().expect("a usable set-up");
        assert!(threads().is_empty());
        for _ in 0..3 {
            let _ = two.render(Format::Text);
            assert_eq!(threads(), ["mme-collect-1", "mme-collect-2"]);
        }
        drop(two);
        wait_until(|| threads().is_empty());
    });
}

#[test]
fn what_they_count_is_no_exemplar_of_a_trace() {
    run_alone(|| {
        let resolver = || TraceContext::new([1; 16], [1; 8], true);
        trace::set_resolver(resolver).expect("there is no other resolver");
        let emit = || metrics::counter!("collected").increment(1);
        let recorder = build(Recorder::builder().collect(emit).collect_deadline(IN_TIME));
        let text = recorder.render(Format::OpenMetrics);
        assert!(text.contains("\ncollected_total 1") && !text.contains("trace_id"), "{text}");
        metrics::with_local_recorder(&recorder, emit);
        assert!(recorder.render(Format::OpenMetrics).contains("trace_id"), "the resolver is asked elsewhere");
    });
}

#[test]
fn series_about_collectors_exist_only_with_collectors() {
    let of = |recorder: &Recorder| {
        let samples = samples(recorder);
        samples.0.keys().filter(|series| series.starts_with("mme_collect")).cloned().collect::<Vec<_>>()
    };
    assert!(of(&build(Recorder::builder())).is_empty());
    let named = build(Recorder::builder().collect_named("a \"queue\"", || ()).collect_deadline(IN_TIME));
    let expected = ["mme_collect_timeouts_total", "mme_collector_age_seconds", "mme_collector_duration_seconds"];
    assert_eq!(of(&named), expected.map(|name| format!("{name}{{collector=\"a \\\"queue\\\"\"}}")));
}

#[test]
fn deadlines_and_names_that_make_no_sense_are_refused() {
    for deadline in [Duration::ZERO, Duration::from_micros(999), Duration::from_secs(11), Duration::MAX] {
        let refused = Recorder::builder().collect_deadline(deadline).build();
        assert_eq!(refused.expect_err("no deadline"), BuildError::CollectDeadline(deadline));
    }
    for deadline in [AT_ONCE, IN_TIME] {
        assert!(Recorder::builder().collect_deadline(deadline).build().is_ok(), "{deadline:?}");
    }
    for name in ["", "a\nb"] {
        let refused = Recorder::builder().collect_named(name, || ()).build();
        assert_eq!(refused.expect_err("no name"), BuildError::Collector(name.to_owned()));
    }
    let twice = Recorder::builder().collect_named("a", || ()).collect_named("a", || ()).build();
    assert!(twice.expect_err("one name twice").to_string().contains("`a`"));
}
