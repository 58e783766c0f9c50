use std::time::Duration;

use super::*;

const LINE: &[u8] = b"{\"a\":1}\n";

/// A directory that is gone with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mme-metrics-journal-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn journal(&self, retention: Retention) -> Journal {
        Journal::new(self.0.clone(), retention, on("2026-08-01")).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn on(day: &str) -> SystemTime {
    day.parse::<Day>().unwrap().end() - Duration::from_secs(1)
}

/// Writes a line on a day on which the wall clock is right.
fn write(journal: &mut Journal, now: SystemTime) -> io::Result<()> {
    journal.write(LINE, now, now.duration_since(on("2026-08-01")).unwrap_or_default())
}

#[test]
fn each_day_has_its_file_and_old_ones_go() {
    let directory = Directory::new("days");
    let mut journal = directory.journal(Retention { days: 2, ..Retention::default() });
    fs::write(directory.0.join("2026-08-1.jsonl"), "not ours").unwrap();
    for day in ["2026-07-31", "2026-08-01", "2026-08-02", "2026-08-03"] {
        write(&mut journal, on(day)).unwrap();
    }
    assert_eq!(directory.names(), ["2026-08-01.jsonl", "2026-08-02.jsonl", "2026-08-03.jsonl", "2026-08-1.jsonl"]);
}

#[test]
fn a_full_file_is_followed_by_the_next_and_the_oldest_go_when_all_are_too_much() {
    let directory = Directory::new("sizes");
    let length = LINE.len() as u64;
    let mut journal =
        directory.journal(Retention { file_bytes: 2 * length, total_bytes: 6 * length, ..Retention::default() });
    for _ in 0..7 {
        write(&mut journal, on("2026-08-01")).unwrap();
    }
    assert_eq!(
        directory.names(),
        ["2026-08-01.2.jsonl", "2026-08-01.3.jsonl", "2026-08-01.4.jsonl", "2026-08-01.jsonl"]
    );
    for _ in 0..2 {
        write(&mut journal, on("2026-08-01")).unwrap();
    }
    assert_eq!(
        directory.names(),
        ["2026-08-01.2.jsonl", "2026-08-01.3.jsonl", "2026-08-01.4.jsonl", "2026-08-01.5.jsonl"]
    );
}

#[test]
fn a_torn_line_is_cut_off_before_the_next_is_written() {
    let directory = Directory::new("torn");
    let mut journal = directory.journal(Retention::default());
    for torn in ["", "{\"a\"", "{\"a\":1}\n{\"a\":", "{\"a\":1}\n"] {
        fs::write(directory.0.join("2026-08-01.jsonl"), torn).unwrap();
        journal.open = None;
        write(&mut journal, on("2026-08-01")).unwrap();
        let text = String::from_utf8(directory.read("2026-08-01.jsonl")).unwrap();
        assert!(text.lines().all(|line| line == "{\"a\":1}") && text.ends_with('\n'), "{text}");
    }
}

#[test]
fn something_else_of_that_name_is_left_as_it_is() {
    let directory = Directory::new("foreign");
    let mut journal = directory.journal(Retention::default());
    let foreign = "x".repeat(10_000);
    fs::write(directory.0.join("2026-08-01.jsonl"), &foreign).unwrap();
    assert!(write(&mut journal, on("2026-08-01")).is_err());
    assert_eq!(directory.read("2026-08-01.jsonl"), foreign.as_bytes());
}

#[test]
fn two_processes_write_two_files() {
    let directory = Directory::new("two");
    let (mut first, mut second) = (directory.journal(Retention::default()), directory.journal(Retention::default()));
    let now = on("2026-08-01");
    write(&mut first, now).unwrap();
    write(&mut second, now).unwrap();
    write(&mut first, now).unwrap();
    assert_eq!(directory.read("2026-08-01.jsonl"), [LINE, LINE].concat());
    assert_eq!(directory.read("2026-08-01.2.jsonl"), LINE);
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = Directory::new("mode");
    let mut journal = directory.journal(Retention::default());
    let path = directory.0.join("2026-08-01.jsonl");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    for day in ["2026-08-01", "2026-08-02"] {
        write(&mut journal, on(day)).unwrap();
        let mode = fs::metadata(directory.0.join(format!("{day}.jsonl"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(fs::metadata(&directory.0).unwrap().permissions().mode() & 0o777, 0o700);
}

#[cfg(unix)]
#[test]
fn links_pipes_and_directories_are_refused() {
    let directory = Directory::new("links");
    let mut journal = directory.journal(Retention::default());
    let target = directory.0.join("target");
    fs::write(&target, "").unwrap();
    let path = |day: &str| directory.0.join(format!("{day}.jsonl"));
    std::os::unix::fs::symlink(&target, path("2026-08-01")).unwrap();
    fs::hard_link(&target, path("2026-08-02")).unwrap();
    fs::create_dir(path("2026-08-03")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(path("2026-08-04")).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo runs: it is part of coreutils");
    std::os::unix::fs::symlink("/dev/full", path("2026-08-05")).unwrap();
    for day in ["2026-08-01", "2026-08-02", "2026-08-03", "2026-08-04", "2026-08-05"] {
        assert!(write(&mut journal, on(day)).is_err(), "{day}");
    }
    assert_eq!(fs::read(&target).unwrap(), b"");
}

/// Every way in which a file can go while it is written. What was written to it is the other program's; each further line is in a
/// file of ours.
#[cfg(unix)]
#[test]
fn a_file_that_goes_while_it_is_written_is_followed_by_another() {
    type Change = fn(&Directory, &Path) -> io::Result<()>;
    let replace: Change = |directory, path| {
        let other = directory.0.join("other");
        fs::write(&other, LINE)?;
        fs::rename(other, path)
    };
    let link: Change = |_, path| {
        fs::remove_file(path)?;
        std::os::unix::fs::symlink("/dev/null", path)
    };
    let changes: [(&str, Change, bool); 5] = [
        ("deleted", |_, path| fs::remove_file(path), true),
        ("moved", |directory, path| fs::rename(path, directory.0.join("2026-08-01.jsonl.old")), true),
        ("replaced by a file", replace, true),
        ("replaced by a link", link, false),
        ("deleted with its directory", |directory, _| fs::remove_dir_all(&directory.0), false),
    ];
    for (name, change, is_written) in changes {
        let directory = Directory::new(&name.replace(' ', "-"));
        let mut journal = directory.journal(Retention::default());
        let path = directory.0.join("2026-08-01.jsonl");
        write(&mut journal, on("2026-08-01")).unwrap();
        change(&directory, &path).unwrap();
        let before = fs::read(&path).unwrap_or_default();
        for _ in 0..2 {
            // What is not written is an error, which the writer counts.
            assert_eq!(write(&mut journal, on("2026-08-01")).is_ok(), is_written, "{name}");
        }
        if is_written {
            assert_eq!(fs::read(&path).unwrap(), [&*before, LINE, LINE].concat(), "{name}");
        }
    }
}

#[test]
fn a_file_that_is_cut_by_another_program_goes_on_behind_the_cut() {
    let directory = Directory::new("cut");
    let mut journal = directory.journal(Retention::default());
    for _ in 0..2 {
        write(&mut journal, on("2026-08-01")).unwrap();
        fs::write(directory.0.join("2026-08-01.jsonl"), "").unwrap();
    }
    write(&mut journal, on("2026-08-01")).unwrap();
    assert_eq!(directory.read("2026-08-01.jsonl"), LINE);
}

#[test]
fn a_clock_that_jumps_ahead_deletes_nothing_and_one_that_is_right_again_deletes_what_is_old() {
    let directory = Directory::new("jump");
    let mut journal = directory.journal(Retention { days: 2, ..Retention::default() });
    write(&mut journal, on("2026-07-31")).unwrap();
    write(&mut journal, on("2026-08-01")).unwrap();
    // It stays ahead for some days.
    for (day, passed) in [("2036-01-01", 0), ("2036-01-02", 24), ("2036-01-03", 30)] {
        journal.write(LINE, on(day), Duration::from_hours(passed)).unwrap();
        assert!(directory.0.join("2026-08-01.jsonl").exists(), "{day}");
    }
    write(&mut journal, on("2026-08-04")).unwrap();
    assert_eq!(directory.names(), ["2026-08-04.jsonl", "2036-01-01.jsonl", "2036-01-02.jsonl", "2036-01-03.jsonl"]);
}
