//! Puts what an operator has set over what the code has set.

use super::builder::RecorderBuilder;
use super::global_label::{ACCEPTS, MOST, is_global_label};
use super::handle::Recorder;
use super::registry::FOREIGN;
use crate::metric::{Kind, Spec};
use crate::settings::{ANY, Names, Settings, SettingsError};

impl RecorderBuilder {
    /// Takes over what the operator sets, which wins over the code, before and after this call. A second call replaces the first.
    ///
    /// ```no_run
    /// use mme_metrics::Recorder;
    /// use mme_metrics::settings::Settings;
    ///
    /// let recorder = Recorder::builder().settings(Settings::from_env()?).install()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Checks the settings, and puts them over what the code has set.
    pub(super) fn under_settings(mut self, specs: &[&'static Spec]) -> Result<Self, SettingsError> {
        self.check_settings(specs)?;
        self.disable(specs);
        let Settings { family_budgets, process_budget, histogram_forms, labels, .. } = &self.settings;
        for (key, value) in labels {
            self.global_labels.retain(|(own, _)| own != key);
            self.global_labels.push((key.clone(), value.value.clone()));
        }
        self.family_budgets.extend(family_budgets.iter().map(|(family, budget)| (family.clone(), budget.value)));
        self.process_budget = process_budget.as_ref().map_or(self.process_budget, |budget| budget.value);
        if let Some(form) = histogram_forms.get(ANY) {
            self.forms.all = Some(form.value);
            // The operator's `*` also wins over the code's choice for one metric.
            self.forms.by_metric.clear();
        }
        let by_metric = histogram_forms.iter().filter(|(metric, _)| *metric != ANY);
        self.forms.by_metric.extend(by_metric.map(|(metric, form)| (metric.clone(), form.value)));
        self.buckets = self.buckets_by_operator();
        Ok(self)
    }

    /// Returns the bucket lists of the code and then those of the operator. The last of a metric holds.
    pub(super) fn buckets_by_operator(&self) -> Vec<(String, Vec<f64>)> {
        let set = self.settings.buckets.iter().map(|(metric, bounds)| (metric.clone(), bounds.value.clone()));
        self.buckets.iter().cloned().chain(set).collect()
    }

    fn check_settings(&self, specs: &[&'static Spec]) -> Result<(), SettingsError> {
        let settings = &self.settings;
        let families = self.families.iter().map(|family| family.name()).chain([FOREIGN]).map(str::to_owned);
        let declared = specs.iter().map(|spec| (spec.name.to_owned(), spec.kind == Kind::Histogram));
        // Metrics of other crates, which the code knows.
        let named = self.buckets.iter().map(|(name, _)| name).chain(self.forms.by_metric.keys());
        let metrics = declared.chain(named.map(|name| (name.clone(), true))).collect();
        settings.check(&Names { families: families.collect(), metrics })?;
        for (key, value) in &settings.labels {
            if !is_global_label(key, &value.value) {
                let place = &value.place;
                let accepts = format!("`{}` cannot be a label of every series: use {ACCEPTS}", key.escape_debug());
                return Err(SettingsError::invalid(place, accepts));
            }
        }
        // Those of the code stand on every series too, unless the operator replaces them.
        let of_code = self.global_labels.iter().filter(|(key, _)| !settings.labels.contains_key(key)).count();
        let labels = settings.labels.iter().skip(MOST.saturating_sub(of_code));
        if let Some((_, label)) = labels.last() {
            let accepts = format!("a series cannot have so many labels: use at most {MOST} that are on every series");
            return Err(SettingsError::invalid(&label.place, accepts));
        }
        settings.check_listener()
    }

    /// Notes what is disabled: families with their metrics, and single metrics.
    fn disable(&mut self, specs: &[&'static Spec]) {
        let value = |name: &crate::settings::Setting<String>| name.value.clone();
        self.disabled.families = self.settings.disabled_families.iter().map(value).collect();
        let of_families = specs.iter().filter(|spec| self.disabled.families.contains(spec.family));
        let single = self.settings.disabled_metrics.iter().map(value);
        self.disabled.metrics = of_families.map(|spec| spec.name.to_owned()).chain(single).collect();
    }
}

impl Recorder {
    /// Returns what the operator has set for this recorder.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }
}
