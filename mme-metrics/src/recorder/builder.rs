//! Set-up, the one place that can fail.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use metrics::Label;

use super::error::{BuildError, InstallError};
use super::family::Group;
use super::registry::{FOREIGN, Limits, Registry};
use super::{Collector, INSTALLED, Inner, Recorder};
use crate::catalog;
use crate::metric::{Family, Kind, Spec, claimed_names, learn_global};
use crate::{buckets, database, process};

/// Series with open labels that one family holds unless it is told otherwise.
const FAMILY_BUDGET: usize = 10_000;

/// Series with open labels that a process holds unless it is told otherwise.
const PROCESS_BUDGET: usize = 100_000;

/// Metrics without a catalogue entry that are admitted, and the series of all of them.
const FOREIGN_NAMES: usize = 1_000;

/// Decides what a recorder holds, then makes it.
///
/// ```
/// use mme_metrics::Recorder;
///
/// let recorder = Recorder::builder()
///     .global_label("region", "eu-west-1")
///     .buckets("http_server_request_duration_seconds", &[0.1, 1.0])
///     .family_budget("other", 2_000)
///     .build()?;
/// # Ok::<(), mme_metrics::recorder::BuildError>(())
/// ```
#[must_use = "a builder does nothing until `install` or `build` is called"]
pub struct RecorderBuilder {
    families: Vec<&'static dyn Family>,
    global_labels: Vec<(String, String)>,
    buckets: Vec<(String, Vec<f64>)>,
    family_budgets: HashMap<String, usize>,
    process_budget: usize,
    process_metrics: bool,
    build_info: Option<(String, String)>,
    collectors: Vec<Collector>,
}

impl Default for RecorderBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RecorderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families: Vec<_> = self.families.iter().map(|family| family.name()).collect();
        f.debug_struct("RecorderBuilder").field("families", &families).finish_non_exhaustive()
    }
}

impl RecorderBuilder {
    /// Starts with the families of this crate and the default budgets.
    pub(super) fn new() -> Self {
        Self {
            families: catalog::FAMILIES.to_vec(),
            global_labels: Vec::new(),
            buckets: Vec::new(),
            family_budgets: HashMap::new(),
            process_budget: PROCESS_BUDGET,
            process_metrics: true,
            build_info: None,
            collectors: Vec::new(),
        }
    }

    /// Adds a family of the service's own, made by [`family!`](crate::family).
    pub fn family(mut self, family: &'static dyn Family) -> Self {
        self.families.push(family);
        self
    }

    /// Puts a label on every series. A series that has the key already keeps its own value.
    pub fn global_label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.global_labels.push((key.into(), value.into()));
        self
    }

    /// Replaces the buckets of one histogram, of the catalogue or of another crate: ascending upper bounds without `+Inf`.
    pub fn buckets(mut self, metric: impl Into<String>, bounds: &[f64]) -> Self {
        self.buckets.push((metric.into(), bounds.to_vec()));
        self
    }

    /// Bounds the series with open labels that one family holds; 10 000 unless said otherwise. `other` is the name for all
    /// metrics without a catalogue entry, each of which may use a quarter of it.
    pub fn family_budget(mut self, family: impl Into<String>, series: usize) -> Self {
        self.family_budgets.insert(family.into(), series);
        self
    }

    /// Bounds the series with open labels of the whole process; 100 000 unless said otherwise.
    pub fn process_budget(mut self, series: usize) -> Self {
        self.process_budget = series;
        self
    }

    /// Turns the `process_*` metrics off, for a host that has them from elsewhere.
    pub fn without_process_metrics(mut self) -> Self {
        self.process_metrics = false;
        self
    }

    /// Sets `build_info`: the service's version, and the revision it was built from.
    pub fn build_info(mut self, version: impl Into<String>, revision: impl Into<String>) -> Self {
        self.build_info = Some((version.into(), revision.into()));
        self
    }

    /// Runs `collect` right before each exposition, to read figures that are kept elsewhere: a pool's, a queue's.
    ///
    /// What it emits goes to the recorder being built. It should be quick; a panic in it is caught.
    pub fn collect(mut self, collect: impl Fn() + Send + Sync + 'static) -> Self {
        self.collectors.push(Box::new(collect));
        self
    }

    /// Makes a recorder without installing it, for a test or for a registry of its own.
    ///
    /// # Errors
    ///
    /// When a family's or metric's name comes twice, a label or bucket list cannot be exported, or a budget or bucket list
    /// is set for something that does not exist.
    pub fn build(self) -> Result<Recorder, BuildError> {
        let specs = self.check()?;
        let budgets = &self.family_budgets;
        let budget = |name| budgets.get(name).copied().unwrap_or(FAMILY_BUDGET);
        let groups = self.families.iter().map(|family| Group::new(family.name(), budget(family.name()))).collect();
        let limits =
            Limits { series: self.process_budget, foreign_names: FOREIGN_NAMES, foreign_series: budget(FOREIGN) };
        let labels = self.global_labels.into_iter().map(|(key, value)| Label::new(key, value)).collect();
        let bounds = self.buckets.into_iter().map(|(metric, bounds)| (metric, Arc::from(bounds))).collect();
        let mut collectors = self.collectors;
        collectors.push(Box::new(database::report_pools));
        if self.process_metrics {
            collectors.push(Box::new(process::collect));
            collectors.push(Box::new(process::report_cores));
        }
        if let Some((version, revision)) = self.build_info {
            collectors.push(Box::new(move || process::report_build(&version, &revision)));
        }
        Ok(Recorder(Arc::new(Inner {
            registry: Registry::new(specs, groups, limits, labels, bounds),
            collectors,
            render_nanos: AtomicU64::new(0),
            refreshing: Mutex::new(()),
        })))
    }

    /// Makes the recorder and gives it to the process: from now on every metric goes there.
    ///
    /// Works inside and outside an async runtime, and starts no thread that stays.
    ///
    /// # Errors
    ///
    /// When [`build`](Self::build) fails, or the process has a recorder already; that one stays.
    pub fn install(self) -> Result<Recorder, InstallError> {
        let recorder = self.build().map_err(InstallError::Build)?;
        metrics::set_global_recorder(recorder.clone()).map_err(|_| InstallError::Taken)?;
        learn_global();
        // Only one caller gets here in the life of a process.
        let _ = INSTALLED.set(recorder.clone());
        Ok(recorder)
    }

    fn check(&self) -> Result<Vec<&'static Spec>, BuildError> {
        let mut specs: Vec<&'static Spec> = Vec::new();
        let mut names: Vec<&str> = vec![FOREIGN];
        let mut claimed = HashSet::new();
        for family in &self.families {
            if names.contains(&family.name()) {
                return Err(BuildError::Family(family.name().to_owned()));
            }
            names.push(family.name());
            for spec in family.specs() {
                if !claimed_names(spec.name, spec.kind).into_iter().all(|name| claimed.insert(name)) {
                    return Err(BuildError::Metric(spec.name.to_owned()));
                }
                specs.push(spec);
            }
        }
        if let Some((key, _)) = self.global_labels.iter().enumerate().find_map(|(at, (key, value))| {
            let again = self.global_labels[..at].iter().any(|(earlier, _)| earlier == key);
            (again || value.is_empty() || !is_global_key(key)).then_some((key, value))
        }) {
            return Err(BuildError::GlobalLabel(key.clone()));
        }
        for (metric, bounds) in &self.buckets {
            let no_histogram = specs.iter().any(|spec| spec.name == metric && spec.kind != Kind::Histogram);
            if no_histogram || !buckets::is_valid(bounds) {
                return Err(BuildError::Buckets(metric.clone()));
            }
        }
        match self.family_budgets.keys().find(|name| !names.contains(&name.as_str())) {
            Some(unknown) => Err(BuildError::Budget(unknown.clone())),
            None => Ok(specs),
        }
    }
}

fn is_global_key(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && key.len() <= 64
        && !key.starts_with("__")
        && !matches!(key, "le" | "quantile")
}
