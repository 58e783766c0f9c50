//! A disk that is full or cannot be written is named.

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use super::Stack;

/// Runs `up` in a file system of this size.
fn up_in(stack: &Stack, size: &str) -> String {
    fs::create_dir(stack.root()).expect("a new folder");
    let up = stack.command(&[]);
    let words: Vec<OsString> = [up.get_program().to_owned()].into_iter().chain(up.get_args().map(Into::into)).collect();
    let mount = "mount -t tmpfs -o size=$1 tmpfs \"$2\" && shift 2 && exec \"$@\"";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh", size])
        .arg(stack.root())
        .arg(&words[0])
        .args(["stack"])
        .args(stack.up_arguments(&[]))
        .arg("--data")
        .arg(stack.root())
        .output()
        .expect("util-linux has it");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_disk_with_too_little_room_is_named() {
    let stack = Stack::new();
    let said = up_in(&stack, "9m");
    let wanted = format!("the disk of {} has 8 MiB free, and a stack needs 256", stack.root().display());
    assert!(said.contains(&wanted) || said.contains(&wanted.replace("8 MiB", "9 MiB")), "{said}");
    stack.runs_nothing();
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    for (data, reason) in [("/proc/stack", "No such file or directory"), ("/dev/null/stack", "File exists")] {
        let ran = mme_metrics_tests::command::run("/".as_ref(), ["stack", "up", "--native", "--data", data]);
        assert!(ran.code == Some(2) && ran.err.contains("cannot create /") && ran.err.contains(reason), "{ran:?}");
    }
}
