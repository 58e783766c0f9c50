//! The daily report, from the library and from the command line.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::thread;

use mme_metrics::spike::{Day, OverallLatency, Report};
use tempfile::TempDir;

const DAY: &str = "2026-08-01";

fn day() -> Day {
    DAY.parse().expect("it is a day")
}

/// Returns the line of one trace.
fn line(time: &str, cause: &str, route: &str, status: u16, seconds: f64, tier: &str) -> String {
    let end = if cause == "error" { "error" } else { "ok" };
    let tier = if tier.is_empty() { String::new() } else { format!(",\"tier\":\"{tier}\"") };
    format!(
        "{{\"time\":\"{DAY}T{time}Z\",\"cause\":\"{cause}\",\"source\":\"http\",\"route\":\"{route}\",\"method\":\"POST\",\
         \"status\":{status},\"end\":\"{end}\",\"seconds\":{seconds}{tier}}}\n"
    )
}

/// Writes a day: eight promotions, three of which fell back; a failure each hour at a quarter past; a torn line.
fn written() -> TempDir {
    let directory = TempDir::new().expect("a temporary directory");
    let mut text = String::new();
    for (at, tier) in
        ["direct", "direct", "direct", "direct", "direct", "neighbors", "neighbors", "recent"].iter().enumerate()
    {
        text += &line(&format!("09:{at}3:00.000"), "slow", "/promote", 200, 0.1 * (at + 1) as f64, tier);
    }
    for hour in 1..=4 {
        text += &line(&format!("0{hour}:15:07.500"), "error", "/import", 503, 2.0, "");
    }
    fs::write(directory.path().join(format!("{DAY}.jsonl")), text).expect("a file");
    let rest = line("23:59:59.999", "cancelled", "/export", 200, 0.05, "") + "not a trace\n\n{\"time\":\"2026-08";
    fs::write(directory.path().join(format!("{DAY}.2.jsonl")), rest).expect("a file");
    // Of another day, and of somebody else.
    fs::write(directory.path().join("2026-08-02.jsonl"), line("00:00:00.000", "slow", "/", 200, 9.0, ""))
        .expect("a file");
    fs::write(directory.path().join("notes.txt"), "something").expect("a file");
    directory
}

#[test]
fn the_report_says_what_was_slow_what_failed_and_what_repeats() {
    let directory = written();
    let report = Report::read(directory.path(), day()).expect("it can be read");
    assert_eq!((report.entries(), report.skipped(), report.fallback_percentage()), (13, 2, Some(37.5)));
    let report = report.overall(OverallLatency::new(Some(0.0042), Some(0.0871)));
    let path = report.write(directory.path()).expect("it can be written");
    assert_eq!(path.file_name().and_then(|name| name.to_str()), Some("2026-08-01.md"));
    assert_eq!(
        fs::read_to_string(path).expect("it was written"),
        "\
# Spike traces of 2026-08-01

13 entries: 8 slow, 4 errors, 1 cancelled.
2 lines could not be read.

## Durations

| | p50 | p95 | slowest |
|---|---:|---:|---:|
| what was sampled | 600.0 ms | 2.00 s | 2.00 s |
| all requests | 4.2 ms | 87.1 ms | |

## Tiers

| tier | entries | p50 | p95 |
|---|---:|---:|---:|
| `direct` | 5 | 300.0 ms | 500.0 ms |
| `neighbors` | 2 | 600.0 ms | 700.0 ms |
| `recent` | 1 | 800.0 ms | 800.0 ms |

Fallback usage percentage: 37.50 %

## Routes

| route | entries | errors | p95 | slowest |
|---|---:|---:|---:|---:|
| `POST /promote` | 8 | 0 | 800.0 ms | 800.0 ms |
| `POST /import` | 4 | 4 | 2.00 s | 2.00 s |
| `POST /export` | 1 | 0 | 50.0 ms | 50.0 ms |

## Hours (UTC)

| hour | entries | errors | slowest |
|---|---:|---:|---:|
| `01` | 1 | 1 | 2.00 s |
| `02` | 1 | 1 | 2.00 s |
| `03` | 1 | 1 | 2.00 s |
| `04` | 1 | 1 | 2.00 s |
| `09` | 8 | 0 | 800.0 ms |
| `23` | 1 | 0 | 50.0 ms |

## Repeated patterns

- `POST /promote` ended `ok` with status 200 in tier `direct`: 5 times in 1 hours, half of them within 300.0 ms.
- `POST /import` ended `error` with status 503: 4 times in 4 hours, half of them within 2.00 s.
- `POST /import` in minute `15` of 4 hours: something that runs by the clock?
"
    );
}

#[test]
fn a_day_without_traces_is_a_report_that_says_so() {
    let directory = TempDir::new().expect("a temporary directory");
    let report = Report::read(directory.path(), day()).expect("it can be read").to_string();
    assert!(report.contains("0 entries") && report.contains("No spikes.") && report.contains("No trace has a tier."));
    assert!(Report::read(&directory.path().join("nowhere"), day()).is_err());
}

#[test]
fn text_in_a_trace_is_text_in_the_report_and_a_huge_line_is_no_trace() {
    let directory = TempDir::new().expect("a temporary directory");
    let hostile = line("01:00:00.000", "slow", "</code><script>`|\\u202e|", 200, 1.0, "a|b");
    let huge = line("01:00:00.000", "slow", &"x".repeat(100_000), 200, 1.0, "");
    let text = hostile + &huge + &line("02:00:00.000", "slow", "/fine", 200, 1.0, "") + &"y".repeat(10_000);
    fs::write(directory.path().join(format!("{DAY}.jsonl")), text).expect("a file");
    let report = Report::read(directory.path(), day()).expect("it can be read");
    assert_eq!((report.entries(), report.skipped()), (2, 2));
    let text = report.to_string();
    assert!(text.contains("| `POST </code><script>'\\|?\\|` |") && text.contains("`a\\|b`"), "{text}");
}

#[test]
fn a_report_replaces_a_link_and_does_not_follow_it() {
    let directory = written();
    let target = directory.path().join("target");
    fs::write(&target, "before").expect("a file");
    std::os::unix::fs::symlink(&target, directory.path().join(format!("{DAY}.md"))).expect("a link");
    let report = Report::read(directory.path(), day()).expect("it can be read");
    report.write(directory.path()).expect("it can be written");
    assert_eq!(fs::read_to_string(target).expect("a file"), "before");
    // And traces behind a link are not read.
    std::os::unix::fs::symlink("/etc/passwd", directory.path().join(format!("{DAY}.3.jsonl"))).expect("a link");
    assert!(Report::read(directory.path(), day()).is_err());
}

#[test]
fn what_a_report_that_was_killed_has_left_is_in_nobodys_way() {
    let directory = written();
    let left = directory.path().join(format!(".{DAY}.md.{}", std::process::id()));
    std::os::unix::fs::symlink("/dev/full", &left).expect("a link");
    let report = Report::read(directory.path(), day()).expect("it can be read");
    let path = report.write(directory.path()).expect("it can be written");
    assert_eq!(fs::read_to_string(path).expect("it was written"), report.to_string());
    assert!(!left.is_symlink());
}

/// Builds the command if need be, and returns its path.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| mme_metrics_tests::service::built("mme-metrics"))
}

fn run(arguments: &[&str], directory: &Path) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        Command::new(program()).args(arguments).current_dir(directory).output().expect("it was just built");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

#[test]
fn the_command_writes_the_report_of_a_day() {
    let directory = written();
    let out = directory.path().join("out");
    fs::create_dir(&out).expect("a directory");
    let exposition = "http_server_request_duration_seconds_bucket{http_route=\"/\",le=\"0.1\"} 10\n\
                      http_server_request_duration_seconds_bucket{http_route=\"/\",le=\"+Inf\"} 10\n";
    fs::write(directory.path().join("metrics.txt"), exposition).expect("a file");
    let arguments = ["report", "daily", "--dir", ".", "--out", "out", "--day", DAY, "--exposition", "metrics.txt"];
    assert_eq!(run(&arguments, directory.path()), (Some(0), "out/2026-08-01.md: 13 entries\n".to_owned()));
    let report = fs::read_to_string(out.join("2026-08-01.md")).expect("it was written");
    assert!(report.contains("Fallback usage percentage: 37.50 %"), "{report}");
    assert!(report.contains("| all requests | 50.0 ms | 95.0 ms | |"), "{report}");
}

#[test]
fn the_command_asks_prometheus_for_all_requests() {
    let directory = written();
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    let asked = thread::spawn(move || {
        let mut asked = Vec::new();
        for value in ["0.0042", "NaN"] {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            let mut head = [0; 4096];
            let length = stream.read(&mut head).expect("a question");
            asked.push(String::from_utf8_lossy(&head[..length]).lines().next().unwrap_or_default().to_owned());
            let body = format!(
                "{{\"status\":\"success\",\"data\":{{\"result\":[{{\"metric\":{{}},\"value\":[1,\"{value}\"]}}]}}}}"
            );
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).expect("it waits for it");
        }
        asked
    });
    let arguments = ["report", "daily", "--dir", ".", "--day", DAY, "--prometheus", &url, "--job", "a\"b"];
    assert_eq!(run(&arguments, directory.path()).0, Some(0));
    let report = fs::read_to_string(directory.path().join("2026-08-01.md")).expect("it was written");
    assert!(report.contains("| all requests | 4.2 ms | – | |"), "{report}");
    let asked = asked.join().expect("it was asked twice");
    assert!(asked[0].contains("histogram_quantile%280.5") || asked[0].contains("histogram_quantile(0.5"), "{asked:?}");
    // The end of the day, and a job that stays a text.
    assert!(asked[1].contains("time=1785628800") && asked[1].contains("a%5C%22b"), "{asked:?}");
}

#[test]
fn the_command_says_what_is_wrong_with_how_it_was_called() {
    let directory = TempDir::new().expect("a temporary directory");
    for (arguments, code, said) in [
        (&["report", "weekly"][..], 2, "unrecognized subcommand 'weekly'"),
        (
            &["report", "daily", "--day", "yesterday"],
            2,
            "'yesterday' for '--day <YYYY-MM-DD>': not a day: write it as 2026-08-01",
        ),
        (&["report", "daily", "--day"], 2, "a value is required for '--day <YYYY-MM-DD>'"),
        (&["report", "daily", "--days", "1"], 2, "unexpected argument '--days'"),
        (&["report", "daily", "--days", "1"], 2, "a similar argument exists: '--day'"),
        (&["report", "daily", "--job", "a"], 2, "--prometheus <URL>"),
        (&["report", "daily", "--dir", "nowhere"], 1, "cannot read nowhere: "),
        (&["report", "daily", "--help"], 0, "Usage: mme-metrics report daily"),
        (&[], 0, "report daily"),
    ] {
        let (status, text) = run(arguments, directory.path());
        assert!(status == Some(code) && text.contains(said), "{arguments:?}: {status:?} {text}");
    }
}
