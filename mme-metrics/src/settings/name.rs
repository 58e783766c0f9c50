//! Checks the names in settings against the families and metrics that exist.

use super::error::SettingsError;
use super::list::ANY;
use super::value::{Setting, Settings};
use crate::suggestion::closest;

/// What exists, as far as settings name it.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The families, including `other`.
    pub(crate) families: Vec<String>,
    /// The metrics, and whether each is a histogram.
    pub(crate) metrics: Vec<(String, bool)>,
}

impl Settings {
    /// Checks every name.
    pub(crate) fn check(&self, names: &Names) -> Result<(), SettingsError> {
        for Setting { value: family, place } in &self.disabled_families {
            names.family(family, place)?;
        }
        for (family, budget) in &self.family_budgets {
            names.family(family, &budget.place)?;
        }
        for Setting { value: metric, place } in &self.disabled_metrics {
            names.metric(metric, place)?;
        }
        for (metric, bounds) in &self.buckets {
            names.histogram(metric, &bounds.place)?;
        }
        for (metric, form) in self.histogram_forms.iter().filter(|(metric, _)| *metric != ANY) {
            names.histogram(metric, &form.place)?;
        }
        Ok(())
    }
}

impl Names {
    fn family(&self, name: &str, place: &str) -> Result<(), SettingsError> {
        let known = || self.families.iter().map(String::as_str);
        if known().any(|known| known == name) {
            return Ok(());
        }
        let otherwise = format!("use one of {}", known().collect::<Vec<_>>().join(", "));
        Err(SettingsError::unknown(place, "family", name, closest(name, known()), &otherwise))
    }

    /// Finds a metric, and returns whether it is a histogram.
    fn metric(&self, name: &str, place: &str) -> Result<bool, SettingsError> {
        if let Some((_, is_histogram)) = self.metrics.iter().find(|(known, _)| known == name) {
            return Ok(*is_histogram);
        }
        let meant = closest(name, self.metrics.iter().map(|(known, _)| known.as_str()));
        let otherwise = "use the name of a metric of this service, as METRICS.md lists them";
        Err(SettingsError::unknown(place, "metric", name, meant, otherwise))
    }

    fn histogram(&self, name: &str, place: &str) -> Result<(), SettingsError> {
        if self.metric(name, place)? {
            return Ok(());
        }
        Err(SettingsError::invalid(place, format!("`{name}` is no histogram: name a histogram")))
    }
}
