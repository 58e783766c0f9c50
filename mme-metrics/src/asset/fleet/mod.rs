//! Renders the bundled files for a fleet: rules, alerts, tests and dashboards that keep clusters apart.

mod alert;
mod dashboard;
mod edit;
mod grouping;
mod histogram;
mod job;
mod kind;
mod layout;
mod pattern;
mod pushed;
mod rule_test;
mod rules;
mod service;
mod threshold;

use std::path::Path;
use std::{error, fmt};

use self::grouping::Grouping;
pub use self::histogram::{AssetHistograms, UnknownHistograms};
use self::kind::kind;
pub use self::layout::{AssetLayout, UnknownLayout};
pub use self::threshold::{AssetThreshold, thresholds};
use super::{AssetFile, AssetKind, AssetWriteError, FILES, write};

/// Options for rendering the bundled files, such as grouping labels that keep clusters apart.
///
/// The bundled rules keep `cluster` and `namespace` apart. A grouping label does so with any label, in files of the user too: it
/// is added to every aggregation and every match in rules and panels, to the description of each alert, to the rule tests, and
/// as a variable to each dashboard. Names of records stay as they are.
///
/// ```
/// use mme_metrics::asset::AssetOptions;
///
/// # let dir = std::env::temp_dir().join("mme-metrics-doc-fleet");
/// AssetOptions::new().group_by("region").write_to(&dir)?;
/// let rules = std::fs::read_to_string(dir.join("prometheus/rules/http.yml"))?;
/// assert!(rules.contains("by (region, cluster, namespace, job"));
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A grouping label that the series do not have has no effect. So the same files also work in a Prometheus that adds
/// `cluster` only as an external label.
#[derive(Clone, Debug, Default)]
pub struct AssetOptions {
    labels: Vec<String>,
    job: Option<String>,
    services: Option<String>,
    thresholds: Vec<(String, String)>,
    layout: AssetLayout,
    pushed: bool,
    histograms: AssetHistograms,
}

/// The error of rendering a file.
#[derive(Debug)]
#[non_exhaustive]
pub struct AssetRenderError {
    file: String,
    message: String,
}

/// The error of rendering or writing the bundled files.
#[derive(Debug)]
#[non_exhaustive]
pub enum AssetOptionsError {
    /// A file could not be rendered.
    Render(AssetRenderError),
    /// A file could not be written.
    Write(AssetWriteError),
}

impl AssetOptions {
    /// Creates options without grouping labels, which render the bundled files unchanged.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a grouping label, which keeps targets with different values of it apart. The order of the calls is the
    /// order of the variables on dashboards.
    pub fn group_by(mut self, label: impl Into<String>) -> Self {
        let label = label.into();
        if !self.labels.contains(&label) {
            self.labels.push(label);
        }
        self
    }

    /// Sets the job that the configurations of Prometheus scrape the service under, in place of `trust-service`.
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.job = Some(job.into());
        self
    }

    /// Sets which jobs are services: those whose whole name matches the regular expression, such as `shop-.*|till`.
    ///
    /// `MmeServiceDown` and `MmeInstanceDown` then read no other targets. Without it every job is a service, those of exporters
    /// included. `MmeServiceAbsent` always warns of every job that is lost from the targets; one of another job that is listed and
    /// does not answer then raises no alert. A rule test of a changed file is left out.
    pub fn services(mut self, jobs: impl Into<String>) -> Self {
        self.services = Some(jobs.into());
        self
    }

    /// Sets a threshold of an alert to a number, or to a duration if its name ends in `.for`. [`thresholds`] lists the names.
    ///
    /// A selector after the name limits a number to some series of the alert: `MmeHttpLatencyHigh{http_route="/export"}`. It is for
    /// alerts that compare a series as it is, and selects by the labels that its name begins with. If two select the same series, the
    /// later call counts. A limit that an objective replaces is a default: a number for some series counts before both.
    ///
    /// The description of the alert then also says what was set. A rule test of a changed file is left out.
    pub fn threshold(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.thresholds.push((name.into(), value.into()));
        self
    }

    /// Judges by more than scrapes whether an instance is alive, so that services are covered that push their metrics.
    ///
    /// What is pushed has no `up`. With this every rule and panel that reads `up` reads the record `job_instance:up:with_pushed`. It is
    /// `up` of each target that is scraped, such as an exporter. Of an instance that pushes it is 1 while the newest sample of its
    /// `process_start_time_seconds` is at most 3 minutes old. It is 0 after that for half an hour if other instances live and none has
    /// replaced it, and for a day if none lives.
    ///
    /// In rule tests targets become instances that push. Those of the alerts on targets that do not answer are left out if one fails; the
    /// file `prometheus/tests/pushed.yml` has them.
    pub fn pushed(mut self, pushed: bool) -> Self {
        self.pushed = pushed;
        self
    }

    /// Sets which buckets of histograms the rules, dashboards and runbooks read: classic ones, native ones, or both.
    ///
    /// With [`Both`](AssetHistograms::Both) a service may have moved in part. Counts and sums are exact: each series is read in one
    /// form. A quantile is that of the native histograms with its labels, and of classic buckets if none of these has observations.
    ///
    /// Rule tests have native histograms, in the notation of the promtool of Prometheus 3, beside those with classic buckets if rules
    /// read both. A test whose series make no native histograms is left out.
    pub fn histograms(mut self, histograms: AssetHistograms) -> Self {
        self.histograms = histograms;
        self
    }

    /// Sets the directories and names of the files.
    pub fn layout(mut self, layout: AssetLayout) -> Self {
        self.layout = layout;
        self
    }

    /// Renders `files`: rules, rule tests, configurations and dashboards of the classic model. Other files stay unchanged, but
    /// the layout may move them.
    ///
    /// Pass all rule files at once, because the labels of a record follow from the rule that records it.
    ///
    /// # Errors
    ///
    /// Returns the first file that cannot be read, a label that is not a valid label name, an unknown threshold, a value that
    /// it cannot have, an unusable job, or an unusable pattern of services.
    pub fn render(&self, files: &[AssetFile]) -> Result<Vec<AssetFile>, AssetRenderError> {
        let failed = |(file, message)| AssetRenderError { file, message };
        let set = threshold::set(files, &self.thresholds).map_err(failed)?;
        let mut set = self.services.iter().try_fold(set, |set, jobs| service::select(&set, jobs)).map_err(failed)?;
        rule_test::retain(files, &mut set);
        if self.pushed {
            set = pushed::render(set).map_err(failed)?;
        }
        set = histogram::render(set, self.histograms).map_err(failed)?;
        let files = self.job.iter().try_fold(set, |set, job| job::set(set, job)).map_err(failed)?;
        self.layout.arrange(self.group(files)?).map_err(failed)
    }

    /// Adds the grouping labels.
    fn group(&self, files: Vec<AssetFile>) -> Result<Vec<AssetFile>, AssetRenderError> {
        if let Some(label) = self.labels.iter().find(|label| !is_label(label)) {
            return Err(AssetRenderError {
                file: label.clone(),
                message: "this is not a label name: use letters, digits and `_`".to_owned(),
            });
        }
        if self.labels.is_empty() {
            return Ok(files);
        }
        let grouping = Grouping::new(&self.labels, &files);
        let rendered = files.iter().map(|file| {
            let text = match kind(file) {
                AssetKind::Rules => rules::render(file.text(), &grouping),
                AssetKind::RuleTests => rule_test::render(file.text(), &grouping),
                AssetKind::Dashboard => dashboard::render(file.text(), &grouping),
                _ => return Ok(file.clone()),
            };
            let text = text.map_err(|message| AssetRenderError { file: file.path().to_owned(), message })?;
            Ok(AssetFile::new(file.kind(), file.path().to_owned(), text))
        });
        rendered.collect()
    }

    /// Renders every bundled file and writes it below `dir`, as [`write_to`](super::write_to) does.
    ///
    /// # Errors
    ///
    /// Returns the first file that could not be rendered or written.
    pub fn write_to(&self, dir: impl AsRef<Path>) -> Result<(), AssetOptionsError> {
        let files = self.render(FILES).map_err(AssetOptionsError::Render)?;
        write::write_files(&files, dir.as_ref()).map_err(AssetOptionsError::Write)
    }
}

fn is_label(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl fmt::Display for AssetRenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot render {}: {}", self.file, self.message)
    }
}

impl error::Error for AssetRenderError {}

impl fmt::Display for AssetOptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Render(error) => error.fmt(f),
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl error::Error for AssetOptionsError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Render(error) => error.source(),
            Self::Write(error) => error.source(),
        }
    }
}
