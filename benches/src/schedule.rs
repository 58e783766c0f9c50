//! How the system schedules the threads of a bench.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Says that this program was started by [`in_turn`].
const MARK: &str = "MME_BENCH_IN_TURN";

/// The policy `SCHED_FIFO`, at its least priority.
const POLICY: [&str; 2] = ["--fifo", "1"];

/// Runs this program again under a policy by which threads that share a processor take turns, if the system lets it: that
/// needs root. Else it goes on as it is.
///
/// Under the usual policy a thread that is woken may push off the thread that woke it. Where two of them work for each other,
/// a microsecond here or there then decides how often they are switched for the same work, which costs more than what is
/// measured. Under this one they are switched when one of them waits, the same number of times for every contestant, and no other
/// program runs in between.
pub fn in_turn() {
    let is_allowed = || Command::new("chrt").args(POLICY).arg("true").status().is_ok_and(|status| status.success());
    if env::var_os(MARK).is_some() || !is_allowed() {
        return;
    }
    if let Ok(program) = env::current_exe() {
        // It comes back only if it failed; the bench then runs as it is.
        _ = Command::new("chrt").args(POLICY).arg(program).args(env::args_os().skip(1)).env(MARK, "1").exec();
    }
}
