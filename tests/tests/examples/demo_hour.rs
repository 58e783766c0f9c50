//! An hour and a half of the healthy demo, in simulated time: only the watchdog fires.
//!
//! `demo_hour.yml` is what the demo exposes of all that alerts read: what a minute adds to each counter, the gauges, and how far
//! timestamps are from the present. `MME_BLESS=1 cargo test --all-features --test examples demo_hour` records it anew, which
//! takes ten minutes of an idle machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mme_metrics::asset::write_to;
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::prometheus::patiently;
use mme_metrics_tests::promtool;
use mme_metrics_tests::rules::Rules;
use mme_metrics_tests::service::Service;
use serde_json::Value;
use tempfile::TempDir;

/// How long a recording takes, after the demo has settled for a minute.
const RECORDED: Duration = Duration::from_mins(9);

/// How many minutes are simulated, with four scrapes each.
const MINUTES: usize = 90;

/// Metrics of a target that Prometheus and the simulation know by themselves.
const OF_TARGET: [&str; 2] = ["up", "process_start_time_seconds"];

/// What metrics of a container begin with, which the machine of the tests may or may not be.
const OF_CONTAINER: &str = "cgroup_";

fn file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples/demo_hour.yml")
}

fn model() -> Value {
    let text = fs::read_to_string(file()).expect("the recording can be read");
    serde_saphyr::from_str(&text).expect("the recording is YAML")
}

/// Returns the name of the metric of a series.
fn metric(series: &str) -> &str {
    series.split('{').next().unwrap_or_default()
}

/// Returns every metric that an alert reads, through any recorded series.
fn judged() -> BTreeSet<String> {
    let rules = Rules::read();
    let all = rules.alerts.keys().flat_map(|alert| rules.metrics_of(alert));
    all.filter(|name| !OF_TARGET.contains(&name.as_str()) && !name.starts_with(OF_CONTAINER)).collect()
}

/// Returns the series of an exposition that alerts read.
fn series(exposition: &str, judged: &BTreeSet<String>) -> BTreeMap<String, f64> {
    let samples = Samples::parse(exposition).0.into_iter();
    samples.filter(|(series, value)| judged.contains(metric(series)) && value.is_finite()).collect()
}

/// Records the demo.
fn record(judged: &BTreeSet<String>) -> String {
    let service = Service::start_with(&["--demo"], &[("RUST_LOG", "off")]);
    let look = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs_f64();
        let text = service.metrics();
        (now, series(&text, judged), text)
    };
    thread::sleep(Duration::from_mins(1));
    let (began, first, _) = look();
    thread::sleep(RECORDED);
    let (ended, second, text) = look();
    let is_gauge = |name: &str| text.contains(&format!("# TYPE {name} gauge\n"));
    let mut kinds = [("counters", Lines::new()), ("gauges", Lines::new()), ("clocks", Lines::new())];
    for (name, value) in &second {
        let before = first.get(name).copied().unwrap_or_default();
        let is_time = metric(name).ends_with("_timestamp_seconds");
        let (kind, value) = match (is_gauge(metric(name)), is_time) {
            (false, _) => (0, (value - before) * 60.0 / (ended - began)),
            // A time that moved is one of something that happens again and again.
            (true, true) if *value > before => (2, value - ended),
            (true, true) => (1, value - ended),
            (true, false) => (1, *value),
        };
        let value = if is_time { value.round() } else { (value * 1000.0).round() / 1000.0 };
        let labels = name[metric(name).len()..].trim_matches(['{', '}']);
        // Other labels end in the same letters, such as `module`.
        let bound = labels.rsplit_once("le=\"").filter(|_| metric(name).ends_with("_bucket"));
        let (labels, bound) = bound.unwrap_or((labels, ""));
        let line = kinds[kind].1.entry(metric(name)).or_default().entry(labels.trim_end_matches(',')).or_default();
        line.push(if bound.is_empty() { value.to_string() } else { format!("\"{bound}: {value}") });
    }
    let mut written = "# Recorded by demo_hour.rs, which says what it is.\n".to_owned();
    for (kind, metrics) in kinds {
        _ = writeln!(written, "{kind}:");
        for (metric, lines) in metrics {
            _ = writeln!(written, "  {metric}:");
            for (labels, values) in lines {
                let values = values.join(", ");
                let values = if metric.ends_with("_bucket") { format!("{{{values}}}") } else { values };
                _ = writeln!(written, "    '{labels}': {values}");
            }
        }
    }
    written
}

/// The values of a recording, by metric and by labels; those of a histogram with their bounds.
type Lines<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<String>>>;

/// Calls `see` with the kind, metric, labels and value of each series of a recording.
fn each(model: &Value, mut see: impl FnMut(&str, &str, &str, f64)) {
    let of = |value: &Value| value.as_object().cloned().unwrap_or_default();
    for (kind, metrics) in of(model) {
        for (metric, lines) in of(&metrics) {
            for (labels, value) in of(&lines) {
                match value.as_f64() {
                    Some(value) => see(&kind, &metric, &labels, value),
                    None => of(&value).iter().for_each(|(bound, value)| {
                        let comma = if labels.is_empty() { "" } else { "," };
                        let labels = format!("{labels}{comma}le=\"{bound}\"");
                        see(&kind, &metric, &labels, value.as_f64().expect("a number"));
                    }),
                }
            }
        }
    }
}

#[test]
fn the_recording_has_every_metric_that_the_demo_exposes_and_alerts_read() {
    let judged = judged();
    if std::env::var_os("MME_BLESS").is_some() {
        fs::write(file(), record(&judged)).expect("the recording can be written");
    }
    let mut recorded = BTreeSet::new();
    each(&model(), |_, metric, _, _| _ = recorded.insert(metric.to_owned()));
    let service = Service::start_with(&["--demo"], &[("RUST_LOG", "off")]);
    let look = || {
        let exposed: BTreeSet<_> =
            series(&service.metrics(), &judged).keys().map(|name| metric(name).to_owned()).collect();
        if exposed == recorded { Ok(()) } else { Err(exposed) }
    };
    patiently(look).unwrap_or_else(|exposed| assert_eq!(exposed, recorded, "record the demo anew"));
}

/// Writes the series of a process that starts with the simulation, in promtool's notation.
fn simulated(model: &Value) -> String {
    let scrapes = MINUTES * 4;
    let mut lines = String::new();
    let mut line = |metric: &str, labels: &str, values: String| {
        let comma = if labels.is_empty() { "" } else { "," };
        let labels = format!(r#"job="trust-service",instance="demo"{comma}{labels}"#).replace('\'', "''");
        _ = writeln!(lines, "      - {{series: '{metric}{{{labels}}}', values: '{values}'}}");
    };
    each(model, |kind, metric, labels, value| {
        let values = match kind {
            "counters" => format!("0+{}x{scrapes}", value / 4.0),
            "clocks" => format!("{value}+15x{scrapes}"),
            _ => format!("{value}+0x{scrapes}"),
        };
        line(metric, labels, values);
    });
    line("up", "", format!("1+0x{scrapes}"));
    line("process_start_time_seconds", "", format!("-10+0x{scrapes}"));
    lines
}

/// Simulates a recording; returns what promtool says if anything but the watchdog fires in one of these minutes.
fn simulate(model: &Value, looks: impl Iterator<Item = usize>) -> Result<(), String> {
    let directory = TempDir::new().expect("a temporary directory");
    write_to(directory.path()).expect("a directory that can be written");
    let looks = looks.map(|minute| {
        format!(
            "      - {{expr: 'group by (alertname) (ALERTS{{alertstate=\"firing\"}})', eval_time: {minute}m, \
             exp_samples: [{{labels: '{{alertname=\"Watchdog\"}}', value: 1}}]}}\n"
        )
    });
    let document = format!(
        "rule_files: [rules/*.yml, alerts/*.yml]\nevaluation_interval: 1m\ngroup_eval_order: [{}]\ntests:\n  - interval: \
         15s\n    input_series:\n{}    promql_expr_test:\n{}",
        Rules::read().groups.join(", "),
        simulated(model),
        looks.collect::<String>(),
    );
    let prometheus = directory.path().join("prometheus");
    fs::write(prometheus.join("hour.yml"), document).expect("a file that can be written");
    promtool::run_in(&prometheus, &["test", "rules", "hour.yml"]).map(drop)
}

#[test]
fn an_hour_and_a_half_of_the_healthy_demo_fires_the_watchdog_only() {
    simulate(&model(), 1..MINUTES).unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn a_failing_demo_is_told_apart() {
    let mut model = model();
    let failing =
        r#"http_request_method="GET",http_route="/documents",http_response_status_code="500",error_type="500""#;
    model["counters"]["http_server_request_duration_seconds_count"][failing] = 900.into();
    let said = simulate(&model, std::iter::once(30)).expect_err("half of the requests fail");
    assert!(said.contains("MmeHttpErrorRateCritical"), "{said}");
}
