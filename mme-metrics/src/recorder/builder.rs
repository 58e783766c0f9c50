//! The builder of a recorder: checks its configuration, and is the only part of the recorder that can fail.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use metrics::Label;

use super::collector::{self, CollectorList, Collectors};
use super::disabled::DisabledMetrics;
use super::error::BuildError;
use super::exemplar::{ExemplarFilter, ExemplarPolicy};
use super::family::Group;
use super::forms::Forms;
use super::global_label::{self, is_global_label};
use super::handle::Recorder;
use super::registry::{FOREIGN, Limits, Registry};
use super::state::{Poll, State};
use crate::catalog;
use crate::metric::{Family, HistogramForm, Kind, Spec, claimed_names};
use crate::{buckets, process};

/// Default budget of a family: the largest number of its series with open labels.
const FAMILY_BUDGET: usize = 10_000;

/// Default budget of the process: the largest number of series with open labels in all families.
const PROCESS_BUDGET: usize = 100_000;

/// Largest number of metrics that have no catalogue entry.
const FOREIGN_NAMES: usize = 1_000;

/// Families that are read from the operating system.
const OF_PROCESS: [&str; 2] = ["process", "memory"];

/// The builder of a recorder: sets its families, global labels, buckets and budgets. [`Recorder::builder`] returns one.
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
    pub(super) families: Vec<&'static dyn Family>,
    pub(super) global_labels: Vec<(String, String)>,
    pub(super) buckets: Vec<(String, Vec<f64>)>,
    pub(super) forms: Forms,
    pub(super) family_budgets: HashMap<String, usize>,
    pub(super) process_budget: usize,
    pub(super) disabled: DisabledMetrics,
    #[cfg(feature = "settings")]
    pub(super) settings: crate::settings::Settings,
    process_metrics: bool,
    build_info: Option<(String, String)>,
    collectors: CollectorList,
    deadline: Duration,
    exemplars: ExemplarFilter,
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

impl Recorder {
    /// Returns a builder that configures the families, labels, buckets and budgets of a recorder.
    pub fn builder() -> RecorderBuilder {
        RecorderBuilder::new()
    }
}

impl RecorderBuilder {
    /// Creates a builder with the families of this crate and the default budgets.
    fn new() -> Self {
        Self {
            families: catalog::FAMILIES.to_vec(),
            global_labels: Vec::new(),
            buckets: Vec::new(),
            forms: Forms::default(),
            family_budgets: HashMap::new(),
            process_budget: PROCESS_BUDGET,
            disabled: DisabledMetrics::default(),
            #[cfg(feature = "settings")]
            settings: crate::settings::Settings::default(),
            process_metrics: true,
            build_info: None,
            collectors: Vec::new(),
            deadline: collector::DEADLINE,
            exemplars: ExemplarFilter::default(),
        }
    }

    /// Adds a family of your own, declared by [`family!`](crate::family).
    pub fn family(mut self, family: &'static dyn Family) -> Self {
        self.families.push(family);
        self
    }

    /// Adds a label to every series. A series that has the key already keeps its own value. The key must not be that of a label of this
    /// crate's families. There can be 16 such labels.
    pub fn global_label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.global_labels.push((key.into(), value.into()));
        self
    }

    /// Replaces the buckets of one histogram, which may be one of the catalogue or of another crate. `bounds` are
    /// ascending upper bounds without `+Inf`.
    pub fn buckets(mut self, metric: impl Into<String>, bounds: &[f64]) -> Self {
        self.buckets.push((metric.into(), bounds.to_vec()));
        self
    }

    /// Sets which buckets one histogram has, whatever it declares: classic, native or both. It may be one of the catalogue
    /// or of another crate.
    ///
    /// ```
    /// use mme_metrics::{Recorder, metric::HistogramForm};
    ///
    /// // The operator's choice, as a service reads it from its configuration.
    /// let form: HistogramForm = "both".parse()?;
    /// let recorder = Recorder::builder().histogram_form("http_server_request_duration_seconds", form).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn histogram_form(mut self, metric: impl Into<String>, form: HistogramForm) -> Self {
        self.forms.by_metric.insert(metric.into(), form);
        self
    }

    /// Sets which buckets every histogram has that [`histogram_form`](Self::histogram_form) does not name, whatever it
    /// declares.
    pub fn histogram_forms(mut self, form: HistogramForm) -> Self {
        self.forms.all = Some(form);
        self
    }

    /// Sets the budget of a family: the largest number of its series with open labels, 10 000 by default. The family
    /// `other` contains all metrics without a catalogue entry. Each of them may use a quarter of its budget.
    pub fn family_budget(mut self, family: impl Into<String>, series: usize) -> Self {
        self.family_budgets.insert(family.into(), series);
        self
    }

    /// Sets the budget of the process: the largest number of series with open labels in all families, 100 000 by
    /// default.
    pub fn process_budget(mut self, series: usize) -> Self {
        self.process_budget = series;
        self
    }

    /// Sets whether the recorder has the `process_*` and `cgroup_*` metrics and `mme_cpu_cores`. On by default; turn them off in a
    /// service that gets them from another exporter. Without the feature `process` there are no `process_*` and `cgroup_*` metrics.
    pub fn process_metrics(mut self, on: bool) -> Self {
        self.process_metrics = on;
        self
    }

    /// Sets the labels of `build_info`: the service's version, and the revision it was built from.
    pub fn build_info(mut self, version: impl Into<String>, revision: impl Into<String>) -> Self {
        self.build_info = Some((version.into(), revision.into()));
        self
    }

    /// Adds a collector: a callback that runs right before each exposition. It updates values that are stored elsewhere, such as the
    /// length of a queue. Its name is `collector-1`, `collector-2` and so on; [`collect_named`](Self::collect_named) sets another.
    ///
    /// Each collector runs on a thread of its own, `mme-collect-1` and so on, which the first exposition starts. All run at the same
    /// time, and emit into the recorder that is being built. An exposition waits for them until the
    /// [deadline](Self::collect_deadline), and then goes on with the values that there are:
    ///
    /// * A collector that is still running is neither started again nor waited for.
    /// * A collector whose last run took longer than the deadline is started, but not waited for, until a run was in time.
    ///
    /// So a collector that hangs or is slow delays one exposition. Its values stay; `mme_collector_age_seconds` says how old they
    /// are, `mme_collector_duration_seconds` how long the last run took, and `mme_collect_timeouts_total` how many expositions went
    /// on without it. A panic is caught, and costs the values of that run.
    ///
    /// The thread belongs to no async runtime: capture a handle of the runtime if the callback needs one. If no thread can be started,
    /// the collector runs as part of the exposition. When the last handle of the recorder is dropped, the threads end, and none is
    /// waited for. A family can declare a callback that runs as part of the exposition: see [`Family::collect`].
    pub fn collect(mut self, collect: impl Fn() + Send + Sync + 'static) -> Self {
        self.collectors.push((None, Box::new(collect)));
        self
    }

    /// Adds a collector like [`collect`](Self::collect), with a name for the label `collector` of the metrics about it.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use std::time::Duration;
    ///
    /// use mme_metrics::{Format, Recorder};
    ///
    /// static WAITING: AtomicUsize = AtomicUsize::new(3);
    ///
    /// let recorder = Recorder::builder()
    ///     .collect_named("queue", || metrics::gauge!("queue_length").set(WAITING.load(Ordering::Relaxed) as f64))
    ///     .collect_deadline(Duration::from_millis(500))
    ///     .build()?;
    /// let text = recorder.render(Format::Text);
    /// assert!(text.contains("mme_collector_age_seconds{collector=\"queue\"}"));
    /// # Ok::<(), mme_metrics::recorder::BuildError>(())
    /// ```
    pub fn collect_named(mut self, name: impl Into<String>, collect: impl Fn() + Send + Sync + 'static) -> Self {
        self.collectors.push((Some(name.into()), Box::new(collect)));
        self
    }

    /// Sets how long an exposition waits for all collectors together: 1 ms to 10 s, by default 1 s. Keep it below the time-out of a
    /// scrape, 10 s by default.
    pub const fn collect_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Returns the catalogue of the families as JSON, with the buckets that are set so far. Save it as a file that
    /// `mme-metrics assets check --catalog` reads, so that your rules and dashboards are checked against your metrics too.
    #[cfg(feature = "assets")]
    pub fn catalog_json(&self) -> String {
        #[cfg(not(feature = "settings"))]
        let buckets = &self.buckets;
        #[cfg(feature = "settings")]
        let buckets = &self.buckets_by_operator();
        catalog::with_buckets(&self.families, buckets)
    }

    /// Sets which observations are kept as exemplars: by default those of sampled traces. See [`trace`](crate::trace).
    pub const fn exemplars(mut self, filter: ExemplarFilter) -> Self {
        self.exemplars = filter;
        self
    }

    /// Builds the recorder without installing it, for a test or for a second set of metrics.
    ///
    /// # Errors
    ///
    /// Fails when two families or metrics have the same name, when a label or bucket list cannot be exported, when the form
    /// of a histogram is set for another kind of metric, when a budget or bucket list is set for a family or metric that
    /// does not exist, when two collectors have one name, when a name of theirs cannot be exported, when there are more than 100 of
    /// them, when their deadline is not 1 ms to 10 s, or when what the operator has set cannot be used.
    pub fn build(self) -> Result<Recorder, BuildError> {
        // First, because a mistake in the code is none of the operator's.
        let specs = self.check()?;
        #[cfg(feature = "settings")]
        let this = self.under_settings(&specs).map_err(BuildError::Settings)?;
        #[cfg(not(feature = "settings"))]
        let this = self;
        Ok(this.assemble(specs))
    }

    /// Builds the recorder of what is set, all of which was checked.
    fn assemble(self, specs: Vec<&'static Spec>) -> Recorder {
        let budgets = &self.family_budgets;
        let budget = |name| budgets.get(name).copied().unwrap_or(FAMILY_BUDGET);
        let groups = self.families.iter().map(|family| Group::new(family.name(), budget(family.name()))).collect();
        let foreign_series = budget(FOREIGN);
        let labels = self.global_labels.into_iter().map(|(key, value)| Label::new(key, value)).collect();
        let bounds = self.buckets.into_iter().map(|(metric, bounds)| (metric, Arc::from(bounds))).collect();
        let mut polls: Vec<Poll> = Vec::new();
        for family in self.families {
            let is_wanted = self.process_metrics || !OF_PROCESS.contains(&family.name());
            // The family of the process also reads the number of cores, which is a metric of another.
            let is_on = family.name() == OF_PROCESS[0] || !self.disabled.families.contains(family.name());
            if is_wanted && is_on {
                polls.push(Box::new(|| family.collect()));
            }
        }
        if let Some((version, revision)) = self.build_info {
            polls.push(Box::new(move || process::report_build(&version, &revision)));
        }
        let limits = Limits {
            series: self.process_budget,
            foreign_names: FOREIGN_NAMES,
            foreign_series,
            disabled: self.disabled,
        };
        let exemplars = ExemplarPolicy::new(self.exemplars);
        let registry = Registry::new(specs, groups, limits, labels, bounds, self.forms, exemplars);
        let state = State::new(registry, polls);
        #[cfg(feature = "settings")]
        let state = state.with_settings(self.settings);
        let state = Arc::new(state);
        // Without the collectors, because they hold it.
        let target = || Arc::new(Recorder(Arc::clone(&state), None)) as _;
        let collectors = Collectors::new(self.collectors, self.deadline, target);
        Recorder(state, collectors)
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
            (again || at >= global_label::MOST || !is_global_label(key, value)).then_some((key, value))
        }) {
            return Err(BuildError::GlobalLabel(key.clone()));
        }
        for (metric, bounds) in &self.buckets {
            let no_histogram = specs.iter().any(|spec| spec.name == metric && spec.kind != Kind::Histogram);
            if no_histogram || !buckets::is_valid(bounds) {
                return Err(BuildError::Buckets(metric.clone()));
            }
        }
        let is_other =
            |metric: &&String| specs.iter().any(|spec| spec.name == **metric && spec.kind != Kind::Histogram);
        if let Some(metric) = self.forms.by_metric.keys().find(is_other) {
            return Err(BuildError::Histogram(metric.clone()));
        }
        collector::check_names(&self.collectors)?;
        if !collector::DEADLINES.contains(&self.deadline) {
            return Err(BuildError::CollectDeadline(self.deadline));
        }
        match self.family_budgets.keys().find(|name| !names.contains(&name.as_str())) {
            Some(unknown) => Err(BuildError::Budget(unknown.clone())),
            None => Ok(specs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Gauge, Unit, family};
    use crate::recorder::Format;

    family! {
        /// For these tests.
        static POLLED: PolledMetrics {
            /// A level that is kept elsewhere.
            level: Gauge<()> = Gauge::new("polled_level", Unit::None);
        }
        collect = poll;
    }

    fn poll() {
        POLLED.level.set((), 7.0);
    }

    fn render(builder: RecorderBuilder) -> String {
        builder.build().unwrap().render(Format::Text)
    }

    #[test]
    fn a_family_is_polled_before_each_exposition_of_its_recorder() {
        assert!(render(Recorder::builder().family(&POLLED)).contains("\npolled_level 7\n"));
        assert!(!render(Recorder::builder()).contains("polled_level"));
    }

    #[test]
    fn without_process_metrics_neither_the_process_nor_its_cores_are_read() {
        let with = render(Recorder::builder());
        assert!(with.contains("\nmme_cpu_cores "), "{with}");
        #[cfg(all(feature = "process", target_os = "linux"))]
        assert!(with.contains("\nprocess_open_fds "), "{with}");
        let without = render(Recorder::builder().process_metrics(false));
        assert!(!without.contains("process_") && !without.contains("mme_cpu_cores"), "{without}");
        assert!(!without.contains("cgroup_"), "{without}");
        assert!(OF_PROCESS.iter().all(|name| catalog::FAMILIES.iter().any(|family| family.name() == *name)));
    }
}
