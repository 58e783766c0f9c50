//! Objectives: what their budget has left, and how fast it burns.

use crate::slo::SLO;

use super::chart::{Tick, increase};
use super::facts::Facts;
use super::ring::{Budget, Cost, Line};

/// Most objectives.
const MOST: usize = 50;

/// Samples in five minutes, and minutes in an hour.
const SLOTS: usize = 60;

/// Samples in a minute.
const EACH: u64 = 12;

/// The label that names an objective.
const SLO_LABEL: &str = "slo";

/// Events and bad events that were counted in a slot of time.
type EventCounts = [f64; 2];

/// One objective.
#[derive(Debug)]
pub(super) struct LiveObjective {
    pub(super) name: Box<str>,
    /// The share of events that has to be good.
    pub(super) target: f64,
    /// The time within which an event has to end.
    pub(super) threshold: Option<f64>,
    /// All since the process began.
    pub(super) total: EventCounts,
    /// The burn rate over five minutes.
    pub(super) burn: Line,
    minutes: Box<[EventCounts; SLOTS]>,
    samples: Box<[EventCounts; SLOTS]>,
}

/// The objectives of the process.
#[derive(Debug, Default)]
pub(super) struct Objectives {
    pub(super) list: Vec<LiveObjective>,
    /// Objectives that there was no room for.
    pub(super) left_out: usize,
}

impl Objectives {
    /// Takes a sample.
    pub(super) fn observe(&mut self, facts: &Facts, tick: Tick, budget: &mut Budget) {
        self.left_out = 0;
        for fact in facts.of(SLO.objective.spec()) {
            let name = fact.label(SLO_LABEL);
            let total =
                [SLO.events.spec(), SLO.bad_events.spec()].map(|spec| facts.sum(spec, SLO_LABEL, &name).unwrap_or(0.0));
            let at = self.list.iter().position(|objective| *objective.name == *name);
            let at = match at {
                Some(at) => at,
                None if self.list.len() == MOST => {
                    self.left_out += 1;
                    continue;
                }
                None => {
                    let cost = Cost { lines: 1, words: 0, text: name.len() };
                    let Some(burn) = budget.take(cost, 0, tick.sample).and_then(|mut lines| lines.pop()) else {
                        self.left_out += 1;
                        continue;
                    };
                    let begins = if tick.is_first() { total } else { [0.0; 2] };
                    self.list.push(LiveObjective::new(&name, begins, burn));
                    self.list.len() - 1
                }
            };
            let objective = &mut self.list[at];
            objective.target = fact.value;
            objective.threshold = facts.sum(SLO.threshold.spec(), SLO_LABEL, &name);
            objective.observe(total, tick);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let bytes = |objective: &LiveObjective| {
            size_of::<LiveObjective>()
                + objective.name.len()
                + objective.burn.bytes()
                + 2 * size_of::<[EventCounts; SLOTS]>()
        };
        self.list.iter().map(bytes).sum()
    }
}

impl LiveObjective {
    fn new(name: &str, total: EventCounts, burn: Line) -> Self {
        let empty = || Box::new([[0.0; 2]; SLOTS]);
        Self { name: name.into(), target: 0.0, threshold: None, total, burn, minutes: empty(), samples: empty() }
    }

    fn observe(&mut self, total: EventCounts, tick: Tick) {
        let added = [0, 1].map(|at| increase(self.total[at], total[at]));
        self.total = total;
        self.samples[slot(tick.sample)] = added;
        let minute = &mut self.minutes[slot(tick.sample / EACH)];
        if tick.sample.is_multiple_of(EACH) {
            *minute = [0.0; 2];
        }
        *minute = [minute[0] + added[0], minute[1] + added[1]];
        self.burn.set(tick.sample, self.burn_5m().unwrap_or(f64::NAN));
    }

    /// Returns the burn rate of the last five minutes: 1 spends the budget exactly in the period of the objective.
    pub(super) fn burn_5m(&self) -> Option<f64> {
        self.burn_of(sum(&*self.samples))
    }

    /// Returns the burn rate of the last hour, or of as much of it as this page has seen.
    pub(super) fn burn_1h(&self) -> Option<f64> {
        self.burn_of(self.last_hour())
    }

    /// Returns the events and the bad events of the last hour.
    pub(super) fn last_hour(&self) -> EventCounts {
        sum(&*self.minutes)
    }

    /// Returns the share of the budget that is left of the events since the process began; negative if more is spent than there is.
    pub(super) fn budget_left(&self) -> Option<f64> {
        self.burn_of(self.total).map(|burn| 1.0 - burn)
    }

    fn burn_of(&self, [events, bad]: EventCounts) -> Option<f64> {
        let budget = 1.0 - self.target;
        (events > 0.0 && budget > 0.0).then(|| bad / events / budget)
    }
}

fn sum(slots: &[EventCounts]) -> EventCounts {
    slots.iter().fold([0.0; 2], |sum, counts| [sum[0] + counts[0], sum[1] + counts[1]])
}

/// Lossless: the remainder is less than `SLOTS`.
#[allow(clippy::cast_possible_truncation)]
fn slot(number: u64) -> usize {
    (number % SLOTS as u64) as usize
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "the figures are whole numbers, which are exact")]

    use super::*;

    #[test]
    fn a_burn_rate_is_the_share_of_bad_events_over_the_budget_and_forgets() {
        let cost = Cost { lines: 1, words: 0, text: 0 };
        let line = Budget::default().take(cost, 0, 1).unwrap().remove(0);
        let mut objective = LiveObjective { target: 0.9, ..LiveObjective::new("reads", [0.0; 2], line) };
        let tick = |sample| Tick { sample, elapsed: 5.0, unix: 0.0 };
        assert_eq!((objective.burn_5m(), objective.budget_left()), (None, None));
        for sample in 1..=10 {
            objective.observe([10.0 * sample as f64, 2.0 * sample as f64], tick(sample));
        }
        let near = |value: Option<f64>, wanted: f64| value.is_some_and(|value| (value - wanted).abs() < 1e-9);
        assert!(near(objective.burn_5m(), 2.0) && near(objective.burn_1h(), 2.0), "{objective:?}");
        assert!(near(objective.budget_left(), -1.0));
        for sample in 11..=71 {
            objective.observe([100.0, 20.0], tick(sample));
        }
        assert!(objective.burn_5m().is_none() && near(objective.burn_1h(), 2.0));
        for sample in 72..=800 {
            objective.observe([100.0, 20.0], tick(sample));
        }
        assert_eq!(objective.last_hour(), [0.0; 2]);
        // The service has no way to count downwards, but if it did, that would be a new beginning.
        objective.observe([5.0, 0.0], tick(801));
        assert_eq!(objective.last_hour(), [5.0, 0.0]);
    }
}
