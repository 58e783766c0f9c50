//! The number, failures and durations of a group of traces.

use crate::spike::SpikeCause;
use crate::spike::trace::Trace;

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) entries: u64,
    pub(super) errors: u64,
    seconds: Vec<f64>,
}

impl Tally {
    pub(super) fn add(&mut self, trace: &Trace) {
        self.entries += 1;
        self.errors += u64::from(trace.cause == SpikeCause::Error);
        self.seconds.push(trace.seconds);
    }

    /// Returns the quantile `q` by nearest rank, which is always a measured duration.
    pub(super) fn quantile(&self, q: f64) -> Option<f64> {
        let mut sorted = self.seconds.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        // Between 1 and the number of durations.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rank = (q * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_duration_that_was_measured() {
        let tally = Tally { entries: 4, errors: 0, seconds: vec![4.0, 1.0, 3.0, 2.0] };
        assert_eq!([0.0, 0.5, 0.51, 0.95, 1.0].map(|q| tally.quantile(q)), [1.0, 2.0, 3.0, 4.0, 4.0].map(Some));
        assert_eq!(Tally::default().quantile(0.5), None);
    }
}
