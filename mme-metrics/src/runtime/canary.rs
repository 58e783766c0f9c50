//! The canary: a task that measures how late the timers of its runtime wake.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::label::RuntimeName;
use super::metrics::RUNTIME;

/// How long the canary sleeps. A stall that is longer than this and [`STALL`] together is always counted.
const PERIOD: Duration = Duration::from_millis(50);

/// A delay above this is a stall. Timers of tokio have a resolution of a millisecond, and a healthy runtime is a few late.
const STALL: Duration = Duration::from_millis(100);

/// Sleeps again and again, and records each time how late it woke.
///
/// The clock is that of the runtime, so a test with paused time has no delays but those it makes.
pub(super) async fn sing(runtime: RuntimeName) {
    let delays = RUNTIME.delay.with((runtime,));
    let stalls = RUNTIME.stalls.with((runtime,));
    delays.touch();
    stalls.touch();
    loop {
        let due = Instant::now() + PERIOD;
        sleep_until(due).await;
        let late = Instant::now().saturating_duration_since(due);
        delays.record(late.as_secs_f64());
        if late > STALL {
            stalls.increment();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::testing::record;

    /// Runs a canary on a paused clock, and ends after `test`.
    fn with_canary<F: Future<Output = ()> + Send + 'static>(test: fn() -> F) -> crate::testing::Emission {
        let name = RuntimeName::register("canary tests").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        record(|| {
            runtime.block_on(async {
                let canary = tokio::spawn(sing(name));
                tokio::task::yield_now().await;
                test().await;
                // The driver wakes the canary in the first round, and it runs in the second.
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
                canary.abort();
                assert!(canary.await.unwrap_err().is_cancelled());
            });
        })
    }

    #[test]
    fn a_runtime_that_was_blocked_for_two_seconds_has_one_stall_of_that_length() {
        let name = RuntimeName::register("canary tests").unwrap();
        let emission = with_canary(|| async {
            // The timer is due after 50 ms; nothing runs until two seconds have passed.
            advance(Duration::from_secs(2)).await;
        });
        emission.expect().counter(&RUNTIME.stalls, (name,), 1).histogram(&RUNTIME.delay, (name,), 1).only();
    }

    #[test]
    fn a_runtime_in_time_has_no_stall() {
        let name = RuntimeName::register("canary tests").unwrap();
        let emission = with_canary(|| async {
            for _ in 0..10 {
                advance(PERIOD).await;
                tokio::task::yield_now().await;
            }
        });
        emission.expect().counter(&RUNTIME.stalls, (name,), 0).histogram(&RUNTIME.delay, (name,), 10).only();
    }

    #[test]
    fn the_period_and_a_stall_are_far_below_what_the_alert_looks_for() {
        assert!(PERIOD + STALL < Duration::from_millis(500));
    }
}
