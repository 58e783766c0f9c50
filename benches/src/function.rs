//! One function that does next to nothing. Each contestant counts its calls by outcome and measures their duration.

use std::hint::black_box;
use std::io;
use std::pin::pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use autometrics::autometrics;
use autometrics::settings::AutometricsSettings;
use metrics::{Counter, Histogram, Key, Recorder as _};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use mme_metrics::function::FUNCTION;
use mme_metrics::instrument_metrics;
use prometheus::{HistogramOpts, IntCounter, Registry, TextEncoder};
use prometheus_client_0_22::encoding::text;

use crate::contest::Contestant;
use crate::load::{self, RECORD_BOUNDS};
use crate::peer::{METADATA, counted};

/// The attribute on a function, on an asynchronous one, and the peer that bars compare with.
pub const OURS: &str = "`#[instrument_metrics]`";
/// See [`OURS`].
pub const OURS_ASYNC: &str = "`#[instrument_metrics]`, async";
/// See [`OURS`].
pub const AUTOMETRICS: &str = "autometrics";

/// Where the bare functions stand among the contestants.
pub const BARE: [usize; 2] = [0, 1];

/// Where the bare asynchronous functions stand.
pub const BARE_ASYNC: [usize; 2] = [2, 3];

/// Makes all contestants: the bare function and the bare asynchronous one, each twice, ours, and the peers.
///
/// # Panics
///
/// When an exposition is not text.
pub fn contestants() -> Vec<Contestant> {
    vec![
        contestant("bare call", |turn| _ = black_box(bare(turn)), || 0),
        contestant("bare call again", |turn| _ = black_box(bare(turn)), || 0),
        contestant("bare call, async", |turn| _ = finish(bare_async(turn)), || 0),
        contestant("bare call, async, again", |turn| _ = finish(bare_async(turn)), || 0),
        contestant(OURS, |turn| _ = black_box(ours(turn)), counted(FUNCTION.calls.spec().name)),
        contestant(OURS_ASYNC, |turn| _ = finish(ours_async(turn)), counted(FUNCTION.calls.spec().name)),
        contestant(AUTOMETRICS, |turn| _ = black_box(theirs(turn)), autometrics_total("theirs")),
        contestant("autometrics, async", |turn| _ = finish(theirs_async(turn)), autometrics_total("theirs_async")),
        kept_handles(),
        contestant(
            "`prometheus`, kept children",
            |turn| _ = black_box(children(turn)),
            || {
                let text = TextEncoder::new().encode_to_string(&CHILDREN.registry.gather());
                load::total(&text.expect("the exposition is text"), "call_seconds")
            },
        ),
        contestant(
            "three atomics and a clock",
            |turn| _ = black_box(atomics(turn)),
            || ATOMICS.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum(),
        ),
    ]
}

fn contestant(
    name: &str,
    one: impl Fn(u64) + Send + Sync + 'static,
    done: impl Fn() -> u64 + Send + Sync + 'static,
) -> Contestant {
    Contestant::new(name, move |count| (0..count).for_each(&one), done)
}

fn finish<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => black_box(value),
        Poll::Pending => unreachable!("it awaits nothing"),
    }
}

/// What every function does: as little as the compiler lets stand.
#[inline]
fn work(turn: u64) -> io::Result<u64> {
    if black_box(turn) == u64::MAX { Err(io::ErrorKind::TimedOut.into()) } else { Ok(turn + 1) }
}

#[inline(never)]
fn bare(turn: u64) -> io::Result<u64> {
    work(turn)
}

#[inline(never)]
// Awaiting nothing is as little as an asynchronous function can do.
#[allow(clippy::unused_async)]
async fn bare_async(turn: u64) -> io::Result<u64> {
    work(turn)
}

#[inline(never)]
#[instrument_metrics]
fn ours(turn: u64) -> io::Result<u64> {
    work(turn)
}

#[inline(never)]
#[instrument_metrics]
async fn ours_async(turn: u64) -> io::Result<u64> {
    work(turn)
}

#[inline(never)]
#[autometrics]
fn theirs(turn: u64) -> io::Result<u64> {
    work(turn)
}

#[inline(never)]
#[autometrics]
async fn theirs_async(turn: u64) -> io::Result<u64> {
    work(turn)
}

/// The handles of the facade under `metrics-exporter-prometheus`, which buffers samples.
struct KeptHandles {
    calls: Counter,
    seconds: Histogram,
    exporter: PrometheusHandle,
}

static KEPT: LazyLock<KeptHandles> = LazyLock::new(|| {
    let builder = PrometheusBuilder::new().set_buckets(&RECORD_BOUNDS).expect("the list is not empty");
    let recorder = builder.build_recorder();
    KeptHandles {
        calls: recorder.register_counter(&Key::from_static_name("calls_total"), &METADATA),
        seconds: recorder.register_histogram(&Key::from_static_name("call_seconds"), &METADATA),
        exporter: recorder.handle(),
    }
});

#[inline(never)]
fn kept(turn: u64) -> io::Result<u64> {
    let started = Instant::now();
    let returned = work(turn);
    let kept = &*KEPT;
    kept.calls.increment(1);
    kept.seconds.record(started.elapsed().as_secs_f64());
    returned
}

fn kept_handles() -> Contestant {
    let done = || load::total(&KEPT.exporter.render(), "call_seconds");
    let contestant = contestant("kept `metrics` handles", |turn| _ = black_box(kept(turn)), done);
    Contestant { settle: Box::new(|| KEPT.exporter.run_upkeep()), ..contestant }
}

struct Children {
    calls: IntCounter,
    seconds: prometheus::Histogram,
    registry: Registry,
}

static CHILDREN: LazyLock<Children> = LazyLock::new(|| {
    let options = HistogramOpts::new("call_seconds", "Calls.").buckets(RECORD_BOUNDS.to_vec());
    let children = Children {
        calls: IntCounter::new("calls_total", "Calls.").expect("the name is valid"),
        seconds: prometheus::Histogram::with_opts(options).expect("the name is valid"),
        registry: Registry::new(),
    };
    children.registry.register(Box::new(children.calls.clone())).expect("the name comes once");
    children.registry.register(Box::new(children.seconds.clone())).expect("the name comes once");
    children
});

#[inline(never)]
fn children(turn: u64) -> io::Result<u64> {
    let started = Instant::now();
    let returned = work(turn);
    let children = &*CHILDREN;
    children.calls.inc();
    children.seconds.observe(started.elapsed().as_secs_f64());
    returned
}

/// The least that counts calls and their durations: calls, nanoseconds, and a bucket.
struct Atomics {
    calls: AtomicU64,
    nanoseconds: AtomicU64,
    buckets: [AtomicU64; RECORD_BOUNDS.len() + 1],
}

static ATOMICS: Atomics = Atomics {
    calls: AtomicU64::new(0),
    nanoseconds: AtomicU64::new(0),
    buckets: [const { AtomicU64::new(0) }; RECORD_BOUNDS.len() + 1],
};

#[inline(never)]
fn atomics(turn: u64) -> io::Result<u64> {
    let started = Instant::now();
    let returned = work(turn);
    let took = started.elapsed();
    let seconds = took.as_secs_f64();
    let bucket = RECORD_BOUNDS.iter().take_while(|bound| seconds > **bound).count();
    // Relaxed: three sums that are never compared with each other.
    ATOMICS.calls.fetch_add(1, Ordering::Relaxed);
    let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
    ATOMICS.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    ATOMICS.buckets[bucket].fetch_add(1, Ordering::Relaxed);
    returned
}

static AUTOMETRICS_SETTINGS: LazyLock<&'static AutometricsSettings> =
    LazyLock::new(|| AutometricsSettings::builder().service_name("bench").init());

/// Returns what counts the calls of `function` as `autometrics` exposes them.
pub(crate) fn autometrics_total(function: &'static str) -> impl Fn() -> u64 + Send + Sync {
    LazyLock::force(&AUTOMETRICS_SETTINGS);
    // Not `caller_function`.
    let label = format!("{{function=\"{function}\"");
    move || {
        let mut text = String::new();
        text::encode(&mut text, AUTOMETRICS_SETTINGS.prometheus_client_registry())
            .expect("writing to a string does not fail");
        let lines: Vec<_> = text.lines().filter(|line| line.contains(&label)).collect();
        load::total(&lines.join("\n"), "function_calls_total")
    }
}
