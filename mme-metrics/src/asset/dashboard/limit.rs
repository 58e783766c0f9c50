//! The limits at which a panel changes its colour.

/// The side of a limit on which values are bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Above,
    Below,
}

/// A value at which a panel turns yellow or red.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) at: f64,
    pub(super) color: &'static str,
    pub(super) side: Side,
    /// The alert with the same limit.
    pub(super) alert: Option<&'static str>,
}

/// The colour of a value within all limits.
const GOOD: &str = "green";

/// The smallest value above 0, for the limit of an alert with `> 0`, which does not fire at 0.
const ABOVE_ZERO: f64 = 1e-9;

/// Returns the colours with the values at which they begin. The first begins at minus infinity.
pub(super) fn steps(limits: &[Limit]) -> Vec<(Option<f64>, &'static str)> {
    let mut sorted = limits.to_vec();
    sorted.sort_by(|left, right| left.at.total_cmp(&right.at));
    let below = sorted.iter().filter(|limit| limit.side == Side::Below);
    let above = sorted.iter().filter(|limit| limit.side == Side::Above);
    // Values below a limit have its colour. Values from it on have the colour of the next limit.
    let bases = below.clone().map(|limit| limit.color).chain([GOOD]);
    let starts = std::iter::once(None).chain(below.map(|limit| Some(limit.at)));
    let mut steps: Vec<_> = starts.zip(bases).collect();
    steps.extend(above.map(|limit| (Some(if limit.at == 0.0 { ABOVE_ZERO } else { limit.at }), limit.color)));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(at: f64, color: &'static str, side: Side) -> Limit {
        Limit { at, color, side, alert: None }
    }

    #[test]
    fn values_turn_yellow_and_red_on_the_bad_side() {
        let above = [limit(2.0, "red", Side::Above), limit(0.1, "yellow", Side::Above)];
        assert_eq!(steps(&above), [(None, "green"), (Some(0.1), "yellow"), (Some(2.0), "red")]);
        let below = [limit(30.0, "yellow", Side::Below), limit(7.0, "red", Side::Below)];
        assert_eq!(steps(&below), [(None, "red"), (Some(7.0), "yellow"), (Some(30.0), "green")]);
        assert_eq!(steps(&[]), [(None, "green")]);
    }

    #[test]
    fn nothing_is_not_past_a_limit_of_more_than_nothing() {
        assert_eq!(steps(&[limit(0.0, "red", Side::Above)])[1], (Some(ABOVE_ZERO), "red"));
    }
}
