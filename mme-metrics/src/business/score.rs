//! Scores between 0 and 1.

use std::fmt;
use std::sync::OnceLock;

use super::label::ScoreKind;
use super::metrics::BUSINESS;
use crate::label::Refusal;
use crate::metric::{GaugeHandle, refuse};

/// A named score between 0 and 1, such as the satisfaction of customers. Make it a `static`.
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
    /// Makes a score with this name, the value of the label `kind`.
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, gauge: OnceLock::new() }
    }

    /// Sets the score. A value that is not between 0 and 1 is refused and counted in `mme_rejected_observations_total`.
    pub fn set(&self, score: f64) {
        match score {
            0.0..=1.0 => self.gauge().set(score),
            _ if !score.is_finite() => refuse(Refusal::NotFinite),
            _ if score < 0.0 => refuse(Refusal::Negative),
            _ => refuse(Refusal::Range),
        }
    }

    /// Removes a score that is no longer known. Nothing is exported until it is set again.
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
