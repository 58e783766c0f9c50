//! One objective: which events are bad, and its series.

use std::fmt;
use std::time::Duration;

use metrics::Key;

use super::label::{SloName, SloReason};
use super::metrics::SLO;
use crate::clock::seconds_above;
use crate::event::{Event, Listener};
use crate::metric::{KeptSeries, SeriesKeys};
use crate::operation::{Operation, Outcome};

/// A service level objective: the share of events that has to be good, and which events are good.
///
/// Declare it as a `static`, so that it keeps its series and its name, ratio and threshold are checked at compile time. Two
/// objectives with one name count together.
///
/// ```
/// use std::time::Duration;
/// use mme_metrics::slo::Objective;
///
/// /// 99.5 % of the events succeed.
/// static SOUND: Objective = Objective::success("promote_success", 0.995);
/// /// 95 % of the events take at most 100 ms.
/// static QUICK: Objective = Objective::latency("promote_latency", 0.95, Duration::from_millis(100));
/// /// 99 % of the events succeed, and do so within 2 s.
/// static BOTH: Objective = Objective::success("import", 0.99).within(Duration::from_secs(2));
/// # [&SOUND, &QUICK, &BOTH].map(Objective::touch);
/// ```
///
/// A share of 1 leaves no error budget to burn, and does not compile:
///
/// ```compile_fail
/// # use mme_metrics::slo::Objective;
/// static PERFECT: Objective = Objective::success("perfect", 1.0);
/// ```
#[must_use = "an objective counts what it is attached to: give it to a layer, or name it in `#[instrument_metrics]`"]
pub struct Objective {
    name: &'static str,
    ratio: f64,
    /// Whether a failure is bad.
    errors: bool,
    /// The longest duration of a good event.
    threshold: Option<Duration>,
    /// The seconds above which a duration is longer than the threshold.
    late: f64,
    series: KeptSeries<3>,
}

/// Where the counters stand among the kept ones.
const EVENTS: usize = 0;
const ERRORS: usize = 1;
const LATE: usize = 2;

/// What an event is to an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Uncounted,
    Good,
    Bad(SloReason),
}

impl Objective {
    /// Creates an objective for the share of events that succeed. An event is bad if it failed: a 5xx, a panic, an incomplete
    /// body, an error that a function returned, or a gRPC status that is a server error.
    ///
    /// # Panics
    ///
    /// At compile time, in a `static`: when `name` is empty, longer than 128 bytes or has other characters than ASCII letters,
    /// digits and `_-./`, and when `ratio` is not between 0 and 1.
    pub const fn success(name: &'static str, ratio: f64) -> Self {
        Self::new(name, ratio, true)
    }

    /// Creates an objective for the share of events that take at most `threshold`. An event is bad if it took longer, whether or
    /// not it failed; use [`success`](Self::success) for failures.
    ///
    /// Durations are compared with the threshold itself, to the nanosecond, so it need not be the bound of a bucket. A duration of
    /// exactly the threshold is in time.
    ///
    /// # Panics
    ///
    /// As [`success`](Self::success), and when `threshold` is zero.
    pub const fn latency(name: &'static str, ratio: f64, threshold: Duration) -> Self {
        Self::new(name, ratio, false).within(threshold)
    }

    /// Also requires that events take at most `threshold`. A failed event that was also late counts once, as an error.
    ///
    /// # Panics
    ///
    /// At compile time, in a `static`: when `threshold` is zero.
    pub const fn within(mut self, threshold: Duration) -> Self {
        assert!(!threshold.is_zero(), "nothing takes no time at all: set a threshold above zero");
        self.threshold = Some(threshold);
        self.late = seconds_above(threshold);
        self
    }

    const fn new(name: &'static str, ratio: f64, errors: bool) -> Self {
        assert!(is_name(name), "an objective's name has 1 to 128 ASCII letters, digits and `_-./`");
        assert!(ratio > 0.0 && ratio < 1.0, "an objective is a share between 0 and 1, such as 0.995");
        Self { name, ratio, errors, threshold: None, late: f64::INFINITY, series: KeptSeries::new() }
    }

    /// Returns its name: the value of the label `slo`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Makes its series exist at zero, and exports its target.
    ///
    /// A layer does that for the objectives it is given. For those of functions call it once after
    /// [`RecorderBuilder::install`](crate::RecorderBuilder::install); else they appear with their first event.
    pub fn touch(&self) {
        self.series.touch(self);
    }

    /// Counts an event that ended so after so many seconds.
    ///
    /// Layers and guards call it; call it by hand for events that neither of them sees.
    #[inline]
    pub fn count(&self, outcome: Outcome, seconds: f64) {
        let counters: &[usize] = match self.judge(outcome, seconds) {
            Verdict::Uncounted => return,
            Verdict::Good => &[EVENTS],
            Verdict::Bad(SloReason::Error) => &[EVENTS, ERRORS],
            Verdict::Bad(SloReason::Latency) => &[EVENTS, LATE],
        };
        self.series.record(self, counters, None);
    }

    fn slo(&self) -> SloName {
        SloName::admit(self.name)
    }

    #[inline]
    fn judge(&self, outcome: Outcome, seconds: f64) -> Verdict {
        let is_late = seconds > self.late;
        match outcome {
            Outcome::Error(_) | Outcome::Panic if self.errors => Verdict::Bad(SloReason::Error),
            _ if is_late => Verdict::Bad(SloReason::Latency),
            // How it would have ended is not known.
            Outcome::Cancelled => Verdict::Uncounted,
            Outcome::Error(_) | Outcome::Panic | Outcome::Ok => Verdict::Good,
        }
    }
}

impl SeriesKeys<3> for Objective {
    fn counters(&self) -> [Key; 3] {
        let slo = self.slo();
        let bad = |reason| SLO.bad_events.key_with(&(slo, reason), &[]);
        [SLO.events.key_with(&(slo,), &[]), bad(SloReason::Error), bad(SloReason::Latency)]
    }

    fn constants(&self) -> Vec<(Key, f64)> {
        let labels = (self.slo(),);
        let threshold = self.threshold.map(|threshold| (SLO.threshold.key_with(&labels, &[]), threshold.as_secs_f64()));
        [(SLO.objective.key_with(&labels, &[]), self.ratio)].into_iter().chain(threshold).collect()
    }
}

const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if !(bytes[index].is_ascii_alphanumeric() || matches!(bytes[index], b'_' | b'-' | b'.' | b'/')) {
            return false;
        }
        index += 1;
    }
    !bytes.is_empty() && bytes.len() <= 128 && bytes[0] != b'_'
}

/// Classifies what a layer sees.
impl Listener for Objective {
    #[inline]
    fn ended(&self, event: &Event<'_>) {
        self.count(event.outcome, event.seconds);
    }

    fn touch(&self) {
        Self::touch(self);
    }

    fn identity(&self) -> Option<*const ()> {
        Some(std::ptr::from_ref(self).cast())
    }
}

/// Classifies a function, or a part of one.
impl Operation for &Objective {
    #[inline]
    fn start(&mut self, _: &'static [&'static str]) {
        self.series.touch(*self);
    }

    #[inline]
    fn end(self, outcome: Outcome, seconds: f64) {
        self.count(outcome, seconds);
    }
}

impl fmt::Debug for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, ratio, errors, threshold, .. } = self;
        f.debug_struct("Objective")
            .field("name", name)
            .field("ratio", ratio)
            .field("errors", errors)
            .field("threshold", threshold)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(100);

    #[track_caller]
    fn judged(objective: &Objective, outcome: Outcome, seconds: f64, verdict: Verdict) {
        assert_eq!(objective.judge(outcome, seconds), verdict, "{outcome:?} after {seconds} s");
    }

    #[test]
    fn an_objective_of_success_looks_at_failures_alone() {
        let objective = Objective::success("a", 0.9);
        judged(&objective, Outcome::Ok, 9.0, Verdict::Good);
        judged(&objective, Outcome::OTHER, 0.0, Verdict::Bad(SloReason::Error));
        judged(&objective, Outcome::Panic, 0.0, Verdict::Bad(SloReason::Error));
        judged(&objective, Outcome::Cancelled, 9.0, Verdict::Uncounted);
    }

    #[test]
    fn an_objective_of_latency_looks_at_time_alone() {
        let objective = Objective::latency("a", 0.9, QUICK);
        for outcome in [Outcome::Ok, Outcome::OTHER, Outcome::Panic] {
            judged(&objective, outcome, 0.1, Verdict::Good);
            judged(&objective, outcome, 0.100_000_001, Verdict::Bad(SloReason::Latency));
        }
    }

    /// By every way in which a clock's nanoseconds become seconds.
    #[test]
    fn a_duration_of_exactly_the_threshold_is_in_time() {
        for millis in 1..=10_000 {
            let (threshold, nanos) = (Duration::from_millis(millis), millis * 1_000_000);
            let objective = Objective::latency("a", 0.9, threshold);
            for seconds in [nanos as f64 * 1e-9, nanos as f64 / 1e9, threshold.as_secs_f64()] {
                judged(&objective, Outcome::Ok, seconds, Verdict::Good);
            }
            judged(&objective, Outcome::Ok, (nanos + 1) as f64 * 1e-9, Verdict::Bad(SloReason::Latency));
        }
    }

    #[test]
    fn what_was_cancelled_counts_only_if_it_was_late_already() {
        for objective in [Objective::latency("a", 0.9, QUICK), Objective::success("a", 0.9).within(QUICK)] {
            judged(&objective, Outcome::Cancelled, 0.1, Verdict::Uncounted);
            judged(&objective, Outcome::Cancelled, 0.2, Verdict::Bad(SloReason::Latency));
        }
    }

    #[test]
    fn a_late_failure_is_bad_once() {
        let objective = Objective::success("a", 0.9).within(QUICK);
        judged(&objective, Outcome::OTHER, 0.2, Verdict::Bad(SloReason::Error));
        judged(&objective, Outcome::Ok, 0.2, Verdict::Bad(SloReason::Latency));
        judged(&objective, Outcome::Ok, 0.1, Verdict::Good);
    }

    #[test]
    fn names_and_shares_that_cannot_be_are_refused() {
        for name in ["", "_a", "a b", "a\n", "ä", &*"a".repeat(129)] {
            assert!(!is_name(name), "{name}");
        }
        for ratio in [0.0, 1.0, 99.5, -0.5, f64::NAN] {
            let made = std::panic::catch_unwind(|| drop(Objective::success("a", ratio)));
            assert!(made.is_err(), "{ratio}");
        }
    }
}
