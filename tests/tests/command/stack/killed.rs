//! `up` that is killed at some moment: the next `down` leaves nothing running.

use std::time::Instant;

use super::Stack;

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
            std::thread::yield_now();
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
        std::thread::yield_now();
    }
    up.kill().expect("it is ours");
    up.wait().expect("it was killed");
    let pid = stack.pid("prometheus");
    let next = stack.up(&[]);
    assert_eq!((next.code, stack.pid("prometheus")), (Some(0), pid), "{next:?}");
    assert!(next.err.contains("prometheus    ready; it was running"), "{next:?}");
    stack.succeeds(&["status"]);
}
