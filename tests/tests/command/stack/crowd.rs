//! Commands on one stack at the same time take turns.

use mme_metrics_tests::command::finish;

use super::Stack;

#[test]
fn of_many_ups_one_starts_the_servers() {
    let stack = Stack::new();
    let ups: Vec<_> = (0..4).map(|_| stack.start_up(&[])).collect();
    let ran: Vec<_> = ups.into_iter().map(finish).collect();
    assert!(ran.iter().all(|ran| ran.code == Some(0)), "{ran:?}");
    let starters = ran.iter().filter(|ran| ran.err.contains("prometheus    ready (process ")).count();
    assert_eq!(starters, 1, "{ran:?}");
    let servers = stack.processes();
    assert_eq!(servers.iter().filter(|line| line.contains("--storage.tsdb.path=")).count(), 1, "{servers:?}");
    stack.succeeds(&["status"]);
    // Downs and ups in any order end with all or nothing.
    let crowd = [stack.start(&["down"]), stack.start_up(&[]), stack.start(&["down"])].map(finish);
    assert!(crowd.iter().all(|ran| ran.code == Some(0)), "{crowd:?}");
    let status = stack.run(&["status"]);
    let (running, all) = (status.out.matches(" running ").count(), stack.processes().len());
    assert!((status.code, running) == (Some(0), 5) || (status.code, all) == (Some(1), 0), "{status:?}");
    stack.succeeds(&["down"]);
    stack.runs_nothing();
}
