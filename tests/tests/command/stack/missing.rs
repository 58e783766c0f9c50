//! What is missing or taken is named before anything is started.

use std::net::TcpListener;

use super::{PORTS, Stack};

/// Ends as a server that does not like its configuration.
const BROKEN: &str = "#!/bin/sh\necho 'the oven is cold' >&2\nexit 3\n";

#[test]
fn a_port_in_use_is_named_and_nothing_starts() {
    for option in PORTS {
        let stack = Stack::new();
        let _taken = TcpListener::bind(("127.0.0.1", stack.port(option))).expect("it was free");
        let ran = stack.up(&[]);
        let said = format!("port {} for {} is in use", stack.port(option), option[2..].trim_end_matches("-port"));
        assert!(ran.code == Some(2) && ran.err.contains(&said) && ran.err.contains(option), "{ran:?}");
        assert_eq!(stack.processes(), Vec::<String>::new());
        assert!(!stack.root().join("stack.json").exists(), "nothing is remembered");
    }
}

#[test]
fn a_port_that_is_wanted_twice_is_refused() {
    let mut stack = Stack::new();
    stack.ports[2] = stack.ports[1];
    let ran = stack.up(&[]);
    assert!(ran.code == Some(2) && ran.err.contains("--alertmanager-port and --prometheus-port are both "), "{ran:?}");
}

#[test]
fn a_missing_program_is_named_with_its_package() {
    let stack = Stack::with_scripts(&[], &[]);
    let ran = stack.up(&[]);
    let said = "`prometheus-alertmanager` or `alertmanager` is not on the path: install it, on Debian by `apt-get install \
                --no-install-recommends prometheus-alertmanager`";
    assert!(ran.code == Some(2) && ran.err.contains(said), "{ran:?}");
    let stack = Stack::with_scripts(&[("alertmanager", BROKEN)], &[]);
    let ran = stack.up(&[]);
    assert!(ran.code == Some(2) && ran.err.contains("`prometheus` is not on the path"), "{ran:?}");
    let stack = Stack::with_scripts(&[("alertmanager", BROKEN), ("prometheus", BROKEN)], &[]);
    let ran = stack.up(&["--probe", "http://127.0.0.1/"]);
    assert!(
        ran.code == Some(2) && ran.err.contains("apt-get install --no-install-recommends prometheus-blackbox"),
        "{ran:?}"
    );
    assert!(ran.err.contains("node          left out: "), "{ran:?}");
}

#[test]
fn a_server_that_does_not_start_says_why_and_takes_the_others_along() {
    let stack = Stack::with_scripts(&[("prometheus", BROKEN)], &["/usr/bin", "/bin"]);
    let ran = stack.up(&[]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("prometheus does not start (exit status: 3):\n  the oven is cold\n"), "{ran:?}");
    assert!(ran.err.contains("alertmanager  stopped again"), "{ran:?}");
    stack.runs_nothing();
    assert_eq!(stack.succeeds(&["down"]).out, "nothing was running\n");
    let file = Stack::with_scripts(&[("prometheus", "#!/nowhere/sh\n")], &["/usr/bin", "/bin"]);
    let ran = file.up(&[]);
    assert!(ran.code == Some(2) && ran.err.contains("cannot start /") && ran.err.contains("No such file"), "{ran:?}");
    file.runs_nothing();
}
