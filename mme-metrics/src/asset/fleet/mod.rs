//! Bundled files for a fleet: rules, alerts, tests and dashboards that keep clusters apart.

mod alert;
mod dashboard;
mod edit;
mod grouping;
mod rule_test;
mod rules;

use std::path::Path;
use std::{error, fmt};

use self::grouping::Grouping;
use super::{AssetFile, AssetKind, AssetWriteError, FILES, write};

/// How the bundled files are rendered.
///
/// By default every rule adds up all targets of a `job`. Where one Prometheus, Thanos or Mimir holds the series of several
/// clusters or namespaces, a failing one would be hidden by the others. A grouping label keeps them apart: it is added to
/// every aggregation and every match in rules and panels, to the description of each alert, to the rule tests, and as a
/// variable to each dashboard. Names of records stay as they are.
///
/// ```
/// use mme_metrics::asset::AssetOptions;
///
/// # let dir = std::env::temp_dir().join("mme-metrics-doc-fleet");
/// AssetOptions::new().group_by("cluster").group_by("namespace").write_to(&dir)?;
/// let rules = std::fs::read_to_string(dir.join("prometheus/rules/http.yml"))?;
/// assert!(rules.contains("cluster, namespace"));
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A label that series do not have groups nothing, so that the same files work in a Prometheus that adds `cluster` only
/// as an external label.
#[derive(Clone, Debug, Default)]
pub struct AssetOptions {
    labels: Vec<String>,
}

/// A file could not be rendered.
#[derive(Debug)]
#[non_exhaustive]
pub struct AssetRenderError {
    file: String,
    message: String,
}

/// The bundled files could not be rendered or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum AssetOptionsError {
    /// A file could not be rendered.
    Render(AssetRenderError),
    /// A file could not be written.
    Write(AssetWriteError),
}

impl AssetOptions {
    /// Renders the files as they are bundled, until a label is added.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps targets with different values of a label apart; the order of calls is the order of the dashboards' variables.
    pub fn group_by(mut self, label: impl Into<String>) -> Self {
        let label = label.into();
        if !self.labels.contains(&label) {
            self.labels.push(label);
        }
        self
    }

    /// Renders `files`: rules, rule tests and dashboards of the classic model; others stay as they are.
    ///
    /// Pass all rule files at once, because a record is known only by the rule that records it.
    ///
    /// # Errors
    ///
    /// Returns the first file that cannot be read, and a label that is no name of a label.
    pub fn render(&self, files: &[AssetFile]) -> Result<Vec<AssetFile>, AssetRenderError> {
        if let Some(label) = self.labels.iter().find(|label| !is_label(label)) {
            return Err(AssetRenderError {
                file: label.clone(),
                message: "this is no name of a label: use letters, digits and `_`".to_owned(),
            });
        }
        if self.labels.is_empty() {
            return Ok(files.to_vec());
        }
        let grouping = Grouping::new(&self.labels, files);
        let rendered = files.iter().map(|file| {
            let text = match file.kind() {
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
