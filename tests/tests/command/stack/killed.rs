//! `up` that is killed at some moment: the next `down` leaves nothing running.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Stack;

/// How often the moment is looked for.
const GLANCE: Duration = Duration::from_millis(1);

#[test]
fn nothing_runs_after_down_whenever_up_was_killed() {
    let stack = Stack::new();
    for moment in [
        "stack.lock",
        "config/alertmanager.yml",
        "stack.json",
        "log/pager.log",
        "run/pager.json",
        "log/prometheus.log",
        "run/blackbox.json",
    ] {
        let mut up = stack.start_up(&[]);
        let began = Instant::now();
        while !stack.root().join(moment).exists() && up.try_wait().expect("it is ours").is_none() {
            assert!(began.elapsed().as_secs() < 60, "{moment} never appears");
            std::thread::sleep(GLANCE);
        }
        up.kill().expect("it is ours");
        up.wait().expect("it was killed");
        let down = stack.run(&["down"]);
        assert_eq!(down.code, Some(0), "{moment}: {down:?}");
        assert_eq!(stack.processes(), Vec::<String>::new(), "{moment}");
        stack.runs_nothing();
        std::fs::remove_dir_all(stack.root()).expect("nothing writes to it");
    }
}

#[test]
fn what_a_killed_up_left_is_taken_over_by_the_next_one() {
    let stack = Stack::new();
    let mut up = stack.start_up(&[]);
    while !stack.root().join("run/prometheus.json").exists() {
        assert!(up.try_wait().expect("it is ours").is_none(), "it ended before");
        std::thread::sleep(GLANCE);
    }
    up.kill().expect("it is ours");
    up.wait().expect("it was killed");
    let pid = stack.pid("prometheus");
    let next = stack.up(&[]);
    assert_eq!((next.code, stack.pid("prometheus")), (Some(0), pid), "{next:?}");
    assert!(next.err.contains("prometheus    ready; it was running"), "{next:?}");
    stack.succeeds(&["status"]);
}

/// A shell that sends signals. It is there already, so it is fast enough to stop a process that has just begun.
struct Signals(Child);

impl Signals {
    fn start() -> Self {
        Self(Command::new("sh").stdin(Stdio::piped()).spawn().expect("there is a shell"))
    }

    fn send(&mut self, name: &str, pid: u32) {
        let mut shell = self.0.stdin.as_ref().expect("it was asked for");
        writeln!(shell, "kill -{name} {pid}").and_then(|()| shell.flush()).expect("it reads on");
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Starts `up`, and stops its first child before that has written a record.
fn up_with_a_child_that_hangs(stack: &Stack, signals: &mut Signals) -> (Child, u32) {
    for _ in 0..20 {
        let mut up = stack.start_up(&[]);
        let children = format!("/proc/{0}/task/{0}/children", up.id());
        let child = loop {
            let children = std::fs::read_to_string(&children).unwrap_or_default();
            if let Some(child) = children.split_whitespace().next() {
                break child.parse().expect("a number");
            }
            assert!(up.try_wait().expect("it is ours").is_none(), "it ended before");
        };
        signals.send("STOP", child);
        let stat = || std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        while !stat().contains(") T ") && !stat().is_empty() {
            std::thread::sleep(GLANCE);
        }
        if !stack.root().join("run/pager.json").exists() {
            return (up, child);
        }
        // It was faster: the server runs already.
        signals.send("CONT", child);
        assert_eq!(mme_metrics_tests::command::finish(up).code, Some(0));
        stack.succeeds(&["down"]);
        std::fs::remove_dir_all(stack.root()).expect("nothing writes to it");
    }
    panic!("no child could be stopped in time");
}

#[test]
fn down_waits_for_a_server_that_has_no_record_yet() {
    let (stack, mut signals) = (Stack::new(), Signals::start());
    let (mut up, child) = up_with_a_child_that_hangs(&stack, &mut signals);
    up.kill().expect("it is ours");
    up.wait().expect("it was killed");
    let mut down = stack.start(&["down"]);
    let said = BufReader::new(down.stderr.take().expect("it was asked for")).lines().next();
    signals.send("CONT", child);
    assert_eq!(said.and_then(Result::ok).as_deref(), Some("waiting for another `mme-metrics stack`"));
    assert!(down.wait().expect("it is ours").success());
    stack.runs_nothing();
}
