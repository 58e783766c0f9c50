//! Options that are wrong or hostile are refused with a clear message, and nothing is written.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use mme_metrics_tests::command::run;

use super::Stack;

#[test]
fn a_directory_that_is_not_the_stacks_is_refused() {
    let stack = Stack::with_scripts(&[], &[]);
    let path = stack.directory.path();
    fs::create_dir(path.join("full")).expect("a new folder");
    fs::write(path.join("full/mine"), "").expect("a new file");
    fs::create_dir(path.join("real")).expect("a new folder");
    symlink(path.join("real"), path.join("link")).expect("a new link");
    for (data, said) in [
        ("full", "full is not empty, and no `stack up` made it: choose another directory by --data"),
        ("full/mine", "cannot create "),
        ("link", "link is a symbolic link, which is not followed"),
        ("link/", "link is a symbolic link, which is not followed"),
        ("real/..", "does not end with the name of a directory"),
        ("a*b", "has a character that Prometheus would not take literally"),
        ("a\nb", "has a character that Prometheus would not take literally"),
        ("[a]", "has a character that Prometheus would not take literally"),
    ] {
        let ran = run(path, ["stack", "up", "--native", "--data", data]);
        assert!(ran.code == Some(2) && ran.err.contains(said), "{data:?}: {ran:?}");
    }
    assert_eq!(fs::read_dir(path.join("full")).expect("a folder").count(), 1);
    assert_eq!(fs::read_dir(path.join("real")).expect("a folder").count(), 0);
    // What is not a stack is not stopped either.
    for command in ["down", "restart", "status", "health", "endpoints", "logs"] {
        let ran = run(path, ["stack", command, "--data", "full"]);
        assert!(format!("{ran:?}").contains("no stack runs here"), "{ran:?}");
        let ran = run(path, ["stack", command, "--data", "link"]);
        assert!(ran.code == Some(2) && ran.err.contains("symbolic link"), "{ran:?}");
    }
}

#[test]
fn an_option_that_would_break_a_configuration_is_refused() {
    let stack = Stack::with_scripts(&[("alertmanager", "#!/bin/sh"), ("prometheus", "#!/bin/sh")], &[]);
    for (option, value, said) in [
        ("--job", "a\nb", "the job \"a\\nb\""),
        ("--job", "node", "the job \"node\""),
        ("--job", "", "the job \"\""),
        ("--target", "shop", "write it as HOST:PORT"),
        ("--target", "http://shop:80", "write it as HOST:PORT"),
        ("--target", "shop:0", "write it as HOST:PORT"),
        ("--target", "a b:80", "write it as HOST:PORT"),
        ("--target", "me:5ecret@shop:80", "write it as HOST:PORT"),
        ("--metrics-path", "metrics", "write it as /PATH"),
        ("--metrics-path", "/a b", "write it as /PATH"),
        ("--probe", "http://me:5ecret@shop/", "write it as http://HOST/PATH"),
        ("--probe", "file:///etc/passwd", "write it as http://HOST/PATH"),
        ("--prometheus-port", "0", "is not in 1..=65535"),
        ("--token-file", "/nowhere", "cannot read /nowhere"),
        ("--token-file", "/", "/ is a directory: name a file"),
        ("--alertmanager-config", "/nowhere", "cannot read /nowhere"),
    ] {
        let ran = stack.up(&[&format!("{option}={value}")]);
        assert!(matches!(ran.code, Some(2)) && ran.err.contains(said), "{option} {value:?}: {ran:?}");
        assert!(!format!("{ran:?}").contains("5ecret"), "{ran:?}");
        assert!(!stack.root().join("stack.json").exists(), "{option} {value:?}");
    }
    let ran = run(Path::new("."), ["stack", "up", "--job", "shop"]);
    assert!(ran.code == Some(2) && ran.err.contains("--native"), "{ran:?}");
}

#[test]
fn the_name_of_a_log_leads_nowhere_else() {
    let stack = Stack::with_scripts(&[], &[]);
    fs::create_dir_all(stack.root().join("log")).expect("a new folder");
    fs::write(stack.root().join("stack.lock"), "").expect("a new file");
    for (name, said) in [
        ("../../etc/passwd", "use letters, digits, `-` and `_`"),
        ("/etc/passwd", "use letters, digits, `-` and `_`"),
        ("-x", "unexpected argument '-x'"),
        ("promethus", "unknown server \"promethus\": it is one of pager, alertmanager, prometheus"),
        ("prometheus", "prometheus.log: No such file or directory"),
    ] {
        let ran = stack.run(&["logs", name]);
        assert!(ran.code == Some(2) && ran.err.contains(said), "{name}: {ran:?}");
    }
    // A log may hold the text of a stranger.
    fs::write(stack.root().join("log/prometheus.log"), "a\u{1b}[31mb http://me:5ecret@shop/?key=5ecret\nhalf")
        .expect("a file");
    assert_eq!(stack.succeeds(&["logs", "prometheus"]).out, "a [31mb http://shop\n");
}
