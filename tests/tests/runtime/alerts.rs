//! Every alert of the running service, raised in a real Prometheus: by the faults themselves, or by the figures that a kernel shows.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use mme_metrics::Recorder;
use mme_metrics::asset::{AssetKind, AssetOptions, FILES};
use mme_metrics::connection::{ConnectionMeter, MeasuredListener};
use mme_metrics::log::{LogLayer, count_panics};
use mme_metrics::memory::MEMORY;
use mme_metrics::process::PROCESS;
use mme_metrics::runtime::{RUNTIME, RuntimeMeter, RuntimeName};
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::prometheus::{Prometheus, Setup};
use mme_metrics_tests::promtool::accepts;
use mme_metrics_tests::scrape_target::ScrapeTarget;
use mme_metrics_tests::watched::{JOB, hurried};
use tempfile::tempdir;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::starved::block;

/// Far more events than each alert needs in five minutes.
const EVENTS: usize = 200;

/// Prepares a Prometheus that has every bundled rule, with a limit for stale collectors that a test can wait for.
fn watching(target: &ScrapeTarget) -> Setup {
    let files = AssetOptions::new().threshold("MmeCollectorStale", "2").render(FILES).expect("the threshold is known");
    let rules = files.iter().filter(|file| file.kind() == AssetKind::Rules);
    let setup = Prometheus::setup().scrape(JOB, &target.address(), "/text");
    rules.fold(setup, |setup, file| setup.rules(hurried(file.text())))
}

/// Waits until exactly these alerts have fired beside the watchdog.
fn wait_for_only(prometheus: &Prometheus, expected: &[&str]) {
    let fired = "count by (alertname) (count_over_time(ALERTS{alertstate='firing', alertname!='Watchdog'}[1h]))";
    let samples = prometheus.wait_for(fired, |samples| samples.len() >= expected.len());
    let names: BTreeSet<_> = samples.iter().map(|sample| &*sample.labels["alertname"]).collect();
    assert_eq!(names, expected.iter().copied().collect());
}

/// Writes what the log of the service was a week ago: an error each 100 s, for two hours.
fn write_history(data: &Path) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970").as_secs();
    let week_ago = now - 7 * 86_400;
    let mut text = String::from("# TYPE job:log_errors:rate5m gauge\n");
    for time in (week_ago - 3600..week_ago + 3600).step_by(60) {
        writeln!(text, "job:log_errors:rate5m{{job=\"{JOB}\"}} 0.01 {time}").expect("a string takes it");
    }
    std::fs::write(data.join("history.txt"), text + "# EOF\n").expect("the directory can be written");
    accepts(data, &["tsdb", "create-blocks-from", "openmetrics", "history.txt", "."]);
}

async fn reject_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let mut listener = MeasuredListener::new("alerts", listener).expect("the name is free").limit(1);
    let _first = TcpStream::connect(address).expect("it listens");
    let _accepted = axum::serve::Listener::accept(&mut listener).await;
    // Each is closed by the accept, which then waits for one that it may keep.
    let refusing = tokio::spawn(async move { axum::serve::Listener::accept(&mut listener).await });
    for _ in 0..EVENTS {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
        let closed = tokio::io::AsyncReadExt::read(&mut stream, &mut [0]).await;
        assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
    }
    refusing.abort();
}

async fn fail_handshakes() {
    let meter = ConnectionMeter::register("alerts tls").expect("the name is free");
    for _ in 0..EVENTS {
        let failure = async { Err::<(), _>(io::Error::from(io::ErrorKind::UnexpectedEof)) };
        assert!(meter.handshake(failure).await.is_err());
    }
}

#[test]
fn each_fault_of_the_running_service_raises_its_alert() {
    static STUCK: AtomicBool = AtomicBool::new(false);
    run_alone(|| {
        let data = tempdir().expect("a directory can be made");
        write_history(data.path());
        let stuck = || {
            while STUCK.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(10));
            }
        };
        let builder = Recorder::builder().collect_named("stuck", stuck).collect_deadline(Duration::from_millis(50));
        let recorder = builder.install().expect("this process has no recorder yet");
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        RuntimeMeter::new("main").start(runtime.handle());
        count_panics();
        let layer = LogLayer::new();
        layer.touch();
        let _logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        // A rate needs a first value, from which it rises.
        ConnectionMeter::register("alerts").expect("the name is free");
        let tls = ConnectionMeter::register("alerts tls").expect("the name is free");
        runtime.block_on(tls.handshake(async { Ok::<_, io::Error>(()) })).expect("it succeeds");

        let target = ScrapeTarget::serve(recorder);
        let prometheus = watching(&target).data(data.path()).start();
        prometheus.wait_for("log_events_total{level='error'}", |samples| !samples.is_empty());
        assert!(prometheus.value(&format!("job:log_errors:rate5m{{job='{JOB}'}} offset 1w")).is_some());

        (0..EVENTS).for_each(|number| tracing::error!(number, "a payment was not sent"));
        assert!(thread::spawn(|| panic!("on purpose")).join().is_err());
        runtime.block_on(reject_connections());
        runtime.block_on(fail_handshakes());
        block(&runtime);
        STUCK.store(true, Ordering::SeqCst);

        let expected = [
            "MmeCollectorStale",
            "MmeConnectionsRejected",
            "MmeLogErrorsHigh",
            "MmePanics",
            "MmeRuntimeStarved",
            "MmeTlsHandshakesFailing",
        ];
        wait_for_only(&prometheus, &expected);
        STUCK.store(false, Ordering::SeqCst);
    });
}

/// The kernel does not kill on request, and workers that block for five minutes take as long: these figures are set by hand.
#[test]
fn each_figure_of_a_container_or_of_blocked_workers_raises_its_alert() {
    run_alone(|| {
        let recorder = Recorder::builder().process_metrics(false).install().expect("this process has no recorder yet");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970").as_secs_f64();
        let runtime = RuntimeName::register("blocked").expect("the name is free");
        // A process that is three hours old, and no longer young.
        PROCESS.start_time.set((), now - 3.0 * 3600.0);
        PROCESS.cpu.observe((), 1.0);
        MEMORY.limit.set((), 1000.0);
        MEMORY.working_set.set((), 910.0);
        MEMORY.oom_kills.observe((), 0);
        RUNTIME.workers.set((runtime,), 1.0);
        RUNTIME.busy.observe((runtime,), 0.0);

        let target = ScrapeTarget::serve(recorder);
        let prometheus = watching(&target).start();
        prometheus.wait_for("cgroup_oom_kills_total", |samples| !samples.is_empty());
        MEMORY.working_set.set((), 950.0);
        MEMORY.oom_kills.observe((), 1);
        // Almost as long as the window of the rate, on a processor that was hardly used.
        RUNTIME.busy.observe((runtime,), 290.0);
        PROCESS.cpu.observe((), 2.0);

        wait_for_only(&prometheus, &["MmeMemoryLimitNear", "MmeMemoryLimitSoon", "MmeOomKills", "MmeRuntimeBlocked"]);
    });
}
