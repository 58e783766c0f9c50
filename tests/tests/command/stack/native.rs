//! A native stack with Debian's servers and the example service.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use mme_metrics_tests::command::{Ran, run};
use mme_metrics_tests::prometheus::patiently;
use mme_metrics_tests::service::Service;
use mme_metrics_tests::watched::hurried;

use super::{Stack, signal};

/// Changes a file of the export.
fn edit(root: &Path, path: &str, change: impl Fn(&str) -> String) {
    let path = root.join("assets").join(path);
    let text = fs::read_to_string(&path).expect("it was exported");
    fs::write(path, change(&text)).expect("it is ours");
}

/// Lets Prometheus scrape and evaluate each second.
fn hurry(root: &Path) {
    edit(root, "prometheus/prometheus.yml", |text| text.replace("_interval: 15s", "_interval: 1s"));
    for folder in ["rules", "alerts"] {
        let entries = fs::read_dir(root.join("assets/prometheus").join(folder)).expect("it was exported");
        for name in entries.map(|entry| entry.expect("an entry").file_name()) {
            edit(root, &format!("prometheus/{folder}/{}", name.to_string_lossy()), hurried);
        }
    }
}

fn verify(stack: &Stack) -> Ran {
    let (prometheus, alertmanager) = (stack.url("--prometheus-port"), stack.url("--alertmanager-port"));
    run(Path::new("."), ["verify", "--prometheus", &prometheus, "--alertmanager", &alertmanager, "--job", "shop"])
}

#[test]
fn a_stack_is_verified_and_leaves_nothing_behind() {
    let service = Service::start_with(&[], &[("RUST_LOG", "off")]);
    let stack = Stack::new();
    let target = service.address().to_string();
    fs::write(stack.directory.path().join("token"), "5ecret\n").expect("a file");
    let up = stack.up(&["--target", &target, "--job", "shop", "--token-file", "token"]);
    assert_eq!(up.code, Some(0), "{up:?}");
    assert!(up.err.contains("prometheus    ready (process ") && !up.err.contains('\u{1b}'), "{up:?}");
    assert!(up.out.contains(&format!("prometheus    {}\n", stack.url("--prometheus-port"))), "{up:?}");
    assert_eq!(fs::metadata(stack.root()).expect("it was made").permissions().mode() & 0o777, 0o700);
    // What a user changed in the export stays, also when the stack starts anew with the options that it had.
    hurry(&stack.root());
    let again = stack.succeeds(&["restart"]);
    assert!(again.err.contains("kept as you changed them: prometheus/"), "{again:?}");
    let healthy = || Some(verify(&stack)).filter(|ran| ran.code == Some(0)).ok_or(());
    patiently(healthy)
        .or_else(|()| patiently(healthy))
        .unwrap_or_else(|()| panic!("{}\n{}", verify(&stack).out, stack.run(&["logs"]).out));
    let began = Instant::now();
    let verified = verify(&stack);
    // The goal is 5 seconds; a busy machine gets more.
    assert!(verified.code == Some(0) && began.elapsed() < Duration::from_secs(30), "{verified:?}");
    assert!(
        verified.out.contains("shop 1/1") && verified.out.contains("the alert Watchdog has arrived"),
        "{verified:?}"
    );
    let notified = || Some(stack.run(&["logs", "pager"])).filter(|ran| ran.out.contains("Watchdog")).ok_or(());
    let pager = patiently(notified).expect("a notification reaches the pager");
    assert!(pager.out.contains("Z watchdog: firing NONE Watchdog: Alerting works"), "{pager:?}");
    no_secret(&stack);
    let down = stack.succeeds(&["down"]);
    assert!(down.out.contains("5 servers stopped"), "{down:?}");
    stack.runs_nothing();
    assert_eq!(stack.run(&["status"]).code, Some(1));
    assert_eq!(stack.succeeds(&["down"]).out, "nothing was running\n");
}

/// The token stands nowhere but in its file.
fn no_secret(stack: &Stack) {
    let mut open = vec![stack.root()];
    let mut files = 0;
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).expect("it is ours").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                open.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                files += 1;
                assert!(!bytes.windows(6).any(|part| part == b"5ecret"), "{}", path.display());
            }
        }
    }
    assert!(files > 100 && !stack.processes().iter().any(|line| line.contains("5ecret")));
}

#[test]
fn a_server_that_died_is_named_and_started_again() {
    let stack = Stack::new();
    assert_eq!(stack.up(&[]).code, Some(0));
    let all = stack.succeeds(&["status"]);
    assert_eq!(all.out.lines().filter(|line| line.contains(" running ")).count(), 5, "{all:?}");
    assert_eq!(stack.succeeds(&["health"]).out.matches(" ready").count(), 5);
    let addresses = stack.succeeds(&["endpoints"]).out;
    assert!(addresses.contains(&format!("node          {}\n", stack.url("--node-port"))), "{addresses}");
    let (dead, other) = (stack.pid("alertmanager").expect("it runs"), stack.pid("prometheus"));
    signal(dead, "KILL");
    let status = || Some(stack.run(&["status"])).filter(|ran| ran.code == Some(1)).ok_or(());
    let status = patiently(status).expect("it is dead");
    assert!(status.out.contains("alertmanager  dead ") && status.out.matches(" running ").count() == 4, "{status:?}");
    let health = stack.run(&["health"]);
    assert!(health.code == Some(1) && health.out.contains("alertmanager  NOT READY: it does not run\n"), "{health:?}");
    assert_eq!(stack.up(&[]).code, Some(0));
    stack.succeeds(&["status"]);
    assert_eq!(stack.pid("prometheus"), other, "what runs stays");
    assert_ne!(stack.pid("alertmanager"), Some(dead));
    let different = stack.up(&["--job", "other"]);
    assert!(different.code == Some(2) && different.err.contains("has a stack with other options"), "{different:?}");
    stack.succeeds(&["down"]);
    stack.runs_nothing();
}

#[test]
fn a_log_is_followed_until_its_reader_has_read_enough() {
    use std::io::{BufRead as _, BufReader};
    let stack = Stack::new();
    assert_eq!(stack.up(&[]).code, Some(0));
    let mut follower = stack.start(&["logs", "prometheus", "--follow"]);
    let out = follower.stdout.take().expect("it was asked for");
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("Server is ready to receive web requests")));
    drop(lines);
    // It learns of the closed pipe by the next line: that Prometheus reads its configuration again.
    signal(stack.pid("prometheus").expect("it runs"), "HUP");
    let ended = patiently(|| {
        let pid = follower.id();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.contains(") Z ") { Ok(()) } else { Err(stat) }
    });
    assert!(ended.is_ok(), "{ended:?}");
    assert_eq!(follower.wait().expect("it is ours").code(), Some(0));
    let every = stack.succeeds(&["logs"]);
    assert!(every.out.contains("prometheus    ") && every.out.contains("alertmanager  "), "{every:?}");
}
