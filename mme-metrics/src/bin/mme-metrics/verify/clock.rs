//! Checks the clock of Prometheus against the one of this machine, and the clocks of services against that of Prometheus.

use std::time::SystemTime;

use super::check::State;
use crate::prometheus::Prometheus;

/// Largest difference in seconds. Clocks that are set by NTP differ by less than one.
const TOLERANCE: f64 = 30.0;

pub(super) fn check(prometheus: &Prometheus) -> Result<State, String> {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let before = now();
    let theirs = prometheus.query("time()", None)?.first().map_or(f64::NAN, |sample| sample.value);
    // What the request took is no difference.
    let behind = (before - theirs).max(0.0);
    let ahead = (theirs - now()).max(0.0);
    let mut problems = Vec::new();
    if !theirs.is_finite() || behind > TOLERANCE || ahead > TOLERANCE {
        let (seconds, side) = if ahead > behind { (ahead, "ahead of") } else { (behind, "behind") };
        problems
            .push(format!("the clock of Prometheus is {seconds:.0} s {side} the one of this machine: set both by NTP"));
    }
    let future = format!("max by (job, instance) (process_start_time_seconds - time()) > {TOLERANCE}");
    for sample in prometheus.query(&future, None)? {
        problems.push(format!(
            "{} {}: the process starts {:.0} s from now: set the clock of its machine by NTP",
            sample.label("job"),
            sample.label("instance"),
            sample.value
        ));
    }
    Ok(State::of(problems, format!("{:.1} s apart", behind.max(ahead))))
}
