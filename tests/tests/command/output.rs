//! What is printed: whole and unchanged, or an error.

use std::fs::{self, File};
use std::path::Path;

use mme_metrics_tests::command::{run, run_into};
use tempfile::TempDir;

/// Commands that print, with their exit code when all is well.
const COMMANDS: [(&[&str], i32); 9] = [
    (&["catalog"], 0),
    (&["catalog", "--format", "json"], 0),
    (&["assets", "thresholds", "redisdown"], 0),
    (&["completions", "bash"], 0),
    (&["man"], 0),
    (&["--help"], 0),
    (&["--version"], 0),
    (&[], 0),
    (&["verify", "--prometheus", "http://127.0.0.1:1"], 1),
];

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    for (arguments, _) in COMMANDS {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let ran = run_into(Path::new("."), arguments, full);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
        assert!(ran.err.starts_with("mme-metrics: cannot write to standard output: No space left"), "{ran:?}");
    }
    let directory = TempDir::new().expect("a temporary directory");
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let ran = run_into(directory.path(), ["report", "daily", "--dir", "."], full);
    assert!(ran.code == Some(1) && ran.err.contains("cannot write to standard output"), "{ran:?}");
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    for (arguments, code) in COMMANDS {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ran = run_into(Path::new("."), arguments, writer);
        assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{arguments:?}");
    }
}

#[test]
fn every_text_ends_with_one_line_break() {
    for (arguments, _) in COMMANDS {
        let out = run(Path::new("."), arguments).out;
        assert!(out.ends_with('\n') && !out.ends_with("\n\n"), "{arguments:?}: {out:?}");
    }
}

#[test]
fn a_diff_keeps_an_empty_line_at_its_end() {
    let directory = TempDir::new().expect("a temporary directory");
    let export = |more: &[&str]| run(directory.path(), ["assets", "export", "--out", "out"].iter().chain(more));
    assert_eq!(export(&[]).code, Some(0));
    let path = directory.path().join("out/prometheus/alerts/redis.yml");
    let text = fs::read_to_string(&path).expect("it was written");
    let mut lines: Vec<_> = text.lines().collect();
    // The diff ends three lines after a change.
    let at = (3..lines.len()).find(|at| lines[*at].is_empty()).expect("alerts stand apart") - 3;
    lines[at] = "# mine";
    fs::write(&path, lines.join("\n") + "\n").expect("it is there");
    let diff = export(&["--diff"]);
    assert!(diff.code == Some(1) && diff.out.ends_with("\n \n"), "{diff:?}");
    let hunk = diff.out.split("\n@@ ").nth(1).expect("it has a change");
    let size = hunk.split([' ', ',']).nth(1).and_then(|size| size.parse().ok());
    assert_eq!(Some(hunk.lines().skip(1).filter(|line| !line.starts_with('+')).count()), size, "{hunk}");
}
