//! Checks what it costs to watch the running service: a counted log event at most 15 ns over the bare subscriber, the canary of a
//! runtime less than 0.1 % of a core, and the samples of the live page less than 0.2 % of a core at 1 000 series.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench service` takes two minutes: most of it waits for timers.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mme_metrics::live::LivePage;
use mme_metrics::log::LogLayer;
use mme_metrics::runtime::RuntimeMeter;
use mme_metrics::{Format, Recorder};
use mme_metrics_benches::contest::{Contestant, alone};
use mme_metrics_benches::overhead::Overhead;
use mme_metrics_benches::processor::Whose;
use mme_metrics_benches::table::Table;
use tokio::time::sleep;
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Rounds of the log events.
const ROUNDS: usize = 101;

/// The most nanoseconds that a counted event may take over the bare subscriber.
const EVENT: f64 = 15.0;

/// How long the runtime and the page are watched each.
const WATCHED: Duration = Duration::from_secs(30);

/// The most thousandths of a core for the canary and for the page.
const CANARY: f64 = 1.0;
const PAGE: f64 = 2.0;

/// Series of the recorder that the page reads.
const SERIES: usize = 1_000;

fn main() {
    let recorder = Recorder::builder().install().expect("nothing else is installed");
    println!("{}", events(&recorder));
    println!("{}", canary());
    println!("{}", page(&recorder));
}

/// Counts the events that reach the subscriber, as a bare one has to be seen to get them.
static SEEN: AtomicU64 = AtomicU64::new(0);

/// The least that a layer can do.
struct Seen;

impl<S: tracing::Subscriber> Layer<S> for Seen {
    fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
        SEEN.fetch_add(1, Ordering::Relaxed);
    }
}

/// Times an event for a subscriber that does nothing, and for one that writes a line, with and without the layer.
fn events(recorder: &Recorder) -> Table {
    let counted = {
        let recorder = recorder.clone();
        move || {
            let text = recorder.render(Format::Text);
            let lines = text.lines().filter(|line| line.starts_with("log_events_total{level=\"info\""));
            lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
        }
    };
    let contestant = |name: &str, dispatch: Dispatch, done: Box<dyn Fn() -> u64 + Send + Sync>| {
        let run = move |times| {
            tracing::dispatcher::with_default(&dispatch, || {
                for number in 0..times {
                    tracing::info!(number, "an order was sent");
                }
            });
        };
        Contestant::new(name, run, done)
    };
    let seen = || Box::new(|| SEEN.load(Ordering::Relaxed)) as Box<dyn Fn() -> u64 + Send + Sync>;
    let fmt = || tracing_subscriber::fmt::layer().with_writer(io::sink);
    let registry = tracing_subscriber::registry;
    let contestants = [
        contestant("bare subscriber", registry().with(Seen).into(), seen()),
        contestant("bare subscriber again", registry().with(Seen).into(), seen()),
        contestant("counted", registry().with(Seen).with(LogLayer::new()).into(), Box::new(counted.clone())),
        contestant("bare lines", registry().with(Seen).with(fmt()).into(), seen()),
        contestant("bare lines again", registry().with(Seen).with(fmt()).into(), seen()),
        contestant(
            "lines, counted",
            registry().with(Seen).with(fmt()).with(LogLayer::new()).into(),
            Box::new(counted.clone()),
        ),
        contestant(
            "hidden by a filter, counted",
            registry().with(Seen).with(LevelFilter::ERROR).with(LogLayer::new()).into(),
            Box::new(counted),
        ),
    ];
    contestants.iter().for_each(Contestant::verify);
    let rounds = alone(&contestants, ROUNDS);
    let bare = |name: &str| if name.contains("lines") { [3, 4] } else { [0, 1] };
    let mut overhead = Overhead::new("A log event, ns", &contestants, &rounds, bare, None);
    let figure = overhead.of("counted");
    overhead.table.bar("counted over the bare subscriber, ns", figure, EVENT);
    overhead.table
}

/// Measures the canary and the figures of a runtime that does nothing else.
fn canary() -> Table {
    let watch = |with: bool| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        runtime.block_on(async {
            if with {
                RuntimeMeter::new("bench").start(runtime.handle());
            }
            Whose::Thread.thousandths(WATCHED, sleep(WATCHED)).await
        })
    };
    let (bare, with) = (watch(false), watch(true));
    let mut table = Table::new("An idle runtime", &["what runs", "thousandths of a core"]);
    table.row(vec!["nothing".to_owned(), format!("{bare:.3}")]);
    table.row(vec!["the canary".to_owned(), format!("{with:.3}")]);
    table.bar("thousandths of a core", with, CANARY);
    table
}

/// Measures the samples of the live page.
fn page(recorder: &Recorder) -> Table {
    for number in 0..SERIES {
        metrics::counter!("bench_events_total", "item" => format!("item {number}")).increment(1);
    }
    let text = recorder.render(Format::Text);
    assert_eq!(text.lines().filter(|line| line.starts_with("bench_events_total{")).count(), SERIES);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let (bare, with) = runtime.block_on(async {
        let bare = Whose::Process.thousandths(WATCHED, sleep(WATCHED)).await;
        let _router: axum::Router = LivePage::new(recorder.clone()).basic("admin", "a long secret").into_router();
        // The first sample starts the threads.
        sleep(Duration::from_secs(1)).await;
        (bare, Whose::Process.thousandths(WATCHED, sleep(WATCHED)).await)
    });
    let mut table =
        Table::new("The live page that is not open, at 1 000 series", &["what runs", "thousandths of a core"]);
    table.row(vec!["nothing".to_owned(), format!("{bare:.3}")]);
    table.row(vec!["a sample each 5 s".to_owned(), format!("{with:.3}")]);
    table.bar("thousandths of a core", with, PAGE);
    table
}
