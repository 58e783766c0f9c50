//! Checks that the isolation sentinel has checked lately, and that it passed.

use super::check::State;
use crate::prometheus::Prometheus;

pub(super) fn check(prometheus: &Prometheus) -> Result<State, String> {
    let sentinels = prometheus.query("max by (job, instance) (mme_isolation_interval_seconds)", None)?;
    if sentinels.is_empty() {
        return Ok(State::Skipped("no service has an isolation sentinel".to_owned()));
    }
    let ages =
        prometheus.query("max by (job, instance) (time() - mme_isolation_last_check_timestamp_seconds)", None)?;
    let passes = prometheus.query("min by (job, instance) (mme_isolation_sentinel)", None)?;
    let mut problems = Vec::new();
    for sentinel in &sentinels {
        let (job, instance) = (sentinel.label("job"), sentinel.label("instance"));
        let of = |samples: &[crate::prometheus::Sample]| {
            samples.iter().find(|s| s.label("job") == job && s.label("instance") == instance).map(|s| s.value)
        };
        // Two rounds and a minute: a round takes time, and a scrape comes later.
        let limit = 2.0 * sentinel.value + 60.0;
        match of(&ages) {
            None => problems.push(format!("{job} {instance}: the sentinel has not checked yet")),
            Some(age) if age > limit => problems.push(format!(
                "{job} {instance}: the sentinel last checked {age:.0} s ago, and should check every {:.0} s",
                sentinel.value
            )),
            Some(_) => {}
        }
        if of(&passes) == Some(0.0) {
            problems.push(format!(
                "{job} {instance}: the last round of the sentinel did not pass: tenants may see each other's data"
            ));
        }
    }
    Ok(State::of(problems, format!("{} sentinels have checked and passed", sentinels.len())))
}
