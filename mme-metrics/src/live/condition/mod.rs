//! Conditions of bundled alerts, judged by what this process knows.

mod alert;
mod evidence;
mod judge;

pub(super) use self::alert::Alert;
pub(super) use self::evidence::Evidence;
pub(super) use self::judge::Finding;

use self::judge::{JUDGES, Judge};

/// Most findings at one time.
const MOST: usize = 50;

/// The longest name of what a finding is about.
const MAX_SUBJECT: usize = 256;

/// A condition that holds.
#[derive(Debug)]
pub(super) struct ActiveCondition {
    /// The place of its alert.
    pub(super) alert: usize,
    pub(super) finding: Finding,
    /// Unix time since which it holds without a break.
    pub(super) since: f64,
}

/// The alerts that are judged, and what holds at present.
pub(super) struct Conditions {
    judged: Vec<(Alert, Judge)>,
    pub(super) active: Vec<ActiveCondition>,
}

impl Conditions {
    pub(super) fn new() -> Self {
        let alert = |(name, limits, judge): (&'static str, usize, Judge)| {
            // An alert that was changed so far that its limits are not found is not judged.
            let alert = Alert::find(name).filter(|alert| alert.limits.len() >= limits)?;
            Some((alert, judge))
        };
        Self { judged: JUDGES.into_iter().filter_map(alert).collect(), active: Vec::new() }
    }

    /// Judges a sample.
    pub(super) fn observe(&mut self, evidence: &Evidence<'_>) {
        let before = std::mem::take(&mut self.active);
        for (at, (alert, judge)) in self.judged.iter().enumerate() {
            for mut finding in judge(evidence, &alert.limits) {
                if self.active.len() == MOST {
                    return;
                }
                finding.subject.truncate(finding.subject.floor_char_boundary(MAX_SUBJECT));
                let held = before.iter().find(|held| held.alert == at && held.finding.subject == finding.subject);
                let since = held.map_or(evidence.unix, |held| held.since);
                self.active.push(ActiveCondition { alert: at, finding, since });
            }
        }
    }

    pub(super) fn alert(&self, condition: &ActiveCondition) -> Option<&Alert> {
        self.judged.get(condition.alert).map(|(alert, _)| alert)
    }

    /// Iterates over the names of the alerts that are judged.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.judged.iter().map(|(alert, _)| alert.name)
    }
}

impl std::fmt::Debug for Conditions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conditions").field("active", &self.active).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
