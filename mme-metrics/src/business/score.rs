//! Scores between 0 and 1.

use std::fmt;
use std::sync::OnceLock;

use super::BUSINESS;
use super::label::ScoreKind;
use crate::label::Refusal;
use crate::metric::{GaugeHandle, refuse};

/// How good something is, between 0 and 1, by what it scores. Make it a `static`.
///
/// ```
/// use mme_metrics::business::BusinessScore;
///
/// static SATISFACTION: BusinessScore = BusinessScore::new("satisfaction");
///
/// SATISFACTION.set(0.93);
/// ```
pub struct BusinessScore {
    kind: &'static str,
    gauge: OnceLock<GaugeHandle>,
}

impl BusinessScore {
    /// Names what is scored, as it stands in the label `kind`.
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, gauge: OnceLock::new() }
    }

    /// Tells the score. What is not between 0 and 1 is refused and counted in `mme_rejected_observations_total`.
    pub fn set(&self, score: f64) {
        match score {
            0.0..=1.0 => self.gauge().set(score),
            _ if !score.is_finite() => refuse(Refusal::NotFinite),
            _ if score < 0.0 => refuse(Refusal::Negative),
            _ => refuse(Refusal::Range),
        }
    }

    /// Takes the score away, because it is known no more: nothing is exported until it is set again.
    pub fn clear(&self) {
        self.gauge().clear();
    }

    fn gauge(&self) -> &GaugeHandle {
        self.gauge.get_or_init(|| BUSINESS.score.with((ScoreKind::admit(self.kind),)))
    }
}

impl fmt::Debug for BusinessScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BusinessScore").field(&self.kind).finish()
    }
}
