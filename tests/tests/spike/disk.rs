//! Spike traces on disk: each event is written once and whole, and a slow or full disk delays no request.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use mme_metrics::event::{Event, Listener as _, Notes, Source};
use mme_metrics::operation::Outcome;
use mme_metrics::spike::{Day, Report, Sampler, Spikes, Trace};
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::isolated_process::run_alone;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_mins(1);

/// Tells the started process where to write until it is killed.
const DIRECTORY: &str = "MME_METRICS_TEST_SPIKES";

fn directory() -> TempDir {
    TempDir::new().expect("a temporary directory")
}

fn start(directory: &Path) -> Spikes {
    let sampler = Sampler::new().window(Duration::from_hours(24)).slowest(5).errors(10_000).directory(directory);
    sampler.start().expect("the directory can be made")
}

fn end(spikes: &Spikes, number: usize, outcome: Outcome) {
    let notes = Notes::new().tier("direct").attribute("number", &number.to_string());
    spikes.ended(&Event::new(Source::Http, "/", outcome, number as f64).method("GET").status(500).notes(&notes));
}

/// Returns the whole lines of every file of traces in the directory.
fn lines(directory: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "jsonl") {
            let text = fs::read_to_string(entry.path()).expect("it is text, whatever happened");
            lines.extend(text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(str::to_owned));
        }
    }
    lines
}

/// Returns the numbers of the events, each line of which has to be a trace.
#[track_caller]
fn numbers(lines: &[String]) -> Vec<usize> {
    let number = |line: &String| {
        let trace: Trace = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        trace.attributes["number"].parse().expect("a number")
    };
    lines.iter().map(number).collect()
}

#[test]
fn each_event_is_written_once_failures_at_once_and_the_slowest_when_their_window_ends() {
    let directory = directory();
    let spikes = start(directory.path());
    for number in 0..20 {
        end(&spikes, number, if number % 4 == 0 { Outcome::OTHER } else { Outcome::Ok });
    }
    assert!(spikes.flush(PATIENCE));
    // Of the five slowest, 15 to 19, the failure 16 was written already.
    assert_eq!(numbers(&lines(directory.path())), [0, 4, 8, 12, 16, 19, 18, 17, 15]);
    assert!(lines(directory.path()).iter().all(|line| line.len() <= 2048));
}

#[test]
fn the_last_clone_writes_what_is_left() {
    let directory = directory();
    let spikes = start(directory.path());
    let clone = spikes.clone();
    end(&spikes, 7, Outcome::Ok);
    drop(spikes);
    assert_eq!(lines(directory.path()).len(), 0);
    drop(clone);
    // Its thread writes; nobody has to wait for it but this test.
    while lines(directory.path()).is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(numbers(&lines(directory.path())), [7]);
}

/// Runs this body in a process that can write no file longer than a few KiB, as on a disk that is full.
#[test]
fn on_a_full_disk_requests_go_on_lines_stay_whole_and_what_is_lost_is_counted() {
    const NAME: &str = "disk::on_a_full_disk_requests_go_on_lines_stay_whole_and_what_is_lost_is_counted";
    if std::env::var_os(DIRECTORY).is_none() {
        let directory = directory();
        let program = std::env::current_exe().expect("a running test has a path");
        // The signal would end the process; ignored, a write fails as it does on a full disk, in the middle of a line.
        let script = format!("trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact {NAME} --nocapture");
        let output = Command::new("bash").args(["-c", &script]).arg(program).env(DIRECTORY, directory.path()).output();
        let output = output.expect("bash runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let directory = std::path::PathBuf::from(std::env::var_os(DIRECTORY).expect("it was asked for above"));
    let recorder = Recorder::builder().process_metrics(false).install().expect("no other recorder in this process");
    let spikes = start(&directory);
    for number in 0..200 {
        end(&spikes, number, Outcome::OTHER);
        assert!(spikes.flush(PATIENCE));
    }
    let written = numbers(&lines(&directory));
    let lost = spikes.view().lost;
    assert!(written.len() > 10 && lost.disk > 10, "{} {lost:?}", written.len());
    assert_eq!(written.len() as u64 + lost.disk + lost.queue, 200);
    let text = recorder.render(Format::Text);
    let line = format!("mme_spike_traces_lost_total{{reason=\"disk\"}} {}\n", lost.disk);
    assert!(text.contains(&line), "{line}{text}");
}

#[test]
fn where_nobody_can_write_requests_go_on_and_what_is_lost_is_counted() {
    // A file system that takes no files, not even from root.
    let spikes = start(Path::new("/proc/self"));
    (0..10).for_each(|number| end(&spikes, number, Outcome::OTHER));
    assert!(spikes.flush(PATIENCE));
    assert_eq!(spikes.view().lost.disk, 10);
    assert_eq!(spikes.view().failed.len(), 10);
}

#[test]
fn a_directory_that_goes_away_loses_traces_until_it_is_back() {
    let directory = directory();
    let path = directory.path().join("spikes");
    let spikes = start(&path);
    fs::remove_dir(&path).expect("it is empty");
    end(&spikes, 1, Outcome::OTHER);
    assert!(spikes.flush(PATIENCE));
    fs::create_dir(&path).expect("it was removed");
    end(&spikes, 2, Outcome::OTHER);
    assert!(spikes.flush(PATIENCE));
    assert_eq!((numbers(&lines(&path)), spikes.view().lost.disk), (vec![2], 1));
}

#[test]
fn a_link_in_place_of_the_file_is_not_followed() {
    let directory = directory();
    let target = directory.path().join("target");
    fs::write(&target, "before").expect("a file");
    // Today's and tomorrow's, should it be midnight.
    for day in [Day::today(), Day::of(Day::today().end())] {
        let link = directory.path().join(format!("{day}.jsonl"));
        std::os::unix::fs::symlink(&target, link).expect("a link");
    }
    let spikes = start(directory.path());
    end(&spikes, 1, Outcome::OTHER);
    assert!(spikes.flush(PATIENCE));
    assert_eq!(fs::read_to_string(&target).expect("a file"), "before");
    assert_eq!(spikes.view().lost.disk, 1);
}

#[test]
fn a_directory_that_cannot_be_made_is_said_at_the_start() {
    let directory = directory();
    let file = directory.path().join("file");
    fs::write(&file, "").expect("a file");
    let error = Sampler::new().directory(file.join("spikes")).start().expect_err("a file is no directory");
    assert!(error.to_string().contains("choose one that the service can write"), "{error}");
}

#[test]
fn a_process_killed_while_it_writes_leaves_whole_lines_and_the_next_one_goes_on() {
    const NAME: &str = "disk::a_process_killed_while_it_writes_leaves_whole_lines_and_the_next_one_goes_on";
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let spikes = start(Path::new(&directory));
        for number in 0.. {
            end(&spikes, number, Outcome::OTHER);
            if number % 1_000 == 0 {
                // The next window has its own budget.
                spikes.flush(PATIENCE);
            }
        }
    }
    let directory = directory();
    let mut before = 0;
    for _ in 0..5 {
        let program = std::env::current_exe().expect("a running test has a path");
        let mut child = Command::new(program)
            .args(["--exact", NAME])
            .env(DIRECTORY, directory.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("a running test can be run again");
        while lines(directory.path()).len() < before + 100 {
            assert!(child.try_wait().expect("it is ours").is_none(), "it ended by itself");
        }
        child.kill().expect("it runs");
        child.wait().expect("it is ours");
        before = lines(directory.path()).len();
        assert_eq!(numbers(&lines(directory.path())).len(), before);
    }
    // And one that is torn for certain.
    let today = fs::read_dir(directory.path()).expect("a directory").flatten().next().expect("a file").path();
    let torn = [fs::read(&today).expect("a file"), b"{\"time\":\"2026".to_vec()].concat();
    fs::write(&today, torn).expect("it can be written");
    let read = |day| Report::read(directory.path(), day).expect("it can be read");
    // Both days, should it have been midnight meanwhile.
    let days = [Day::today().before(1), Day::today()];
    let entries: u64 = days.iter().map(|day| read(*day).entries()).sum();
    let skipped: u64 = days.iter().map(|day| read(*day).skipped()).sum();
    assert_eq!((entries, skipped), (before as u64, 1));
    let spikes = start(directory.path());
    end(&spikes, 1, Outcome::OTHER);
    assert!(spikes.flush(PATIENCE));
    assert_eq!(numbers(&lines(directory.path())).len(), before + 1);
    assert!(days.iter().all(|day| read(*day).skipped() == 0));
}

#[test]
fn a_burst_that_the_disk_cannot_take_is_written_or_counted() {
    run_alone(|| {
        let directory = directory();
        let sampler = Sampler::new().window(Duration::from_hours(24)).slowest(0).errors(10_000);
        let spikes = sampler.directory(directory.path()).start().expect("the directory can be made");
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let spikes = &spikes;
                scope.spawn(move || (0..2_000).for_each(|number| end(spikes, thread * 2_000 + number, Outcome::OTHER)));
            }
        });
        assert!(spikes.flush(PATIENCE));
        let written = numbers(&lines(directory.path()));
        assert_eq!(written.iter().collect::<HashSet<_>>().len(), written.len());
        let lost = spikes.view().lost;
        assert_eq!((written.len() as u64 + lost.queue + lost.budget, lost.disk), (16_000, 0));
    });
}
