//! A process that is not the one on record is never signalled.

use std::fs;
use std::process::{Child, Command};

use super::Stack;

/// A process that has nothing to do with any stack.
struct Bystander(Child);

impl Bystander {
    fn start() -> Self {
        Self(Command::new("sleep").arg("600").spawn().expect("coreutils has it"))
    }

    /// Its start in ticks since boot.
    fn start_time(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).expect("it runs");
        let after_name = stat.rsplit_once(')').expect("the name is in brackets").1;
        after_name.split_whitespace().nth(19).and_then(|ticks| ticks.parse().ok()).expect("a number")
    }

    fn runs(&mut self) -> bool {
        self.0.try_wait().expect("it is ours").is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        // It may have been stopped.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A directory of a stack in which nothing was started.
fn unused() -> Stack {
    let stack = Stack::with_scripts(&[], &["/usr/bin", "/bin"]);
    fs::create_dir_all(stack.root().join("run")).expect("a new folder");
    fs::write(stack.root().join("stack.lock"), "").expect("a new file");
    stack
}

fn record(stack: &Stack, text: &str) {
    fs::write(stack.root().join("run/prometheus.json"), text).expect("a file");
}

#[test]
fn a_recycled_number_is_another_process() {
    let stack = unused();
    let mut other = Bystander::start();
    let (pid, start) = (other.0.id(), other.start_time());
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("Linux has it");
    let of =
        |pid: i64, start: u64, boot: &str| format!("{{\"pid\":{pid},\"start\":{start},\"boot\":\"{}\"}}", boot.trim());
    for text in [
        of(pid.into(), start + 1, &boot),
        of(pid.into(), start, "another boot"),
        of(-i64::from(pid), start, &boot),
        of(0, start, &boot),
        of(-1, start, &boot),
    ] {
        record(&stack, &text);
        assert_eq!(stack.succeeds(&["down"]).out, "nothing was running\n", "{text}");
        assert!(other.runs(), "{text}");
        assert!(!stack.root().join("run/prometheus.json").exists(), "{text}");
    }
    // What is told apart above is the same here.
    record(&stack, &of(pid.into(), start, &boot));
    assert!(stack.succeeds(&["down"]).out.contains("1 server stopped"));
    assert!(!other.runs());
}

#[test]
fn a_damaged_record_is_named_and_keeps_no_other_server_running() {
    let stack = Stack::new();
    assert_eq!(stack.up(&[]).code, Some(0));
    let (whole, pid) = (fs::read(stack.root().join("run/prometheus.json")).expect("it runs"), stack.pid("prometheus"));
    for damage in ["", "{", "[]", "{\"pid\":\"1\"}"] {
        record(&stack, damage);
        let ran = stack.run(&["down"]);
        assert!(ran.code == Some(2) && ran.err.contains("prometheus.json is not the record of a process"), "{ran:?}");
    }
    let left = stack.processes();
    assert!(left.len() == 1 && left[0].contains("--storage.tsdb.path="), "{left:?}");
    fs::write(stack.root().join("run/prometheus.json"), whole).expect("it is ours");
    assert_eq!(stack.pid("prometheus"), pid);
    stack.succeeds(&["down"]);
    stack.runs_nothing();
}
